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

        @Test func theFileSystemOfBothKeepsWhatTheyWrite() async throws {
            let hosts = try await Hosts()
            let doctor = try await hosts.mpirun([PlainRun.program, "doctor", "--folder", folder.path], limit: 60)
            #expect(doctor.exitCode == 0, "\(doctor.report)")
            #expect(doctor.output.contains("what several hosts wrote into one file was there"), "\(doctor.report)")
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

        /// The launcher ends rank 0 by the signal that otherwise asks a job to stop: only the rank that has failed
        /// speaks, and its code counts.
        @Test(arguments: ["mpirun", "srun"])
        func aFailureOnTheOtherHost(launcher: String) async throws {
            let plain = try await PlainRun.shared.value
            let survey = folder.file("survey")
            try FileManager.default.copyItem(atPath: plain.survey, toPath: survey)
            // The second host has another file of that name: the one that was copied before.
            let hosts = launcher == "mpirun" ? try await Hosts() : try await SlurmCluster.shared.value.hosts
            let other = try await hosts.run(
                on: 2, "mount", ["--bind", plain.survey + "/1.h5", survey + "/3.h5"], limit: 10)
            try #require(other.exitCode == 0, "\(other.report)")
            let outcome = try await run(
                launcher, hosts, ["--shard", "files", "--data", survey, "--weights", Repository.weights])
            _ = try await hosts.run(on: 2, "umount", [survey + "/3.h5"], limit: 10)
            #expect(outcome.exitCode == 65, "\(outcome.report)")
            #expect(outcome.error.contains("on rank 1 of 2 (node2): \(survey)/3.h5"), "\(outcome.report)")
            #expect(outcome.error.components(separatedBy: "photoz: error").count == 2, "\(outcome.report)")
        }

        /// Rank 0 fails before there is an output folder, and rank 1 waits for it on the other host.
        @Test(arguments: ["mpirun", "srun"])
        func aFailureOfRank0(launcher: String) async throws {
            let hosts = launcher == "mpirun" ? try await Hosts() : try await SlurmCluster.shared.value.hosts
            let outcome = try await run(
                launcher, hosts, ["--data", folder.file("nothing"), "--weights", Repository.weights],
                environment: ["OMPI_MCA_odls_base_sigkill_timeout": "4"])
            #expect(outcome.exitCode == 66, "\(outcome.report)")
            #expect(outcome.error.components(separatedBy: "photoz: error").count == 2, "\(outcome.report)")
        }

        private func run(
            _ launcher: String, _ hosts: Hosts, _ arguments: [String], environment: [String: String] = [:]
        ) async throws -> Outcome {
            let words = [PlainRun.program, "run", "--output", output] + arguments
            if launcher == "mpirun" {
                return try await hosts.mpirun(words, limit: 60, environment: environment)
            }
            return try await SlurmCluster.shared.value.command(
                "srun", ["--mpi=pmix", "--nodes=2", "--ntasks=2"] + words, limit: 60)
        }

        private func hostsOfTheRun() throws -> [String] {
            let provenance = try Results(output).object["provenance"] as? [String: Any]
            return provenance?["hosts"] as? [String] ?? []
        }
    }
}
