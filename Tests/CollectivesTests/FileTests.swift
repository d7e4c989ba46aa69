import TestSupport
import Testing

/// Files of all ranks, in jobs that end in their own way.
@Suite(.serialized) struct ParallelFileTests {
    @Test(arguments: ["unclosed-file", "full-disk"], [1, 2, 5])
    func endsWell(mode: String, ranks: Int) async throws {
        try await expectPassed([mode], ranks: ranks, limit: 30)
    }
}
