import Foundation
import TestSupport
import Testing

extension CommandTests {
    /// `--resume` and `--overwrite` on the folder of a finished run.
    @Suite(.serialized) struct FinishedRunTests {
        let input = try! TemporaryFolder()
        let scratch = try! TemporaryFolder()
        private var output: Output { Output(folder: scratch.file("the user's results")) }
        private let small = Repository.fixture("small-weights.h5")

        private func run(
            _ more: [String], ranks: Int = 1, weights: String? = nil, output: Output? = nil
        ) async throws -> Outcome {
            try await Photoz.run(
                ranks: ranks, data: [input.path], output: (output ?? self.output).folder, weights: weights ?? small,
                more,
                limit: 60)
        }

        @Test func isResumedOnlyByTheSameRun() async throws {
            _ = try MockSurvey().folder(input, counts: [30, 20])
            let first = try await run([])
            try #require(first.exitCode == 0, "\(first.report)")
            let before = try Output.finished.map { try output.bytes($0) }
            let same = try await run(["--resume"], ranks: 3)
            #expect(same.exitCode == 0, "\(same.report)")
            #expect(same.output.components(separatedBy: "nothing to resume").count == 2, "\(same.report)")

            func expectRefusal(_ more: [String], weights: String? = nil, _ word: String) async throws {
                let outcome = try await run(["--resume"] + more, ranks: 2, weights: weights)
                #expect(outcome.exitCode == 73 && outcome.error.contains("holds a finished run"), "\(outcome.report)")
                #expect(outcome.error.contains(word), "\(word): \(outcome.report)")
                #expect(outcome.error.components(separatedBy: "photoz: error").count == 2, "\(outcome.report)")
            }
            try await expectRefusal(["--precision", "bf16"], "precision bf16 instead of f32")
            try await expectRefusal(["--views", "3"], "views 3 instead of 1")
            try await expectRefusal(["--file-limit", "1"], "number of partitions 1 instead of 2")
            try await expectRefusal(["--crop"], "(--crop instead of no --crop)")
            try await expectRefusal(["--redshift-range", "0,10"], "redshifts 0.0 to 10.0 instead of missing")
            try await expectRefusal(["--instruction-set", "portable"], "instruction set portable instead of")
            try await expectRefusal([], weights: Repository.weights, "weights with SHA-256")
            try await expectRefusal(["--csv"], "without predictions.csv")
            // The same name, the same number of galaxies, but others.
            try MockSurvey().write(input.file("2.h5"), first: 99, count: 20)
            try await expectRefusal([], "2.h5 was changed since")
            try MockSurvey().write(input.file("2.h5"), first: 99, count: 21)
            try await expectRefusal([], "2.h5 of 21 galaxies is another")
            #expect(try Output.finished.map { try output.bytes($0) } == before)
            #expect(output.names == Output.finished)
        }

        @Test("What differs is named as the option that was typed")
        func differencesInWordsOfOptions() async throws {
            try MockSurvey().write(input.file("1.h5"), count: 4)
            let first = try await run(["--bands", "ugriz"], weights: Repository.weights)
            try #require(first.exitCode == 0, "\(first.report)")
            for (more, words) in [
                ([], "(no --bands instead of --bands ugriz)"),
                (["--bands", "ugriz", "--units", "nJy"], "(--units nJy instead of no --units)"),
                (["--image-bands", "zirgu", "--bands", "ugriz"], "(--image-bands zirgu instead of no --image-bands)"),
            ] {
                let other = try await run(["--resume"] + more, weights: Repository.weights)
                #expect(other.exitCode == 73 && other.error.contains(words), "\(words): \(other.report)")
                #expect(!other.error.contains("Optional("), "\(other.report)")
            }
        }

        @Test(arguments: [1, 2]) func theCommandThatIsPrintedReplacesOldResults(ranks: Int) async throws {
            _ = try MockSurvey().folder(input, counts: [300, 200])
            let old = try await run([])
            try #require(old.exitCode == 0, "\(old.report)")
            let fresh = Output(folder: scratch.file("fresh"))
            let reference = try await run([], weights: Repository.weights, output: fresh)
            try #require(reference.exitCode == 0, "\(reference.report)")

            async let stopping = Photoz.run(
                ranks: ranks, data: [input.path], output: output.folder, ["--overwrite", "--quiet"], limit: 60)
            // As soon as the run has begun, most often before anything is found.
            for _ in 0..<3000 where !output.names.contains("journal") { try await Task.sleep(for: .milliseconds(5)) }
            for process in JobProcesses(word: output.folder).ranks { kill(process.id, SIGUSR1) }
            let stopped = try await stopping
            try #require(stopped.exitCode == 75, "\(stopped.report)")
            let line = try #require(stopped.error.split(separator: "\n").first { $0.contains("go on with: ") })
            let command = String(line[line.range(of: "go on with: ")!.upperBound...])
            #expect(command.hasPrefix("mpirun -np \(ranks) "), "\(command)")

            // Nor is it a finished run for whoever does not know of the signal.
            let plain = try await run([])
            #expect(plain.exitCode == 73, "\(plain.report)")
            let other = try await run(["--resume"])
            #expect(other.exitCode == 73 && other.error.contains("half-finished run of another"), "\(other.report)")

            let resumed = try await Launch.run(
                "sh", ["-c", command], limit: 60, environment: Launch.launcherEnvironment)
            #expect(resumed.exitCode == 0, "\(command): \(resumed.report)")
            #expect(try output.bytes("predictions.h5") == fresh.bytes("predictions.h5"))
            #expect(output.names == Output.finished)
        }

        @Test("A step that Slurm started by PMI-2 is started again in that way", arguments: [true, false])
        func aStepOfSlurm(isByPMI2: Bool) async throws {
            _ = try MockSurvey().folder(input, counts: [300, 200])
            let step = ["SLURM_PROCID": "0", "SLURM_STEP_ID": "0"].merging(isByPMI2 ? ["PMI_FD": "9"] : [:]) { $1 }
            let words = ["run", "--weights", Repository.weights, "--data", input.path, "--output", output.folder]
            // Long enough to be stopped on any machine.
            let slow = ["--instruction-set", "portable", "--views", "2"]
            async let stopping = Photoz.alone(words + slow, environment: step)
            for _ in 0..<3000 where !output.names.contains("journal") { try await Task.sleep(for: .milliseconds(5)) }
            for process in JobProcesses(word: output.folder).all where process.name == "photoz" {
                kill(process.id, SIGUSR1)
            }
            let stopped = try await stopping
            try #require(stopped.exitCode == 75, "\(stopped.report)")
            let start = "go on with: srun \(isByPMI2 ? "--mpi=pmi2 " : "")-n 1 "
            #expect(stopped.error.contains(start), "\(stopped.report)")
        }

        @Test func aFailureInTheStartLeavesTheOldRunFinished() async throws {
            _ = try MockSurvey().folder(input, counts: [30])
            let old = try await run([])
            try #require(old.exitCode == 0, "\(old.report)")
            let failed = try await run(["--overwrite"], weights: Repository.galaxies)
            #expect(failed.exitCode == 65, "\(failed.report)")
            let same = try await run(["--resume"])
            #expect(same.exitCode == 0 && same.output.contains("nothing to resume"), "\(same.report)")
            #expect(output.names == Output.finished)
        }
    }
}
