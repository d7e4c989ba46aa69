import Collectives
import Dispatch
import Synchronization

/// Chunks that ranks take one after another until none is left, so that a slow node does not hold up the rest.
///
/// The number of the next chunk is a counter in rank 0's memory. Over a network a rank answers only while it makes MPI
/// calls, and rank 0 computes: so on every rank a thread of its own makes all MPI calls of the inference phase, and the
/// thread that computes makes none until it has stopped the other.
final class DynamicSchedule: Schedule {
    private let chunks: [Range<Int>]
    private let dealer: ChunkDealer
    /// Galaxies before each chunk, and before the end.
    private let starts: [Int]
    /// Galaxies in the chunks that this rank has taken; only the thread that reads uses it.
    private var taken = 0
    /// How many galaxies all ranks do while this one does one.
    private let pace: Atomic<Double>

    /// A chunk as ranks send it to each other.
    private struct Bounds: BitwiseCopyable {
        let first: Int
        let end: Int
    }

    /// Every rank calls it.
    ///
    /// - Parameters:
    ///   - chunks: Those of rank 0 count: a number stands for the same galaxies on every rank.
    ///   - world: All ranks.
    /// - Throws: A communication error.
    init(_ chunks: [Range<Int>], on world: Communicator) throws {
        let mine = world.rank == 0 ? chunks.map { Bounds(first: $0.lowerBound, end: $0.upperBound) } : nil
        let chunks = try world.broadcast(mine, root: 0).map { $0.first..<$0.end }
        self.chunks = chunks
        var starts = [0]
        for chunk in chunks { starts.append(starts[starts.count - 1] + chunk.count) }
        self.starts = starts
        // All are taken for equally fast until this rank sees how much the others took meanwhile.
        pace = Atomic(Double(max(1, min(world.size, chunks.count))))
        dealer = ChunkDealer(
            try SharedCounter(on: world, host: 0), isHost: world.rank == 0 && world.size > 1,
            board: world.patience.board)
    }

    func next() throws -> Range<Int>? {
        let number = min(try dealer.next(), chunks.count)
        if taken > 0 { pace.store(Double(starts[number]) / Double(taken), ordering: .relaxed) }
        guard number < chunks.count else { return nil }
        taken += chunks[number].count
        return chunks[number]
    }

    /// An estimate: a rank sees what the others have taken, and not how far they are with it.
    func fraction(done: Int) -> Double {
        let total = starts[chunks.count]
        return total > 0 ? min(1, Double(done) * pace.load(ordering: .relaxed) / Double(total)) : 1
    }

    func tell(done: Int) { dealer.done.store(done, ordering: .relaxed) }

    func stop() { dealer.stop() }
}

/// The thread that makes MPI's calls while galaxies are read and computed.
///
/// Unchecked: the semaphores order all access to the answer.
private final class ChunkDealer: @unchecked Sendable {
    private let counter: SharedCounter
    private let board: ProgressBoard?
    /// How long it sleeps between looks: the host sees every millisecond whether others want a number.
    private let nap: DispatchTimeInterval
    /// Galaxies that this rank has done.
    let done = Atomic(0)
    private let asked = DispatchSemaphore(value: 0)
    private let answered = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)
    private let isStopped = Atomic(false)
    private var answer: Result<Int, CollectiveError> = .success(0)

    init(_ counter: SharedCounter, isHost: Bool, board: ProgressBoard?) {
        self.counter = counter
        self.board = board
        nap = isHost ? .milliseconds(1) : .milliseconds(500)
        DispatchQueue(label: "photoz.chunks").async { self.deal() }
    }

    /// The number of the next chunk; called by the thread that reads.
    func next() throws(CollectiveError) -> Int {
        asked.signal()
        answered.wait()
        return try answer.get()
    }

    /// Ends the thread: MPI then belongs to the caller again.
    func stop() {
        isStopped.store(true, ordering: .releasing)
        asked.signal()
        ended.wait()
    }

    private func deal() {
        defer { ended.signal() }
        while true {
            while asked.wait(timeout: .now() + nap) == .timedOut {
                counter.progress()
                board?.report(phase: Phase.inference.place, done: done.load(ordering: .relaxed))
            }
            guard !isStopped.load(ordering: .acquiring) else { return }
            do throws(CollectiveError) { answer = .success(try counter.next()) } catch { answer = .failure(error) }
            answered.signal()
        }
    }
}
