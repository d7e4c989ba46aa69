import Collectives
import Survey
import Synchronization

/// Which galaxies a rank is to do next.
protocol Schedule: AnyObject {
    /// The next span of galaxies; nil when there is none left. Called by the thread that reads.
    func next() throws -> Range<Int>?
    /// How much of the job is done, as far as this rank can tell when it has done so many galaxies itself.
    func fraction(done: Int) -> Double
    /// Tells the others how far this rank is, where there is somebody to tell. Called by the thread that computes.
    func tell(done: Int)
    /// Ends whatever works for it. Called by the thread that computes, also after a failure.
    func stop()
}

/// The rank's own share of the galaxies, in order.
final class StaticSchedule: Schedule {
    private var left: ArraySlice<Range<Int>>
    private let count: Int
    private let board: ProgressBoard?

    /// - Parameters:
    ///   - left: What is left of the share.
    ///   - board: Where the rank's progress is told.
    init(_ left: [Range<Int>], board: ProgressBoard?) {
        self.left = left[...]
        self.board = board
        count = left.reduce(0) { $0 + $1.count }
    }

    func next() -> Range<Int>? { left.popFirst() }

    func fraction(done: Int) -> Double { count > 0 ? Double(done) / Double(count) : 1 }

    func tell(done: Int) { board?.report(phase: Phase.inference.place, done: done, total: count) }

    func stop() {}
}

/// Cuts the galaxies that are left to do into chunks that ranks take one after another: large ones first, so that few
/// are taken, small ones last, so that all ranks end together.
enum Chunks {
    /// A rank that is several times slower than the others must not be the last with its first chunk.
    private static let chunksOfAShare = 8

    /// The chunks, the same on every rank.
    ///
    /// - Parameters:
    ///   - spans: The galaxies that are left to do.
    ///   - worldSize: The number of ranks.
    ///   - smallest: Galaxies of the last chunks.
    static func cut(_ spans: [Range<Int>], worldSize: Int, smallest: Int) -> [Range<Int>] {
        var left = spans.reduce(0) { $0 + $1.count }
        var chunks: [Range<Int>] = []
        for span in spans {
            var rest = span
            while !rest.isEmpty {
                let fair = left / (chunksOfAShare * worldSize) / smallest * smallest
                let chunk = rest.prefix(max(fair, smallest))
                chunks.append(chunk)
                rest = rest.dropFirst(chunk.count)
                left -= chunk.count
            }
        }
        return chunks
    }
}

/// Work that becomes pieces for the reader: spans of the schedule in batches, batches in what the engine likes to
/// compute at once.
final class Work {
    private let schedule: any Schedule
    private let partitions: PartitionTable
    private let batchSize: Int
    private let pieceSize: Int
    private var pieces: ArraySlice<Shard> = []
    private let batchCount = Atomic(0)

    /// - Parameters:
    ///   - schedule: Which galaxies.
    ///   - partitions: Those of the data set.
    ///   - batchSize: Galaxies of a batch.
    ///   - pieceSize: Galaxies that are read and computed at once.
    init(_ schedule: any Schedule, partitions: PartitionTable, batchSize: Int, pieceSize: Int) {
        self.schedule = schedule
        self.partitions = partitions
        self.batchSize = batchSize
        self.pieceSize = pieceSize
    }

    /// The largest piece that can come.
    var largestPiece: Int { min(batchSize, pieceSize) }
    /// Batches begun so far.
    var batches: Int { batchCount.load(ordering: .relaxed) }

    /// The next piece; nil when there is none left. Called by the thread that reads.
    func next() throws -> Shard? {
        while pieces.isEmpty {
            guard let span = try schedule.next() else { return nil }
            let batches = Shard(span, starts: partitions.starts).batches(of: batchSize)
            batchCount.add(batches.count, ordering: .relaxed)
            pieces = batches.flatMap { $0.batches(of: pieceSize) }[...]
        }
        return pieces.popFirst()
    }
}
