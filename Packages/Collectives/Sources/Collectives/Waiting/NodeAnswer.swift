import Synchronization

/// What one rank of a node was told of the board, for all of them: numbers in memory that they share.
///
/// One rank claims the question, and says that it lives for as long as it asks. The claim of one that has fallen silent
/// counts no more, and its half-written answer is not read. Clocks are those of the node (``Pace/nanoseconds()``).
final class NodeAnswer {
    private typealias Number = Atomic<Int64>

    /// When the rank that asks last said that it lives; 0 when none does.
    private let signOfLife: UnsafeMutablePointer<Number>
    /// Grows by two with each answer; odd while one is written.
    private let version: UnsafeMutablePointer<Number>
    /// When the question was asked.
    private let asked: UnsafeMutablePointer<Number>
    private let numbers: UnsafeMutablePointer<Number>
    private let count: Int
    private let memory: SharedMemory

    /// Memory for an answer of so many numbers, shared by the ranks of a node; nil for a rank alone, and where there is
    /// no room or MPI is set up to share none: each rank then asks for itself. Every rank of the node calls it.
    static func shared(count: Int, on node: Communicator) throws(CollectiveError) -> NodeAnswer? {
        guard node.size > 1 else { return nil }
        do throws(CollectiveError) { return try NodeAnswer(count: count, on: node) } catch {
            switch error.kind {
            case .noRoom, .mpi: return nil
            default: throw error
            }
        }
    }

    private init(count: Int, on node: Communicator) throws(CollectiveError) {
        let header = 3
        memory = try SharedMemory(byteCount: (header + count) * MemoryLayout<Number>.stride, on: node)
        // Zero bytes are a number: that is how it is stored.
        let all = memory.bytes.bindMemory(to: Number.self).baseAddress!
        (signOfLife, version, asked, numbers) = (all, all + 1, all + 2, all + header)
        self.count = count
    }

    /// The last answer, if its question was asked at this time or later.
    func numbers(since time: Int64) -> [Int64]? {
        let before = version.pointee.load(ordering: .acquiring)
        guard before > 0, before % 2 == 0, asked.pointee.load(ordering: .relaxed) >= time else { return nil }
        let answer = (0..<count).map { self.numbers[$0].load(ordering: .relaxed) }
        atomicMemoryFence(ordering: .acquiring)
        return version.pointee.load(ordering: .relaxed) == before ? answer : nil
    }

    /// Shows an answer to all ranks of the node, unless another one is being written.
    func publish(_ answer: UnsafeBufferPointer<Int64>, asked time: Int64) {
        let before = version.pointee.load(ordering: .relaxed)
        guard before % 2 == 0,
            version.pointee.compareExchange(expected: before, desired: before + 1, ordering: .acquiring).exchanged
        else { return }
        atomicMemoryFence(ordering: .releasing)
        for index in 0..<count { numbers[index].store(answer[index], ordering: .relaxed) }
        asked.pointee.store(time, ordering: .relaxed)
        version.pointee.store(before + 2, ordering: .releasing)
    }

    /// Takes the question upon this rank; false when another one asks, and lives.
    func claim() -> Bool {
        let last = signOfLife.pointee.load(ordering: .acquiring)
        let now = Pace.nanoseconds()
        if last != 0, (0..<Pace.silenceOfAsker.nanoseconds).contains(now - last) { return false }
        return signOfLife.pointee.compareExchange(expected: last, desired: now, ordering: .acquiringAndReleasing)
            .exchanged
    }

    /// Says that the rank that asks lives.
    func keepAsking() { signOfLife.pointee.store(Pace.nanoseconds(), ordering: .releasing) }

    /// Lets another rank ask.
    func endAsking() { signOfLife.pointee.store(0, ordering: .releasing) }
}
