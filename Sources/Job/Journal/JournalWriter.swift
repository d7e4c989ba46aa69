import Collectives
import Dispatch
import Glibc
import PhotozMachine
import PhotozRecords
import Synchronization

/// Appends what a rank finds out to the journal of its node, which is stored on the disk again and again while the job
/// runs.
final class JournalWriter: Sendable {
    /// Findings about neighbouring galaxies that are not stored yet.
    private struct Stretch {
        var galaxies: Range<Int>
        var columns: [[Float]]
    }

    private struct State {
        var pending: [Stretch] = []
        /// Galaxies of those.
        var count = 0
        var due: ContinuousClock.Instant
        var failure: JobError?
    }

    /// More galaxies than these are stored before their time.
    private static let largestPending = 1 << 18

    private let path: String
    private let descriptor: Int32
    private let interval: Duration
    private let state: Mutex<State>
    /// Writes and stores while the computation goes on.
    private let queue = DispatchQueue(label: "photoz.journal")

    /// Opens the journal of the node, which its first rank creates; it must not be there. Every rank calls it.
    ///
    /// - Parameters:
    ///   - folder: The folder of journals.
    ///   - attempt: From 1.
    ///   - world: All ranks.
    ///   - node: The ranks of this node.
    ///   - identity: The run's.
    /// - Throws: ``JobError`` with code 74, a communication error.
    init(in folder: String, attempt: Int, world: Communicator, node: Communicator, identity: [UInt8]) throws {
        interval = Self.interval(ranks: world.size)
        let file = JournalFile(attempt: attempt, firstRank: try node.broadcast(world.rank, root: 0))
        path = file.path(in: folder)
        if node.rank == 0 { try Self.create(path, in: folder, Journal.magic + identity) }
        // Nobody writes before the beginning is there.
        try node.barrier()
        descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
        guard descriptor >= 0 else { throw systemFailure("\(path): cannot be opened") }
        state = Mutex(State(due: .now + Self.delay(rank: world.rank, of: world.size, interval)))
    }

    deinit { close(descriptor) }

    /// How long findings may wait for being stored: a second for up to 64 ranks, and longer for more, so that a file
    /// system is not asked to store something more than 64 times a second, but not more than half a minute.
    static func interval(ranks: Int) -> Duration { .seconds(min(max(1, Double(ranks) / 64), 30)) }

    /// Few ranks store their first findings at once; many not all at the same moment.
    private static func delay(rank: Int, of ranks: Int, _ interval: Duration) -> Duration {
        interval > .seconds(1) ? interval * Double(rank) / Double(ranks) : .zero
    }

    private static func create(_ path: String, in folder: String, _ beginning: [UInt8]) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw systemFailure("\(path): cannot be created") }
        defer { close(descriptor) }
        try writeAll(beginning, to: descriptor, path)
        try store(descriptor, path)
        // The file's name is stored with the folder.
        try synchronise(folder)
    }

    /// Notes what was found.
    ///
    /// - Throws: ``JobError`` with code 74 when earlier findings could not be stored.
    func append(_ findings: BatchFindings) throws {
        let columns = findings.columns
        let isDue = try state.withLock { state in
            if let failure = state.failure { throw failure }
            if let last = state.pending.indices.last,
                state.pending[last].galaxies.upperBound == findings.galaxies.lowerBound
            {
                let galaxies = state.pending[last].galaxies.lowerBound..<findings.galaxies.upperBound
                state.pending[last].galaxies = galaxies
                for column in columns.indices { state.pending[last].columns[column] += columns[column] }
            } else {
                state.pending.append(Stretch(galaxies: findings.galaxies, columns: columns))
            }
            state.count += findings.galaxies.count
            let isDue = ContinuousClock.now >= state.due || state.count >= Self.largestPending
            if isDue { state.due = .now + interval }
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
        let pending = state.withLock { state in
            defer { (state.pending, state.count) = ([], 0) }
            return state.pending
        }
        guard !pending.isEmpty else { return }
        var batch = Journal.Batch()
        for stretch in pending { batch.add(stretch.galaxies, columns: stretch.columns) }
        do {
            try Self.append(batch, to: descriptor, path)
            try Self.store(descriptor, path)
        } catch {
            state.withLock { $0.failure = $0.failure ?? JobError(error) }
        }
    }

    /// Appends records to a file that other ranks append to as well: all of them in one piece, where the system takes
    /// them so. A record that it takes only a part of is written again, whole, since another rank may have written
    /// behind that part; who reads the file passes over it.
    private static func append(_ batch: Journal.Batch, to descriptor: Int32, _ path: String) throws {
        let bytes = batch.bytes
        var (stored, failures) = (0, 0)
        while stored < bytes.count {
            let written = bytes.withUnsafeBytes {
                write(descriptor, $0.baseAddress! + stored, $0.count - stored)
            }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw systemFailure("\(path): cannot be written") }
            let whole = batch.ends.last { $0 <= stored + written } ?? 0
            failures = whole > stored ? 0 : failures + 1
            guard failures < 3 else {
                throw JobError(
                    .inputOutput, "\(path): the system takes only parts of what is written; check the free space")
            }
            stored = max(stored, whole)
        }
    }

    private static func store(_ descriptor: Int32, _ path: String) throws {
        guard fdatasync(descriptor) == 0 || errno == EINVAL else { throw systemFailure("\(path): cannot be stored") }
    }
}
