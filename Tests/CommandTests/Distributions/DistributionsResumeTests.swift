import Foundation
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// Runs with distributions that were killed, and go on.
    @Suite(.serialized) struct DistributionsResumeTests {
        private let scratch = try! TemporaryFolder()
        /// With views, so that a run is not at its end before a busy machine has seen its first findings.
        private static let options = ["--precision", "bf16", "--views", "4"]

        /// A calibration of the shipped network, and a survey.
        private func prepare() async throws -> (calibration: String, data: String) {
            let labelled = try await LabelledSurvey(scratch.file("labelled"), galaxies: 300, seed: 9)
            let calibration = scratch.file("calibration.hdf5")
            let outcome = try await CalibratedSurvey.calibrate(
                labelled.folder, to: calibration, weights: Repository.weights, Self.options)
            try #require(outcome.exitCode == 0, "\(outcome.report)")
            let survey = try await LabelledSurvey(scratch.file("survey"), galaxies: 1800, partitions: 2, seed: 8)
            try survey.changeMagnitudes { if $0 % 50 == 3 { $1[2] = 99 } }
            return (calibration, survey.folder)
        }

        @Test("A killed run goes on to the same bytes, by any number of ranks")
        func killed() async throws {
            let (calibration, data) = try await prepare()
            func run(_ name: String, ranks: Int, _ more: [String] = []) async throws -> Outcome {
                try await CalibratedSurvey.run(
                    data, to: Output(folder: scratch.file(name)), ranks: ranks, weights: Repository.weights,
                    Self.options + ["--calibration", calibration, "--quiet"] + more)
            }
            let whole = Output(folder: scratch.file("whole"))
            let undisturbed = try await run("whole", ranks: 2)
            try #require(undisturbed.exitCode == 0, "\(undisturbed.report)")
            let half = Output(folder: scratch.file("half"))
            async let first = run("half", ranks: 2, ["--batch-size", "50"])
            try await half.waitForFindings(galaxies: 200)
            for process in JobProcesses(word: half.folder).all { kill(process.id, SIGKILL) }
            let killed = try await first
            try #require(killed.exitCode != 0 && half.names.contains("journal"), "\(killed.report)")
            #expect(!half.names.contains("pz.hdf5") && !half.names.contains("Results.json"))
            for (ranks, more) in [(1, []), (3, ["--schedule", "dynamic"]), (2, ["--write", "collect"])] {
                let name = "copy-\(ranks)"
                try FileManager.default.copyItem(atPath: half.folder, toPath: scratch.file(name))
                let output = Output(folder: scratch.file(name))
                let resumed = try await run(name, ranks: ranks, ["--resume"] + more)
                try #require(resumed.exitCode == 0, "\(resumed.report)")
                #expect(try output.results()["resumed_samples"] as? Int ?? 0 > 0)
                for file in ["pz.hdf5", "predictions.h5"] {
                    #expect(try output.bytes(file) == whole.bytes(file), "\(file) of \(ranks) ranks \(more)")
                }
                #expect(output.names == CalibratedSurvey.finished)
                let said = try [output, whole].map { try $0.results()["distributions"] as? NSDictionary }
                #expect(said[0] != nil && said[0] == said[1])
            }
            let other = try await CalibratedSurvey.run(
                data, to: half, weights: Repository.weights, Self.options + ["--resume", "--quiet"])
            #expect(other.exitCode == 73 && other.error.contains("calibration with SHA-256 none"), "\(other.report)")
        }
    }
}
