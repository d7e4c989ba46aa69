import TestSupport
import Testing

/// Elements of all ranks that all reach: through shared memory, and by messages as between hosts.
@Suite(.serialized) struct WindowTests {
    private func run(_ modes: [String], ranks: Int, byMessages: Bool = false) async throws {
        try await expectPassed(modes, ranks: ranks, limit: 180, byMessages: byMessages)
    }

    @Test(arguments: 1...8) func everyWorld(ranks: Int) async throws { try await run(["windows"], ranks: ranks) }

    @Test(arguments: [1, 2, 3]) func asBetweenHosts(ranks: Int) async throws {
        try await run(["windows"], ranks: ranks, byMessages: true)
    }

    /// More than the node's ranks can share.
    @Test(arguments: [2, 3]) func aNodeWithoutRoom(ranks: Int) async throws {
        try await run(["window-without-room"], ranks: ranks)
    }

    /// Rank 0 ends the job when it has found what it expects.
    @Test(arguments: [2, 3], ["silent-window", "unmet-window", "unmet-counter"])
    func aRankThatDoesNotAnswer(ranks: Int, mode: String) async throws {
        let outcome = try await runModes([mode], ranks: ranks, limit: 60, byMessages: true)
        #expect(outcome.exitCode == 5, "\(outcome.report)")
    }
}
