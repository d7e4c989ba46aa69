import Collectives
import Glibc

/// What is left after an operation was given up, and messages that must not be lost, nor taken for others.
enum Abandoned {
    static let modes: [String: @Sendable (Communicator) throws -> Void] = [
        "abandoned": abandoned, "abandoned-throwing": abandonedThrowing, "late-message": lateMessage,
    ]

    /// The last rank comes to a custom reduction when the others have given it up: MPI then still calls its function,
    /// while another one is at work elsewhere.
    private static func abandoned(_ world: Communicator) throws {
        let (rank, last) = (world.rank, world.size - 1)
        let part = try world.split(rank < last)
        try part?.setPatience(Patience(deadline: .seconds(20)))
        let hasGivenUp = try Sign(on: world)
        try world.setPatience(Patience(deadline: .seconds(1)))
        let sum = Reduction<Double>.custom(commutative: true, associative: true) { $0 + $1 }
        let mixed = Reduction<Int32>.custom(commutative: true, associative: true) { $0 | $1 }
        var values = [Double](repeating: 1, count: 5000)
        if rank == last {
            hasGivenUp.wait(times: last)
            try? world.allReduce(inPlace: &values, sum)
            sleep(600)
        }
        guard let part else { return }
        world.expectError("a reduction that is given up", { $0.kind == .timedOut(missing: [last]) }) {
            try world.allReduce(inPlace: &values, sum)
        }
        hasGivenUp.give()
        // MPI has the memory of the array, and this one another.
        for place in values.indices { values[place] = -1 }
        let isRefused: (CollectiveError) -> Bool = { $0.reason.contains("abandoned") }
        let begin = ContinuousClock.now
        world.expectError("a sum after it", isRefused) { _ = try world.allReduce(1, .sum) }
        world.expectError("a barrier after it", isRefused) { try world.barrier() }
        world.expectError("a message after it", isRefused) { try world.send(1, to: last) }
        world.expectError("a receive after it", isRefused) { _ = try world.receive(Int.self, from: last) }
        world.expectError("a split after it", isRefused) { _ = try world.split(true) }
        world.expectError("the end", isRefused) { try MPI.finish() }
        world.expectError("other patience after it", isRefused) { try world.setPatience(Patience()) }
        world.expect(ContinuousClock.now - begin < .milliseconds(400), true, "refused at once")
        while ContinuousClock.now - begin < .seconds(2) {
            var bits = [Int32](repeating: Int32(1 << rank), count: 3000)
            try part.allReduce(inPlace: &bits, mixed)
            world.expect(bits.allSatisfy { $0 == Int32(1 << part.size) - 1 }, true, "another function meanwhile")
        }
        world.expect(values.allSatisfy { $0 == -1 }, true, "an array after it")
        MPI.abort(exitCode: 5)
    }

    private struct Failure: Error {}

    /// What a function throws in a reduction that is given up is no error of another one.
    private static func abandonedThrowing(_ world: Communicator) throws {
        let last = world.size - 1
        let part = try world.split(world.rank < last)
        let (buffer, hasGivenUp) = (try AgreedBuffer<Int>(count: 10, on: world), try Sign(on: world))
        try world.setPatience(Patience(deadline: .seconds(1)))
        let throwing = Reduction<Int>.custom(commutative: true, associative: true) { _, _ throws in throw Failure() }
        let larger = Reduction<Int>.custom(commutative: true, associative: true) { $0 > $1 ? $0 : $1 }
        let later = Reduction<Int>.custom(commutative: false, associative: true) { $1 }
        if world.rank == last {
            hasGivenUp.wait(times: last)
            try? buffer.allReduce(throwing)
            sleep(600)
        }
        guard let part else { return }
        world.expectError("a reduction that is given up", { $0.kind == .timedOut(missing: [last]) }) {
            try buffer.allReduce(throwing)
        }
        hasGivenUp.give()
        let begin = ContinuousClock.now
        repeat {
            part.expect(try part.allReduce(part.rank, larger), part.size - 1, "another function")
            part.expect(try part.allReduce(part.rank, later), part.size - 1, "one from left to right")
        } while try part.allReduce(ContinuousClock.now - begin < .seconds(2) ? 1 : 0, .max) == 1
        MPI.abort(exitCode: 5)
    }

    /// A message that comes when the receiver has given up is the next one that is received.
    private static func lateMessage(_ world: Communicator) throws {
        for count in [1, 100, 1_000_000] {
            let hasGivenUp = try Sign(on: world)
            try world.setPatience(Patience(deadline: .seconds(1)))
            if world.rank == 1 {
                hasGivenUp.wait()
                try world.setPatience(Patience(deadline: .seconds(20)))
                for value in [7, 8] { try world.send([Int](repeating: value, count: count), to: 0) }
            } else if world.rank == 0 {
                world.expectError("a message that does not come", { $0.kind == .timedOut(missing: [1]) }) {
                    _ = try world.receiveArray(of: Int.self, from: 1)
                }
                hasGivenUp.give()
                try world.setPatience(Patience(deadline: .seconds(20)))
                for value in [7, 8] {
                    let values = try world.receiveArray(of: Int.self, from: 1)
                    world.expect(values, [Int](repeating: value, count: count), "a message after it")
                }
            }
        }
    }
}
