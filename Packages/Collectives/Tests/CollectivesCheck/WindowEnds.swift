import Collectives
import Glibc

/// Windows that are freed, and that are not; and calls to a rank that does not answer: ranks that share no memory
/// answer only within calls.
enum WindowEnds {
    static let modes: [String: @Sendable (Communicator) throws -> Void] = [
        "silent-window": { try silent($0, deadlines: [20, 1]) }, "unmet-window": { try silent($0, deadlines: [1]) },
        "unmet-counter": silentHost,
    ]

    private static let calls: [@Sendable (Window<Int>) throws -> Void] = [
        { try $0.put([Int](repeating: 1, count: 100_000), to: 1, at: 0) },
        { _ = try $0.get(1000, from: 1, at: 5) },
        { try $0.accumulate([1, 2, 3], .sum, to: 1, at: 5) },
        { _ = try $0.fetchAndAccumulate(1, .sum, to: 1, at: 5) },
        { _ = try $0.compareAndSwap(expected: 0, desired: 1, on: 1, at: 5) },
    ]

    static func check(_ world: Communicator) throws {
        let part = try world.split(color: world.rank % 2)
        guard let part else { return }
        let window = try Window<Int>(count: 4, on: part)
        // It lives until MPI is finished.
        let left = try Window<Int>(count: 4, on: part)
        try window.put([5], to: part.size - 1, at: 3)
        try window.free()
        let isFreed = { (error: CollectiveError) in error.kind == .misuse && error.reason.contains("was freed") }
        world.expectError("put", isFreed) { try window.put([1], to: 0, at: 0) }
        world.expectError("get", isFreed) { _ = try window.get(1, from: 0, at: 0) }
        world.expectError("compareAndSwap", isFreed) {
            _ = try window.compareAndSwap(expected: 1, desired: 2, on: 0, at: 0)
        }
        world.expectError("own elements", isFreed) { try window.withOwnElements { _ in } }
        world.expectError("synchronize", isFreed) { try window.synchronize() }
        world.expectError("a second time", isFreed) { try window.free() }
        try left.put([6], to: part.rank, at: 0)
        world.expect(try left.get(2, from: part.rank, at: 0), [6, 0], "another window")
        try part.free()
        world.expectError("a window of what was freed", isFreed) { try left.put([1], to: 0, at: 0) }
        world.expectError("its end", isFreed) { try left.free() }
    }

    /// Rank 1 is late, but within a long deadline; or too late.
    private static func silent(_ world: Communicator, deadlines: [Int]) throws {
        for (number, call) in calls.enumerated() {
            // Others are not given up.
            guard let part = try world.split(true) else { return }
            let window = try Window<Int>(count: 100_000, on: part)
            let board = try ProgressBoard(on: part, phases: ["start-up"])
            let (isAsleep, hasLooked) = (try Sign(on: part), try Sign(on: part))
            for (round, deadline) in deadlines.enumerated() {
                try part.setPatience(Patience(deadline: .seconds(deadline), board: board))
                if deadlines.count > 1 { try window.synchronize() }
                if world.rank == 1 {
                    isAsleep.give()
                    if deadline > 1 { usleep(400_000) } else { hasLooked.wait() }
                }
                guard world.rank == 0 else { continue }
                isAsleep.wait(times: round + 1)
                if deadline > 1 {
                    try call(window)
                } else {
                    expectSilence(part, "call \(number)") { try call(window) }
                    hasLooked.give()
                }
            }
        }
        endJob(world)
    }

    /// The same of a counter that nobody has asked before.
    private static func silentHost(_ world: Communicator) throws {
        let (counter, isAsleep) = (try SharedCounter(on: world, host: 1), try Sign(on: world))
        try world.setPatience(
            Patience(deadline: .seconds(1), board: ProgressBoard(on: world, phases: ["start-up"])))
        if world.rank == 1 { isAsleep.give() }
        if world.rank == 0 {
            isAsleep.wait()
            expectSilence(world, "a number") { _ = try counter.next() }
        }
        endJob(world)
    }

    /// Rank 1 does not answer in time.
    private static func expectSilence(_ communicator: Communicator, _ what: String, _ call: () throws -> Void) {
        let isSilent: (CollectiveError) -> Bool = {
            $0.kind == .timedOut(missing: [1]) && $0.reason.contains("did not answer within 1 s")
        }
        communicator.expectError(what, isSilent, call)
        communicator.expectError("the next one", { $0.kind == .abandoned }, call)
    }

    /// Only the rank that has looked: others would end it before.
    private static func endJob(_ world: Communicator) -> Never {
        if world.rank > 0 { sleep(600) }
        MPI.abort(exitCode: 5)
    }
}
