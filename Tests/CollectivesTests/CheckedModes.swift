import TestSupport
import Testing

/// Runs modes of `collectives-check` one after another on some ranks: through shared memory, or by messages as between
/// hosts.
func runModes(_ modes: [String], ranks: Int, limit: Int, byMessages: Bool = false) async throws -> Outcome {
    try await Launch.mpirun(
        ranks: ranks, Launch.products + "/collectives-check", modes, limit: limit,
        environment: byMessages ? try await MPILibrary.current().byMessages : [:])
}

/// The same, and expects each of them to pass.
func expectPassed(_ modes: [String], ranks: Int, limit: Int, byMessages: Bool = false) async throws {
    let outcome = try await runModes(modes, ranks: ranks, limit: limit, byMessages: byMessages)
    #expect(outcome.exitCode == 0, "\(outcome.report)")
    for mode in modes {
        #expect(outcome.output.contains("\(mode) passed on \(ranks) ranks"), "\(mode): \(outcome.report)")
    }
}
