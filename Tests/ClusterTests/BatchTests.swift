import Foundation
import TestSupport
import Testing

extension ClusterTests {
    /// `launch/slurm.sbatch` under Slurm.
    @Suite(.serialized) struct BatchTests {
        let folder = try! TemporaryFolder()

        private func submit(
            _ options: [String] = [], _ variables: [String: String] = [:], data: String? = nil
        ) async throws -> BatchJob {
            let survey = try await PlainRun.shared.value.survey
            return try await BatchJob(
                try await SlurmCluster.shared.value, in: folder, data: data ?? survey, options: options,
                variables: variables)
        }

        @Test(arguments: ["mpirun", "srun"]) func runsToTheEnd(launcher: String) async throws {
            let job = try await submit([], ["PHOTOZ_LAUNCHER": launcher])
            #expect(try await job.end(within: 60) == "COMPLETED", "\(job.log)")
            #expect(try await PlainRun.shared.value.equals(job.output), "\(job.log)")
            #expect(job.log.contains("2 ranks") && job.log.contains("node[1-2], by \(launcher)"), "\(job.log)")
        }

        /// Slurm looks at time limits every 30 seconds: the ranks are held until the signal comes.
        @Test func goesOnAfterATimeLimitTooShort() async throws {
            let job = try await submit(["--time=1", "--signal=B:USR1@25"])
            try #require(await eventually(within: 30) { await PlainRun.hasStored(job.output) }, "\(job.log)")
            try await job.cluster.hosts.signal("STOP", program: "photoz")
            let came = await job.says("USR1 came", within: 50)
            try await job.cluster.hosts.signal("CONT", program: "photoz")
            try #require(came, "\(job.log)")
            // The second attempt is to finish, on however slow a machine.
            _ = try await job.cluster.command("scontrol", ["update", "JobId=\(job.number)", "TimeLimit=10"])
            try await expectSecondAttempt(job)
        }

        @Test func goesOnAfterASignalBySrun() async throws {
            let job = try await submit([], ["PHOTOZ_LAUNCHER": "srun"])
            try #require(await eventually(within: 30) { await PlainRun.hasStored(job.output) }, "\(job.log)")
            _ = try await job.cluster.command("scancel", ["--batch", "--signal=USR1", job.number])
            try await expectSecondAttempt(job)
        }

        private func expectSecondAttempt(_ job: BatchJob) async throws {
            #expect(try await job.end(within: 90) == "COMPLETED", "\(job.log)")
            #expect(try await PlainRun.shared.value.equals(job.output), "\(job.log)")
            #expect(job.log.contains("stopped by SIGUSR1"), "\(job.log)")
            #expect(job.log.contains("not finished (exit code 75): requeued"), "\(job.log)")
            #expect(job.log.contains("attempt 2"), "\(job.log)")
            #expect(try await Int(job.field("Restarts")) ?? 0 > 0)
        }

        @Test func anErrorIsPassedOn() async throws {
            let job = try await submit(data: folder.file("nowhere"))
            #expect(try await job.end(within: 60) == "FAILED", "\(job.log)")
            #expect(try await job.field("ExitCode") == "66:0", "\(job.log)")
            #expect(try await job.field("Restarts") == "0", "\(job.log)")
        }

        @Test func aJobWithoutProgressGivesUp() async throws {
            let stub = folder.file("photoz")
            try "#!/bin/sh\nexit 75\n".write(toFile: stub, atomically: true, encoding: .utf8)
            chmod(stub, 0o755)
            let job = try await submit([], ["PHOTOZ": stub, "PHOTOZ_FRUITLESS": "2"])
            #expect(try await job.end(within: 90) == "FAILED", "\(job.log)")
            #expect(try await job.field("ExitCode") == "75:0", "\(job.log)")
            #expect(try await job.field("Restarts") == "1", "\(job.log)")
            #expect(job.log.contains("no galaxy was finished in 2 attempts"), "\(job.log)")
        }

        @Test func aCancelledJobStays() async throws {
            let job = try await submit()
            try #require(await eventually(within: 30) { await PlainRun.hasStored(job.output) }, "\(job.log)")
            _ = try await job.cluster.command("scancel", [job.number])
            #expect(try await job.end(within: 60) == "CANCELLED", "\(job.log)")
            #expect(try await job.field("Restarts") == "0", "\(job.log)")
        }
    }
}
