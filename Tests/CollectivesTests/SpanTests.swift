import TestSupport
import Testing

/// Parts of arrays that are exchanged where they are.
@Suite(.serialized) struct SpanTests {
    @Test(arguments: 1...8) func everyWorld(ranks: Int) async throws {
        try await expectPassed(["spans"], ranks: ranks, limit: 90)
    }

    @Test func asBetweenHosts() async throws {
        try await expectPassed(["spans"], ranks: 3, limit: 90, byMessages: true)
    }

    @Test(arguments: [2, 4]) func nothingIsCopied(ranks: Int) async throws {
        try await expectPassed(["span-copies"], ranks: ranks, limit: 60)
    }

    @Test func aMessageThatComesTooLate() async throws {
        try await expectPassed(["spans-late"], ranks: 2, limit: 60)
    }

    /// The ranks end the job themselves when they have found what they expect.
    @Test(arguments: [3, 4]) func whatIsGivenUp(ranks: Int) async throws {
        let outcome = try await runModes(["spans-abandoned"], ranks: ranks, limit: 40)
        #expect(outcome.exitCode == 5, "\(outcome.report)")
    }
}
