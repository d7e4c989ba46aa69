import Collectives
import Glibc

/// Spans in operations that are given up.
enum SpanDeadlines {
    static let modes: [String: @Sendable (Communicator) throws -> Void] = [
        "spans-late": lateMessage, "spans-abandoned": abandoned,
    ]

    /// A message that comes when the receiver has given up is the next one that is received.
    private static func lateMessage(_ world: Communicator) throws {
        for count in [1, 1_000_000] {
            let hasGivenUp = try Sign(on: world)
            try world.setPatience(Patience(deadline: .seconds(1)))
            if world.rank == 1 {
                hasGivenUp.wait()
                try world.setPatience(Patience(deadline: .seconds(20)))
                for value in [7, 8] { try world.send([Int](repeating: value, count: count).span, to: 0) }
            } else if world.rank == 0 {
                let before = [Int](repeating: 1, count: count)
                world.expectError("a message that does not come", { $0.kind == .timedOut(missing: [1]) }) {
                    try Spans.expectFilled(world, before, before, "given up") { try world.receive(into: &$0, from: 1) }
                }
                hasGivenUp.give()
                try world.setPatience(Patience(deadline: .seconds(20)))
                for value in [7, 8] {
                    try Spans.expectFilled(world, before, before.map { _ in value }, "a message after it") {
                        try world.receive(into: &$0, from: 1)
                    }
                }
            }
        }
    }

    /// The last rank, the root, agrees on the length in time, and comes to the broadcast itself when the others have
    /// given it up: what MPI brings then goes to memory that is not the caller's, who has it back.
    private static func abandoned(_ world: Communicator) throws {
        let (count, last) = (1000, world.size - 1)
        let (part, hasGivenUp) = (try world.split(world.rank < last), try Sign(on: world))
        try part?.setPatience(Patience(deadline: .seconds(20)))
        try world.setPatience(Patience(deadline: .seconds(1)))
        guard let part else {
            let buffer = try AgreedBuffer<Int>(count: count, on: world)
            hasGivenUp.wait(times: last)
            try? buffer.broadcast(root: last)
            sleep(600)
            return
        }
        var values = [Int](repeating: 1, count: count)
        world.expectError("a broadcast that is given up", { $0.kind == .timedOut(missing: [last]) }) {
            var span = values.mutableSpan
            try world.broadcast(into: &span, root: last)
        }
        hasGivenUp.give()
        for place in values.indices { values[place] = -1 }
        let begin = ContinuousClock.now
        // As often on every rank.
        while try part.allReduce(ContinuousClock.now - begin < .seconds(3) ? 1 : 0, .max) == 1 {}
        world.expect(values.allSatisfy { $0 == -1 }, true, "memory of an operation that was given up")
        // What another rank finds is not cut off.
        try part.barrier()
        MPI.abort(exitCode: 5)
    }
}
