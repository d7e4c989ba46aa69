import Foundation
import PhotozMetrics

/// A world of threads, each a rank, with a sum over ranks that waits for all of them.
final class SimulatedRanks: @unchecked Sendable {
    private let size: Int
    private let condition = NSCondition()
    private var arrived = 0
    private var round = 0
    private var sums: [Int64] = []
    private var finished: [Int64] = []

    private init(size: Int) {
        self.size = size
    }

    /// Runs the work on every rank at once; the results in rank order.
    static func run<Result: Sendable>(
        _ size: Int, _ work: @Sendable @escaping (_ rank: Int, _ sum: SumOverRanks<Never>) -> Result
    ) -> [Result] {
        let world = SimulatedRanks(size: size)
        let results = Collected<Result>(count: size)
        let threads = (0..<size).map { rank in
            Thread {
                let memory = UnsafeMutableBufferPointer<Int64>.allocate(
                    capacity: Evaluation.numberCount(quantities: 2, counts: 10))
                defer { memory.deallocate() }
                // What a reduction must not look at.
                memory.initialize(repeating: .min)
                let sum = SumOverRanks(in: memory) { world.sumOverRanks(memory[..<$0]) }
                results.store(work(rank, sum), at: rank)
            }
        }
        threads.forEach { $0.start() }
        return results.wait()
    }

    /// An allreduce: the sums stay until every rank has come to the next one.
    private func sumOverRanks(_ values: Slice<UnsafeMutableBufferPointer<Int64>>) {
        condition.lock()
        defer { condition.unlock() }
        if arrived == 0 {
            sums = Array(values)
        } else {
            precondition(sums.count == values.count, "ranks disagree on the number of values")
            for index in values.indices {
                sums[index] += values[index]
            }
        }
        arrived += 1
        if arrived == size {
            arrived = 0
            round += 1
            finished = sums
            condition.broadcast()
        } else {
            let mine = round
            while round == mine {
                condition.wait()
            }
        }
        for index in values.indices { values.base[index] = finished[index] }
    }
}

/// The results of threads, awaited.
private final class Collected<Result: Sendable>: @unchecked Sendable {
    private let condition = NSCondition()
    private var results: [Result?]

    init(count: Int) {
        results = Array(repeating: nil, count: count)
    }

    func store(_ result: Result, at index: Int) {
        condition.lock()
        results[index] = result
        condition.signal()
        condition.unlock()
    }

    func wait() -> [Result] {
        condition.lock()
        defer { condition.unlock() }
        while results.contains(where: { $0 == nil }) {
            condition.wait()
        }
        return results.compactMap(\.self)
    }
}
