import TestSupport
import Testing

/// Files of all ranks, in jobs that end in their own way.
@Suite(.serialized) struct ParallelFileTests {
    @Test(arguments: ["unclosed-file", "full-disk"], [1, 2, 5])
    func endsWell(mode: String, ranks: Int) async throws {
        let outcome = try await Launch.mpirun(
            ranks: ranks, Launch.products + "/collectives-check", [mode], limit: 30)
        #expect(outcome.exitCode == 0, "\(outcome.report)")
        #expect(outcome.output.contains("\(mode) passed on \(ranks) ranks"), "\(outcome.report)")
    }
}
