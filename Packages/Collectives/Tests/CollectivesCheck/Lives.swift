import Collectives
import Glibc

/// Calls before MPI is started, after it is finished, and again; and communicators, more than there can be at a time.
enum Lives {
    static let modes: [String: @Sendable (Communicator) throws -> Void] = [
        "second-start": { world in
            world.expectError("a second start", { $0.kind == .misuse && $0.reason.contains("started") }) {
                _ = try MPI.start()
            }
            world.expect(try world.allReduce(1, .sum), world.size, "a sum after it")
        },
        "after-finish": afterFinish,
        "many-splits": { world in
            for number in 0..<70_000 {
                let part = try world.split(number % 2 == world.rank % 2)
                try part?.free()
            }
        },
    ]

    /// Communicators that are given back, and what was split from them.
    static func checkFreed(_ world: Communicator) throws {
        let half = try world.split(world.rank % 2 == 0)
        let copy = half
        let rest = try half?.split(world.rank > 0)
        try half?.free()
        let isFreed: (CollectiveError) -> Bool = { $0.kind == .misuse && $0.reason.contains("freed") }
        if let half, let copy {
            world.expectError("a barrier", isFreed) { try half.barrier() }
            world.expectError("a copy's barrier", isFreed) { try copy.barrier() }
            world.expectError("a second time", isFreed) { try half.free() }
        }
        if let rest { world.expect(try rest.allReduce(1, .sum), rest.size, "a part of what was freed") }
        try rest?.free()
        world.expectError("the communicator of all ranks", { $0.kind == .misuse }) { try world.free() }
        world.expect(try world.allReduce(1, .sum), world.size, "a sum after it")
    }

    private static func afterFinish(_ world: Communicator) throws {
        let failures = try FirstFailure(on: world.splitByNode())
        let counter = try SharedCounter(on: world, host: 0)
        let board = try ProgressBoard(on: world, phases: ["start-up"])
        let window = try Window<Int>(count: 1, on: world)
        try world.send(1, to: (world.rank + 1) % world.size)
        _ = try world.receive(Int.self, from: (world.rank + world.size - 1) % world.size)
        // Nobody receives it.
        try world.send([Double](repeating: 1, count: 1_000_000), to: world.rank)
        try MPI.finish()
        let isFinished: (CollectiveError) -> Bool = { $0.kind == .misuse && $0.reason.contains("finished") }
        world.expectError("a barrier", isFinished) { try world.barrier() }
        world.expectError("a sum", isFinished) { _ = try world.allReduce(1, .sum) }
        world.expectError("a message", isFinished) { try world.send(1, to: 0) }
        world.expectError("a receive", isFinished) { _ = try world.receive(Int.self, from: 0) }
        world.expectError("a split", isFinished) { _ = try world.split(true) }
        world.expectError("a counter", isFinished) { _ = try counter.next() }
        world.expectError("a window", isFinished) { try window.put([1], to: 0, at: 0) }
        world.expectError("a window's elements", isFinished) { try window.withOwnElements { $0[0] = 1 } }
        world.expectError("a window's end", isFinished) { try window.free() }
        world.expectError("memory", isFinished) { _ = try SharedMemory(byteCount: 1, on: world) }
        world.expectError("a board", isFinished) { _ = try ProgressBoard(on: world, phases: []) }
        world.expectError("patience", isFinished) { try world.setPatience(Patience()) }
        world.expectError("another start", isFinished) { _ = try MPI.start() }
        world.expectError("another end", isFinished) { try MPI.finish() }
        counter.progress()
        window.progress()
        board.report(phase: 0)
        world.expect(failures.claim(), true, "a claim without others")
        world.expect([MPI.processorName, MPI.threadLevel], ["", "unknown"], "names")
        print("\(world.rank) has come to its end")
        fflush(nil)
        exit(0)
    }
}
