import Foundation
import TestSupport
import Testing

extension ClusterTests {
    /// The cable of a host is cut while a job runs on two.
    @Suite(.serialized) struct LostHostTests {
        let folder = try! TemporaryFolder()
        private var output: String { folder.file("out") }

        /// Runs the job and takes the second host off the network as soon as there is something in the journals.
        ///
        /// - Parameter silence: Seconds after which Open MPI asks whether a host that says nothing is there.
        /// - Returns: How the job ended, and how many seconds after the cut.
        private func cut(
            _ hosts: Hosts, _ options: [String] = [], silence: Int
        ) async throws -> (outcome: Outcome, seconds: Double) {
            let arguments = try await PlainRun.shared.value.arguments(output: output, ["--resume"] + options)
            let output = output
            async let job = hosts.mpirun(
                [PlainRun.program] + arguments, limit: 120,
                environment: [
                    "OMPI_MCA_oob_tcp_keepalive_time": "\(silence)", "OMPI_MCA_oob_tcp_keepalive_intvl": "1",
                    "OMPI_MCA_oob_tcp_keepalive_probes": "2",
                ])
            let hasBegun = await eventually(within: 60) { await PlainRun.hasStored(output) }
            try await hosts.setCable(of: 2, up: false)
            let start = ContinuousClock.now
            let outcome = try await job
            let (seconds, _) = (ContinuousClock.now - start).components
            try #require(hasBegun, "\(outcome.report)")
            #expect(!FileManager.default.fileExists(atPath: output + "/Results.json"))
            return (outcome, Double(seconds))
        }

        @Test func theDeadlineNamesTheLostRankAndResumeCompletes() async throws {
            let hosts = try await Hosts()
            let (outcome, seconds) = try await cut(hosts, ["--deadline", "4"], silence: 40)
            #expect(outcome.exitCode == 75, "\(outcome.report)")
            #expect(outcome.error.contains("rank 1 (node2) did not arrive within 4 s"), "\(outcome.report)")
            #expect(outcome.error.contains("last seen in inference"), "\(outcome.report)")
            #expect(seconds < 40, "\(outcome.report)")
            // The other side has a deadline, too.
            #expect(try await eventually(within: 30) { try await hosts.count(of: "photoz") == 0 })

            try await hosts.setCable(of: 2, up: true)
            // The bridge takes a moment to pass anything on again.
            #expect(try await eventually(within: 30) { try await hosts.reachEachOther() }, "the hosts stay apart")
            let plain = try await PlainRun.shared.value
            let resumed = try await hosts.mpirun(
                [PlainRun.program] + plain.arguments(output: output, ["--resume"]), limit: 60)
            #expect(resumed.exitCode == 0, "\(resumed.report)")
            #expect(plain.equals(output), "\(resumed.report)")
        }

        @Test func mpirunNoticesByItself() async throws {
            let (outcome, seconds) = try await cut(try await Hosts(), silence: 1)
            #expect(outcome.exitCode == 205, "\(outcome.report)")
            #expect(outcome.error.contains("node2"), "\(outcome.report)")
            #expect(seconds < 30, "\(outcome.report)")
        }
    }
}
