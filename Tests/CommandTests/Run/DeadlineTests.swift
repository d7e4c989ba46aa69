import Foundation
import TestSupport
import Testing

extension CommandTests {
    /// Ranks that stop working and do not end.
    @Suite(.serialized) struct DeadlineTests {
        let scratch = try! TemporaryFolder()

        /// A survey and what a run that nothing disturbs makes of it; shared by the tests.
        private struct Undisturbed {
            static let shared = Task { try await Undisturbed() }

            let data: [String]
            let output: Output

            private init() async throws {
                data = try MockSurvey().folder(TemporaryFolder(), counts: [5000])
                output = Output(folder: try TemporaryFolder().file("out"))
                let outcome = try await DeadlineTests().run(output, data, [])
                try #require(outcome.exitCode == 0, "\(outcome.report)")
            }
        }

        private func run(_ output: Output, _ data: [String], _ more: [String]) async throws -> Outcome {
            try await Photoz.run(
                ranks: 3, data: data, output: output.folder, ["--precision", "int8", "--quiet"] + more, limit: 60)
        }

        @Test(arguments: [(0, "static"), (2, "static"), (0, "dynamic"), (1, "dynamic")])
        func aStoppedRankIsNamed(victim: Int, schedule: String) async throws {
            let undisturbed = try await Undisturbed.shared.value
            let data = undisturbed.data
            let output = Output(folder: scratch.file("out"))
            async let run = run(output, data, ["--deadline", "3", "--schedule", schedule])
            try await output.waitForFindings()
            for process in JobProcesses(word: output.folder).ranks where process.rank == victim {
                kill(process.id, SIGSTOP)
            }
            let outcome = try await run
            #expect(outcome.exitCode == 75, "\(outcome.report)")
            #expect(outcome.error.contains("rank \(victim) ("), "\(outcome.report)")
            // "Answer" where a rank asks for the next galaxies and MPI needs the other one for it.
            #expect(
                ["arrive", "answer"].contains {
                    outcome.error.contains("did not \($0) within 3 s; it was last seen in inference")
                }, "\(outcome.report)")
            #expect(outcome.error.contains("go on with: mpirun -np 3 "), "\(outcome.report)")
            #expect(outcome.error.components(separatedBy: "photoz: error").count == 2, "\(outcome.report)")
            #expect(try await JobProcesses(word: output.folder).end(within: 10))

            let resumed = try await self.run(output, data, ["--resume"])
            #expect(resumed.exitCode == 0, "\(resumed.report)")
            #expect((try output.results()["resumed_samples"] as? Int ?? 0) > 0)
            #expect(try output.bytes("predictions.h5") == undisturbed.output.bytes("predictions.h5"))
        }

        @Test func aRankThatComesInTimeIsWaitedFor() async throws {
            let data = try await Undisturbed.shared.value.data
            for wait in ["fast", "cheap"] {
                let output = Output(folder: scratch.file(wait))
                async let run = run(output, data, ["--deadline", "20", "--wait", wait])
                try await output.waitForFindings()
                let stopped = JobProcesses(word: output.folder).ranks.filter { $0.rank == 0 }
                #expect(stopped.count == 1)
                for process in stopped { kill(process.id, SIGSTOP) }
                try await Task.sleep(for: .seconds(3))
                for process in stopped { kill(process.id, SIGCONT) }
                let outcome = try await run
                #expect(outcome.exitCode == 0 && outcome.seconds > 3, "\(outcome.report)")
            }
        }
    }
}
