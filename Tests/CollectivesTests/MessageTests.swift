import TestSupport
import Testing

/// Messages with tags, of any rank, and operations that are under way while the rank does something else.
@Suite(.serialized) struct MessageTests {
    private static let modes = ["tags", "pending", "gathers", "codable"]

    private func run(_ modes: [String], ranks: Int, byMessages: Bool = false) async throws {
        try await expectPassed(modes, ranks: ranks, limit: 90, byMessages: byMessages)
    }

    @Test(arguments: 1...8) func everyWorld(ranks: Int) async throws { try await run(Self.modes, ranks: ranks) }

    @Test func asBetweenHosts() async throws { try await run(Self.modes, ranks: 3, byMessages: true) }

    @Test(arguments: [2, 4]) func aMessageOfAnyRankThatComesTooLate(ranks: Int) async throws {
        try await run(["late-any"], ranks: ranks)
    }

    /// What is under way and is not done at once stays under way.
    @Test(arguments: [2, 3]) func whatComesLate(ranks: Int) async throws {
        try await run(["pending-late"], ranks: ranks)
    }

    @Test(arguments: [1, 2, 4]) func tasksThatWait(ranks: Int) async throws {
        try await run(["pending-tasks", "pending-cancelled-task"], ranks: ranks)
    }

    @Test(arguments: [2, 3]) func twoThreadsAtATime(ranks: Int) async throws {
        try await run(
            ["two-threads", "turns-beside-wait", "turns-beside-lent", "turns-beside-blocking"], ranks: ranks)
    }

    @Test(arguments: [2, 3], [false, true])
    func aReceiveThatFailsBesideASend(ranks: Int, byMessages: Bool) async throws {
        let outcome = try await runModes(["failed-receives"], ranks: ranks, limit: 60, byMessages: byMessages)
        #expect(outcome.exitCode == 5, "\(outcome.report)")
    }

    /// Threads that meet while a task's test runs a function, or while one reports progress.
    @Test(arguments: [2, 3, 4]) func aTestBesideAnOperation(ranks: Int) async throws {
        let modes = ["turns-late-envelope", "turns-beside-function", "turns-in-function", "turns-beside-report"]
        try await run(modes, ranks: ranks)
    }

    @Test(arguments: [3, 4]) func aStrictFunctionBesideATest(ranks: Int) async throws {
        try await run(["turns-strict-function"], ranks: ranks)
    }

    /// The ranks end the job themselves when they have found what they expect.
    @Test(arguments: ["dropped", "lengths", "sizes", "gathers"]) func whatIsGivenUp(kind: String) async throws {
        let outcome = try await runModes(["pending-" + kind], ranks: 2, limit: 40)
        #expect(outcome.exitCode == 5, "\(outcome.report)")
    }
}
