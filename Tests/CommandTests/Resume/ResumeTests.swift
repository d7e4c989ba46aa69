import Foundation
import TestSupport
import Testing

extension CommandTests {
    /// Runs that were stopped, and go on.
    @Suite(.serialized) struct ResumeTests {
        let scratch = try! TemporaryFolder()
        static let options = ["--precision", "bf16"]

        /// A survey, what an undisturbed run makes of it, and a folder in which another was stopped; shared by the
        /// tests.
        struct Stopped {
            static let shared = Task { try await Stopped() }
            static let counts = [1500, 0, 1700, 1800]

            let folder: TemporaryFolder
            let data: [String]
            let whole: Output
            let half: Output

            private init() async throws {
                folder = try TemporaryFolder()
                data = try MockSurvey().folder(TemporaryFolder(), counts: Self.counts)
                whole = Output(folder: folder.file("whole"))
                let outcome = try await Photoz.run(
                    ranks: 2, data: data, output: whole.folder, ResumeTests.options, limit: 60)
                try #require(outcome.exitCode == 0, "\(outcome.report)")
                half = Output(folder: folder.file("half"))
                let run = try await stop(half.folder)
                // Open MPI's launchers have one of their own, whatever their ranks leave with.
                let code = try await MPILibrary.current() == .mpich ? 75 : 1
                #expect(run.exitCode == code, "\(run.report)")
                #expect(run.error.contains("stopped by SIGTERM; go on with: mpirun -np 3 "), "\(run.report)")
                #expect(run.error.contains("--batch-size 100 --resume"), "\(run.report)")
                try #require(half.names.contains("journal") && !half.names.contains("Results.json"))
            }

            /// Starts a run, and asks its launcher to stop when something is stored.
            private func stop(_ output: String) async throws -> Outcome {
                async let run = Photoz.run(
                    ranks: 3, data: data, output: output, ResumeTests.options + ["--batch-size", "100"], limit: 60)
                try await Output(folder: output).waitForFindings(galaxies: 200)
                for process in JobProcesses(word: output).all where process.isLauncher { kill(process.id, SIGTERM) }
                return try await run
            }

            /// A copy of the folder in which a run was stopped.
            func half(in folder: TemporaryFolder, _ name: String = "half") throws -> Output {
                try FileManager.default.copyItem(atPath: half.folder, toPath: folder.file(name))
                return Output(folder: folder.file(name))
            }
        }

        private func resume(
            _ output: Output, _ data: [String], ranks: Int = 2, _ more: [String] = []
        ) async throws -> Outcome {
            try await Photoz.run(
                ranks: ranks, data: data, output: output.folder, Self.options + ["--resume"] + more, limit: 60)
        }

        @Test func goesOnForAnyWorldAndBatchToTheSameBytes() async throws {
            let stopped = try await Stopped.shared.value
            let (data, whole) = (stopped.data, stopped.whole)
            let runs = [
                (1, []), (2, ["--batch-size", "7"]), (5, ["--shard", "files"]), (3, ["--threads", "2"]),
                (3, ["--write", "collect"]),
            ]
            for (ranks, more) in runs {
                let output = try stopped.half(in: scratch, "\(ranks)")
                let outcome = try await resume(output, data, ranks: ranks, more)
                try #require(outcome.exitCode == 0, "\(outcome.report)")
                #expect(try output.bytes("predictions.h5") == whole.bytes("predictions.h5"), "\(ranks) \(more)")
                #expect(output.names == Output.finished)
                let results = try output.results()
                let resumed = results["resumed_samples"] as? Int ?? 0
                #expect(resumed > 0 && resumed < 5000, "\(resumed)")
                // Rates are of what this attempt did.
                let done = try output.ranks().map {
                    ($0["sample_persec"] as? Double ?? .nan) * ($0["total_cpu_time (seconds)"] as? Double ?? .nan)
                }
                #expect(abs(done.reduce(0, +) - Double(5000 - resumed)) < 1e-6, "\(done), \(resumed)")
                let (metrics, expected) = (results["metrics"], try whole.results()["metrics"])
                #expect(metrics as? [String: Double] == expected as? [String: Double])

                let again = try await resume(output, data, ranks: ranks)
                #expect(again.exitCode == 0 && again.output.contains("nothing to resume"), "\(again.report)")
            }
        }

