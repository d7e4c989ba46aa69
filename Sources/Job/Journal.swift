import CZlib
import Dispatch
import Glibc
import Synchronization

/// What of a run is finished, so that another can go on: predictions of runs of neighbouring galaxies, appended to a file of
/// each rank, each with a checksum, stored on the disk about once a second.
///
/// The file: the bytes `photozJ1` and the run's 32-byte identity; then records of first galaxy (Int64), galaxies (Int32),
/// columns (Int32), the checksum (CRC-32 of these numbers and the columns, UInt32), and the columns (Float32), all in this
/// machine's order of bytes.
enum Journal {
    static let folder = "journal"
    static let magic = Array("photozJ1".utf8)
    static let identitySize = 32
    static let recordHead = 20

    /// A record's first 16 bytes.
    static func head(first: Int, count: Int, columns: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        withUnsafeBytes(of: Int64(first)) { bytes += $0 }
        withUnsafeBytes(of: Int32(count)) { bytes += $0 }
        withUnsafeBytes(of: Int32(columns)) { bytes += $0 }
        return bytes
    }

    /// CRC-32 of a record's head and its columns.
    static func checksum(_ head: UnsafeRawBufferPointer, _ columns: UnsafeRawBufferPointer) -> UInt32 {
        let start = crc32(0, head.bindMemory(to: UInt8.self).baseAddress, UInt32(head.count))
        return UInt32(crc32(start, columns.bindMemory(to: UInt8.self).baseAddress, UInt32(columns.count)))
    }
}

/// Appends to a rank's journal.
final class JournalWriter: Sendable {
    private struct State {
        var pending: [UInt8] = []
        var lastFlush = ContinuousClock.now
        var failure: JobError?
    }

    private let path: String
    private let descriptor: Int32
    private let state = Mutex(State())
    /// Writes and stores while the computation goes on.
    private let queue = DispatchQueue(label: "photoz.journal")

    /// Creates the file; it must not be there.
    ///
    /// - Throws: ``JobError`` with code 74.
    init(_ path: String, identity: [UInt8]) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw systemFailure("\(path): cannot be created") }
        state.withLock { $0.pending = Journal.magic + identity }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Notes that neighbouring galaxies are finished.
    ///
    /// - Parameters:
    ///   - first: The first galaxy's place in the data set.
    ///   - columns: Equally many numbers in each.
    /// - Throws: ``JobError`` with code 74 when earlier ones could not be stored.
    func append(first: Int, columns: [ArraySlice<Float>]) throws {
        let head = Journal.head(first: first, count: columns[0].count, columns: columns.count)
        var numbers: [Float] = []
        for column in columns { numbers += column }
        let isDue = try state.withLock { state in
            if let failure = state.failure { throw failure }
            let checksum = head.withUnsafeBytes { head in numbers.withUnsafeBytes { Journal.checksum(head, $0) } }
            state.pending += head
            withUnsafeBytes(of: checksum) { state.pending += $0 }
            numbers.withUnsafeBytes { state.pending += $0 }
            let isDue = ContinuousClock.now - state.lastFlush > .seconds(1)
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
        let bytes = state.withLock { state in
            defer { state.pending = [] }
            return state.pending
        }
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { return fail() }
            rest = rest.dropFirst(written)
        }
        if fdatasync(descriptor) != 0, errno != EINVAL { fail() }
    }

    private func fail() {
        let failure = systemFailure("\(path): cannot be written")
        state.withLock { $0.failure = $0.failure ?? failure }
    }
}
