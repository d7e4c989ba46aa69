import Foundation
import TestSupport
import Testing

extension ClusterTests {
    /// One job on two hosts.
    @Suite(.serialized) struct TwoHostTests {
        let folder = try! TemporaryFolder()
        private var output: String { folder.file("out") }

        @Test func byMpirun() async throws {
            let plain = try await PlainRun.shared.value
            let hosts = try await Hosts()
            let outcome = try await hosts.mpirun([PlainRun.program] + plain.arguments(output: output), limit: 60)
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            #expect(plain.equals(output), "\(outcome.report)")
            #expect(try hostsOfTheRun() == ["node1", "node2"])
        }

        @Test func bySrun() async throws {
            let plain = try await PlainRun.shared.value
            let cluster = try await SlurmCluster.shared.value
            let outcome = try await cluster.command(
                "srun",
                ["--mpi=pmix", "--nodes=2", "--ntasks=2", PlainRun.program] + plain.arguments(output: output), limit: 60
            )
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            #expect(plain.equals(output), "\(outcome.report)")
            #expect(try hostsOfTheRun() == ["node1", "node2"])
        }

        private func hostsOfTheRun() throws -> [String] {
            let provenance = try Results(output).object["provenance"] as? [String: Any]
            return provenance?["hosts"] as? [String] ?? []
        }
    }
}
