import Dispatch
import FoundationEssentials
import Glibc
import PhotozMachine
import PhotozRecords
import Survey
import Synchronization

/// The files of a journal; each rank appends to one of its own, which is stored on the disk about once a second.
extension Journal {
    static let folder = "journal"
    /// The folder's name when all is done.
    static let sealedFolder = "." + folder
    /// Bytes that no journal exceeds: more than a rank's share of any survey takes.
    static let largestFile = 1 << 40

    /// Whether any journal in a folder has come to a first record; a run that ended before has nothing to lose.
    static func holdsFindings(_ folder: String) -> Bool {
        let names = FolderListing.names(of: folder) ?? []
        return names.contains { name in
            guard let file = JournalFile(folder: folder, name: name) else { return false }
            var status = stat()
            return begins(file.path) && stat(file.path, &status) == 0 && Int(status.st_size) > start
        }
    }

    /// Whether a file begins as journals do.
    static func begins(_ path: String) -> Bool { ownFile.stands(at: path) }

    private static let ownFile = OwnFile.text("a journal", beginning: String(decoding: magic, as: UTF8.self))
}

/// A rank's journal of one attempt, named by both.
struct JournalFile: Codable {
    let path: String
    let attempt: Int

    init(folder: String, attempt: Int, rank: Int) {
        path = "\(folder)/\(attempt)-\(rank)"
        self.attempt = attempt
    }

    /// Nil for other files.
    init?(folder: String, name: String) {
        let numbers = name.split(separator: "-").map { Int($0) }
        guard numbers.count == 2, let attempt = numbers[0], let rank = numbers[1] else { return nil }
        self.init(folder: folder, attempt: attempt, rank: rank)
    }
}

/// Appends to a rank's journal.
final class JournalWriter: Sendable {
    private struct State {
        var pending: [UInt8] = []
        /// Nil at first: the first findings are stored at once.
        var lastFlush: ContinuousClock.Instant?
        var isNew = true
        var failure: JobError?
    }

    private let folder: String
    private let path: String
    private let descriptor: Int32
    private let state = Mutex(State())
    /// Writes and stores while the computation goes on.
    private let queue = DispatchQueue(label: "photoz.journal")

    /// Creates the file; it must not be there.
    ///
    /// - Throws: ``JobError`` with code 74.
    init(in folder: String, attempt: Int, rank: Int, identity: [UInt8]) throws {
        self.folder = folder
        path = JournalFile(folder: folder, attempt: attempt, rank: rank).path
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw systemFailure("\(path): cannot be created") }
        state.withLock { $0.pending = Journal.magic + identity }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Notes what was found; it is on the disk about a second later.
    ///
    /// - Throws: ``JobError`` with code 74 when earlier findings could not be stored.
    func append(_ findings: BatchFindings) throws {
        let columns = findings.columns
        let head = Journal.Head(
            galaxies: findings.galaxies, columns: columns.count)
        let numbers = columns.flatMap(\.self)
        let isDue = try state.withLock { state in
            if let failure = state.failure { throw failure }
            numbers.withUnsafeBytes { numbers in
                state.pending += head.bytes
                withUnsafeBytes(of: head.checksum(numbers)) { state.pending += $0 }
                state.pending += numbers
            }
            let isDue = state.lastFlush.map { ContinuousClock.now - $0 > .seconds(1) } ?? true
            if isDue { state.lastFlush = .now }
            return isDue
        }
        if isDue { queue.async { self.flush() } }
    }

    /// Waits until all that was appended is on the disk.
    ///
    /// - Throws: ``JobError`` with code 74.
    func finish() throws {
        queue.sync { flush() }
        try state.withLock { if let failure = $0.failure { throw failure } }
    }

    private func flush() {
        let (bytes, isNew) = state.withLock { state in
            defer { (state.pending, state.isNew) = ([], false) }
            return (state.pending, state.isNew)
        }
        do {
            try writeAll(bytes, to: descriptor, path)
            // The file's name is stored with the folder.
            if isNew { try synchronise(folder) }
            guard fdatasync(descriptor) == 0 || errno == EINVAL else {
                throw systemFailure("\(path): cannot be stored")
            }
        } catch {
            state.withLock { $0.failure = $0.failure ?? JobError(error) }
        }
    }
}
