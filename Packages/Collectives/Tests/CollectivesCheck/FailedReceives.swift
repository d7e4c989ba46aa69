import Collectives
import Glibc

/// Receives that fail while the same call sends a message, which the other rank takes late or never.
enum FailedReceives {
    static let modes: [String: @Sendable (Communicator) throws -> Void] = ["failed-receives": check]

    private static let long = [Int](repeating: 7, count: 100_000)

    private static func check(_ world: Communicator) throws {
        for patience in [Patience(), Patience(wait: .cheap), Patience(deadline: .seconds(20))] {
            try world.setPatience(patience)
            for delay in [0, 500_000] {
                try takenLate(world, delay, sendArray)
                try takenLate(world, delay, sendSpan)
            }
        }
        try world.setPatience(Patience())
        // Longer than an array is waited for.
        try takenLate(world, 1_500_000, sendSpan)
        for patience in [Patience(), Patience(wait: .cheap), Patience(deadline: .seconds(20))] {
            guard let part = try world.split(true) else { return }
            try part.setPatience(patience)
            try neverTaken(part)
        }
        try world.barrier()
        MPI.abort(exitCode: 5)
    }

    /// Three bytes come: no whole number, nor as many as there is room for.
    private static func sendArray(_ world: Communicator) throws {
        _ = try world.sendReceive(long, to: 1, from: 1)
    }

    /// The elements are others as soon as the call is over.
    private static func sendSpan(_ world: Communicator) throws {
        var (sent, received) = (long, [0])
        defer { for place in sent.indices { sent[place] = -1 } }
        var span = received.mutableSpan
        try world.sendReceive(sent.span, into: &span, to: 1, from: 1)
    }

    private static func expectRefused(_ world: Communicator, _ send: (Communicator) throws -> Void) {
        world.expectError("three bytes", { $0.kind == .misuse && $0.reason.contains("sent 3 bytes") }) {
            try send(world)
        }
    }

    /// All goes on when the message was taken.
    private static func takenLate(
        _ world: Communicator, _ delay: Int, _ send: (Communicator) throws -> Void
    ) throws {
        if world.rank == 0 {
            expectRefused(world, send)
        } else if world.rank == 1 {
            try world.send([UInt8](repeating: 1, count: 3), to: 0)
            usleep(UInt32(delay))
            world.expect(try world.receiveArray(of: Int.self, from: 0) == long, true, "what was sent beside it")
        }
        world.expect(try world.allReduce(1, .sum), world.size, "a sum after it")
    }

    /// The error is not kept back.
    private static func neverTaken(_ part: Communicator) throws {
        if part.rank == 0 {
            let begin = ContinuousClock.now
            expectRefused(part, sendArray)
            part.expect(ContinuousClock.now - begin < .seconds(5), true, "soon")
            part.expectError("a barrier after it", { $0.kind == .abandoned }) { try part.barrier() }
        } else if part.rank == 1 {
            try part.send([UInt8](repeating: 1, count: 3), to: 0)
        }
    }
}