        @Test func isRefusedForAnotherRun() async throws {
            let stopped = try await Stopped.shared.value
            let (data, half) = (stopped.data, try stopped.half(in: scratch))
            let plain = try await Photoz.run(ranks: 2, data: data, output: half.folder, Self.options, limit: 30)
            #expect(plain.exitCode == 73, "\(plain.report)")
            #expect(plain.error.contains("half-finished run; add --resume"), "\(plain.report)")
            for more in [
                ["--precision", "f32"], ["--views", "2"], ["--file-limit", "3"],
                ["--instruction-set", "portable"],
            ] {
                let outcome = try await resume(half, data, more)
                #expect(outcome.exitCode == 73, "\(more) \(outcome.report)")
                #expect(outcome.error.contains("other weights, data, settings"), "\(more) \(outcome.report)")
            }
            let both = try await resume(half, data, ["--overwrite"])
            #expect(both.exitCode == 64, "\(both.report)")
            let anew = try await Photoz.run(
                ranks: 2, data: data, output: half.folder, Self.options + ["--overwrite"], limit: 30)
            #expect(anew.exitCode == 0, "\(anew.report)")
            #expect(try half.results()["resumed_samples"] as? Int == 0)
        }

        @Test func aPartitionThatHasChangedIsDoneAgain() async throws {
            let stopped = try await Stopped.shared.value
            let half = try stopped.half(in: scratch)
            // The same files by links, but for one.
            let survey = try TemporaryFolder()
            for number in 2...Stopped.counts.count {
                try FileManager.default.createSymbolicLink(
                    atPath: survey.file("\(number).h5"), withDestinationPath: stopped.data[0] + "/\(number).h5")
            }
            try MockSurvey().write(survey.file("1.h5"), first: 77, count: Stopped.counts[0])
            let data = [survey.path]
            let outcome = try await resume(half, data)
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            #expect(outcome.error.contains("1.h5 was changed after the run began"), "\(outcome.report)")
            let fresh = Output(folder: scratch.file("fresh"))
            let other = try await Photoz.run(ranks: 2, data: data, output: fresh.folder, Self.options, limit: 60)
            try #require(other.exitCode == 0, "\(other.report)")
            #expect(try half.bytes("predictions.h5") == fresh.bytes("predictions.h5"))
            #expect((try half.results()["resumed_samples"] as? Int ?? 0) > 0)
        }

        @Test func anEmptyFolderStartsFromTheBeginning() async throws {
            let output = Output(folder: scratch.file("new"))
            let outcome = try await resume(output, [Repository.galaxies])
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            #expect(output.names == Output.finished)
        }

        @Test func aRunKilledInItsLastMomentIsTidied() async throws {
            let stopped = try await Stopped.shared.value
            let output = Output(folder: scratch.file("last"))
            try FileManager.default.copyItem(atPath: stopped.whole.folder, toPath: output.folder)
            // The results have their names, the journal is no longer that of a half-finished run, and is still there.
            try FileManager.default.copyItem(
                atPath: stopped.half.folder + "/journal", toPath: output.folder + "/.journal")
            try Data().write(to: URL(fileURLWithPath: output.folder + "/.photoz.lock"))
            let outcome = try await resume(output, stopped.data)
            #expect(outcome.exitCode == 0 && outcome.output.contains("nothing to resume"), "\(outcome.report)")
            #expect(output.names == Output.finished)
            #expect(try output.bytes("predictions.h5") == stopped.whole.bytes("predictions.h5"))
        }

        @Test func aSignalStopsASingleProcess() async throws {
            let data = try MockSurvey().folder(TemporaryFolder(), counts: [4000])
            let output = Output(folder: scratch.file("alone"))
            async let run = Photoz.alone(
                ["run", "--weights", Repository.weights, "--data"] + data + ["--output", output.folder, "--quiet"])
            try await output.waitForFindings()
            for process in JobProcesses(word: output.folder).all where process.name == "photoz" {
                kill(process.id, SIGUSR1)
            }
            let outcome = try await run
            #expect(outcome.exitCode == 75, "\(outcome.report)")
            #expect(outcome.error.contains("stopped by SIGUSR1; go on with: "), "\(outcome.report)")
            #expect(!outcome.error.contains("mpirun"), "\(outcome.report)")
        }
    }
}
