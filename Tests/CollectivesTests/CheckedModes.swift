import TestSupport
import Testing

/// Runs modes of `collectives-check` one after another on some ranks, and expects each of them to pass.
func expectPassed(
    _ modes: [String], ranks: Int, limit: Int, environment: [String: String] = [:]
) async throws {
    let outcome = try await Launch.mpirun(
        ranks: ranks, Launch.products + "/collectives-check", modes, limit: limit, environment: environment)
    #expect(outcome.exitCode == 0, "\(outcome.report)")
    for mode in modes {
        #expect(outcome.output.contains("\(mode) passed on \(ranks) ranks"), "\(mode): \(outcome.report)")
    }
}
