import Foundation
import TestSupport
import Testing

extension ClusterTests {
    /// The cable of a host is cut while a job runs on two.
    @Suite(.serialized) struct LostHostTests {
        let folder = try! TemporaryFolder()

        /// Short times, for Open MPI to notice that a host is gone.
        private let keepalive = [
            "OMPI_MCA_oob_tcp_keepalive_time": "2", "OMPI_MCA_oob_tcp_keepalive_intvl": "1",
            "OMPI_MCA_oob_tcp_keepalive_probes": "2",
        ]

        @Test func mpirunEndsAndResumeCompletes() async throws {
            let plain = try await PlainRun.shared.value
            let hosts = try await Hosts()
            let output = folder.file("out")
            let arguments = [PlainRun.program] + plain.arguments(output: output, ["--resume"])
            async let job = hosts.mpirun(arguments, limit: 90, environment: keepalive)
            let hasBegun = await eventually(within: 40) { PlainRun.journaled(output) > 0 }
            try await hosts.setCable(of: 2, up: false)
            let cut = ContinuousClock.now
            let outcome = try await job
            try #require(hasBegun, "\(outcome.report)")
            #expect(outcome.exitCode == 205, "\(outcome.report)")
            #expect(outcome.error.contains("node2"), "\(outcome.report)")
            #expect(ContinuousClock.now - cut < .seconds(30), "\(outcome.report)")
            #expect(!FileManager.default.fileExists(atPath: output + "/Results.json"))
            #expect(try await eventually(within: 20) { try await hosts.count(of: "photoz") == 0 })

            try await hosts.setCable(of: 2, up: true)
            let resumed = try await hosts.mpirun(arguments, limit: 60)
            #expect(resumed.exitCode == 0, "\(resumed.report)")
            #expect(plain.equals(output), "\(resumed.report)")
        }
    }
}
