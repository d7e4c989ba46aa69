import FoundationEssentials
import Glibc
import PhotozMachine
import PhotozRecords
import Survey

/// The journals of a folder of results.
extension Journal {
    static let folder = "journal"
    /// The folder's name when all is done.
    static let sealedFolder = "." + folder

    /// What the journals of a folder hold.
    enum Holding {
        /// No journal has come to a first record: a run that ended before has nothing to lose.
        case nothing
        case findings
        /// Findings of another version of the format.
        case otherFormat
    }

    /// What the journals of a folder hold.
    static func holding(_ folder: String) -> Holding {
        for file in JournalFile.all(in: folder) {
            let path = file.path(in: folder)
            var status = stat()
            guard begins(path), stat(path, &status) == 0, Int(status.st_size) > start else { continue }
            return current.stands(at: path) ? .findings : .otherFormat
        }
        return .nothing
    }

    /// Whether a file begins as journals do, those of other versions too.
    static func begins(_ path: String) -> Bool { ownFile.stands(at: path) }

    private static let ownFile = OwnFile.text("a journal", beginning: String(decoding: family, as: UTF8.self))
    private static let current = OwnFile.text("a journal", beginning: String(decoding: magic, as: UTF8.self))
}

/// The journal of a node's ranks in one attempt, named by the attempt and the first of these ranks.
struct JournalFile: BitwiseCopyable, Comparable {
    /// From 1.
    let attempt: Int
    /// The first rank of the node.
    let firstRank: Int

    /// Where it stands in a folder of journals.
    func path(in folder: String) -> String { "\(folder)/\(attempt)-\(firstRank)" }

    /// Those in a folder of journals, in order.
    static func all(in folder: String) -> [JournalFile] {
        (FolderListing.names(of: folder) ?? []).compactMap(JournalFile.init(name:)).sorted()
    }

    static func < (one: JournalFile, other: JournalFile) -> Bool {
        (one.attempt, one.firstRank) < (other.attempt, other.firstRank)
    }
}

extension JournalFile {
    /// Nil for other files.
    private init?(name: String) {
        let numbers = name.split(separator: "-", omittingEmptySubsequences: false).map { Int32($0) }
        guard numbers.count == 2, let attempt = numbers[0], let rank = numbers[1], attempt > 0, rank >= 0,
            attempt < .max
        else { return nil }
        self.init(attempt: Int(attempt), firstRank: Int(rank))
    }

    /// The whole records, where each begins.
    ///
    /// - Parameters:
    ///   - folder: The folder of journals.
    ///   - index: What the spans call the file.
    ///   - identity: Whose journal it must be; nil for anybody's.
    ///   - columns: Numbers of a galaxy; nil for any.
    ///   - total: Galaxies of the data set.
    /// - Returns: Nothing for a file that is torn before its first record.
    /// - Throws: ``ForeignJournal`` when it is somebody else's, `RecordError` when it cannot be read.
    func scan(
        in folder: String, index: Int, identity: [UInt8]?, columns: Int?, total: Int
    ) throws -> [JournalSpan] {
        guard let file = try RegularFile(path(in: folder)) else { return [] }
        let start = try file.bytes(at: 0, count: Journal.start)
        let own = identity ?? Array(start.dropFirst(Journal.magic.count))
        switch start.withUnsafeBytes({ Journal.origin($0, identity: own) }) {
        case .unknown: return []
        case .other: throw ForeignJournal.ofAnotherRun
        case .otherFormat where file.byteCount <= Journal.start: return []
        case .otherFormat: throw ForeignJournal.ofAnotherFormat
        case .same: break
        }
        var scanner = JournalScanner(columns: columns, total: total) { try file.read(at: $0, into: $1) }
        var spans: [JournalSpan] = []
        while let (head, place) = try scanner.next() {
            spans.append(JournalSpan(head.galaxies, file: index, place: place))
        }
        return spans
    }
}

/// Why a journal cannot be gone on with.
enum ForeignJournal: Error {
    case ofAnotherRun
    case ofAnotherFormat
}
