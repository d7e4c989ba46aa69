import TestSupport
import Testing

/// Ranks that do not come: an error soon after the deadline, which is two seconds, that names them, their hosts and
/// what they were at. Through shared memory, and by messages as between hosts.
@Suite(.serialized) struct WaitingTests {
    private func run(
        _ mode: String, exitCode: Int, ranks: Int = 4, byMessages: Bool = false, saying texts: [String] = []
    ) async throws {
        let outcome = try await runModes([mode], ranks: ranks, limit: 40, byMessages: byMessages)
        #expect(outcome.exitCode == exitCode, "\(outcome.report)")
        for text in texts { #expect(outcome.error.contains(text), "\(text)? \(outcome.report)") }
    }

    private func runBoth(_ mode: String, saying texts: [String]) async throws {
        for byMessages in [false, true] {
            try await run(mode, exitCode: 5, byMessages: byMessages, saying: texts)
        }
    }

    private static let story = "last seen in inference, 41 % done, "

    @Test func aRankThatIsLateInTime() async throws { try await run("late", exitCode: 0) }
    @Test func rank0IsMissing() async throws {
        try await runBoth("missing-first", saying: ["rank 0 (", ") did not arrive within 2 s; it was " + Self.story])
    }
    @Test func theLastRankIsMissing() async throws {
        try await runBoth("missing-last", saying: ["rank 3 (", ") did not arrive within 2 s; it was " + Self.story])
    }
    @Test func twoRanksAreMissing() async throws {
        try await runBoth(
            "missing-two", saying: ["2 ranks did not arrive within 2 s: rank 0 (", "; rank 3 (", "), " + Self.story])
    }
    @Test(arguments: ["split", "node-split", "duplicate", "file", "counter", "memory", "board", "window"])
    func aRankDoesNotComeToACallThatOnlyBlocks(call: String) async throws {
        try await run("missing-" + call, exitCode: 5, ranks: 3, saying: ["rank 2 (", "did not arrive within 2 s"])
    }
    @Test func rank0IsStopped() async throws {
        try await runBoth("stopped-first", saying: ["rank 0 (", ") did not arrive within 2 s; it was " + Self.story])
    }
    @Test func aRankOfTheNodeIsMissing() async throws {
        try await runBoth("missing-on-node", saying: ["MPI_Barrier: rank 1 (", "did not arrive within 2 s"])
    }
    @Test func rank0StopsWhileItWaits() async throws {
        try await runBoth(
            "stopped-waiting", saying: ["rank 0 (", "did not answer within 7 s; it was last seen waiting for others"])
    }
    @Test func ranksThatAreHeldUpThemselves() async throws {
        try await runBoth(
            "missing-elsewhere", saying: ["rank 3 (", "did not arrive within 2 s; it was last seen in start-up"])
    }
    @Test func aMissingRankWhileTheOthersSleep() async throws {
        try await run("missing-cheap", exitCode: 5, saying: ["rank 0 (", Self.story])
    }
    @Test func thoseWhoKnowAreMissing() async throws {
        // Only messages can be lost on them: shared memory is read without their help.
        try await run("missing-holders", exitCode: 5, saying: ["2 ranks did not arrive"])
        try await run(
            "missing-holders", exitCode: 5, byMessages: true,
            saying: ["not every rank arrived within 2 s, and nor do those who know more: rank 0 ("])
    }
    @Test func aCopyWaitsAsAllDo() async throws { try await run("copies", exitCode: 5) }
    @Test func boardsThatSomeRanksGive() async throws {
        try await run("some-boards", exitCode: 0)
    }
    @Test(arguments: ["one-asks", "asker-stops"], [false, true])
    func oneRankOfANodeAsks(mode: String, byMessages: Bool) async throws {
        // Neither the holders of the board, nor the one that never comes, nor the one that stops.
        let ranks = mode == "one-asks" ? 3 : 2
        // With these settings MPI shares no memory.
        let askers = byMessages ? ranks : 1
        var found: [[Int]] = []
        // On a busy machine a rank may come to its deadline when its neighbour's answer is too old: the best of five.
        while found.count < 5, found.last?.reduce(0, +) != askers {
            let outcome = try await runModes([mode], ranks: 6, limit: 40, byMessages: byMessages)
            #expect(outcome.exitCode == 5, "\(outcome.report)")
            found.append(outcome.error.components(separatedBy: " asked ").dropFirst().compactMap { Int($0.prefix(1)) })
            #expect(found.last?.count == ranks, "\(outcome.report)")
        }
        #expect(found.last?.reduce(0, +) == askers, "\(found)")
    }
    @Test(arguments: ["without-board", "without-board-split"])
    func aMissingRankWithoutABoard(mode: String) async throws { try await run(mode, exitCode: 5) }
    @Test(arguments: [3, 5]) func anOperationThatIsAbandoned(ranks: Int) async throws {
        try await run("abandoned", exitCode: 5, ranks: ranks)
    }
    @Test(arguments: [2, 3, 5]) func whatAnAbandonedFunctionThrows(ranks: Int) async throws {
        try await run("abandoned-throwing", exitCode: 5, ranks: ranks)
    }
    @Test func aMessageThatComesTooLate() async throws { try await run("late-message", exitCode: 0, ranks: 2) }
    @Test func aSilentPeer() async throws { try await run("silent-peer", exitCode: 5, ranks: 2) }
    @Test func somebodyInterrupts() async throws { try await run("interrupted", exitCode: 5) }
}
