import Foundation
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// Calibrations and options that a run does not take, and files of results that do not go together.
    @Suite(.serialized) struct DistributionsRefusalTests {
        private let scratch = try! TemporaryFolder()

        private func refuse(
            _ calibration: String, ranks: Int = 2, weights: String = CalibratedSurvey.weights, with more: [String] = [],
            code: Int = 65, saying words: [String]
        ) async throws {
            let calibrated = try await CalibratedSurvey.shared.value
            let output = Output(folder: scratch.file("out"))
            let outcome = try await CalibratedSurvey.run(
                calibrated.survey.folder, to: output, ranks: ranks, weights: weights,
                ["--calibration", calibration] + more)
            #expect(outcome.exitCode == code, "\(outcome.report)")
            for word in words { #expect(outcome.error.contains(word), "\(word): \(outcome.report)") }
            #expect(outcome.error.components(separatedBy: "photoz: error").count <= 2, "\(outcome.report)")
            #expect(output.names.isEmpty, "\(output.names)")
        }

        @Test("A calibration of another network, or of one that computes otherwise", arguments: [1, 3])
        func another(ranks: Int) async throws {
            let path = try await CalibratedSurvey.shared.value.calibration
            try await refuse(path, ranks: ranks, weights: Repository.weights, saying: [path, "was made for weights"])
            try await refuse(path, ranks: ranks, with: ["--precision", "bf16"], saying: [path, "--precision f32"])
            try await refuse(path, ranks: ranks, with: ["--views", "2"], saying: [path, "of one view"])
            try await refuse(
                path, ranks: ranks, with: ["--magnitude-range", "0,30"], saying: [path, "missing values"])
        }

        @Test("A damaged calibration, one that is cut short, none at all, and what is none", arguments: [1, 2])
        func damaged(ranks: Int) async throws {
            let path = try await CalibratedSurvey.shared.value.calibration
            let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            let other = scratch.file("other.hdf5")
            for place in [bytes.count / 3, bytes.count / 2, bytes.count - 100] {
                var changed = bytes
                changed[place] ^= 1
                try changed.write(to: URL(fileURLWithPath: other))
                try await refuse(other, ranks: ranks, saying: [other])
            }
            try bytes.dropLast(200).write(to: URL(fileURLWithPath: other))
            try await refuse(other, ranks: ranks, saying: [other])
            try await refuse(scratch.file("nowhere.hdf5"), ranks: ranks, code: 66, saying: ["nowhere.hdf5"])
            try await refuse(Repository.galaxies, ranks: ranks, saying: ["is not a calibration"])
        }

        @Test(
            "Options that do not go together, and grids that are none",
            arguments: [
                ["--pdf", "interp"], ["--pdf", "hist"], ["--grid", "0:2:301"], ["--pdf", "quant", "--grid", "0:2:301"],
                ["--pdf", "norm"], ["--pdf", "interp", "--grid", "0:2"], ["--pdf", "interp", "--grid", "2:0:301"],
                ["--pdf", "interp", "--grid", "0:2:1"], ["--pdf", "hist", "--grid", "0:nan:5"],
                ["--pdf", "hist", "--grid", "0:2:many"], ["--pdf", "hist", "--grid", "-2:2:5"],
            ])
        func options(words: [String]) async throws {
            let path = try await CalibratedSurvey.shared.value.calibration
            try await refuse(
                path, ranks: 1, with: words, code: 64, saying: [words.last!.contains(":") ? "grid" : words[0]])
        }

        @Test func formsWithoutACalibration() async throws {
            for words in [["--pdf", "quant"], ["--pdf", "interp", "--grid", "0:2:301"]] {
                let outcome = try await Photoz.alone(
                    ["run", "--weights", CalibratedSurvey.weights, "--data", Repository.galaxies]
                        + ["--output", scratch.file("out")] + words)
                #expect(outcome.exitCode == 64 && outcome.error.contains("--calibration"), "\(outcome.report)")
            }
        }

        @Test("A dry run says what distributions there would be, and refuses what a run refuses", arguments: [1, 2])
        func dryRun(ranks: Int) async throws {
            let calibrated = try await CalibratedSurvey.shared.value
            let output = Output(folder: scratch.file("out"))
            let words = calibrated.options + ["--dry-run", "--pdf", "hist", "--grid", "0:2:301"]
            let outcome = try await CalibratedSurvey.run(
                calibrated.survey.folder, to: output, ranks: ranks, words)
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            let line =
                "distributions           hist 0:2:301, by \(calibrated.calibration): cells, 3000 labelled galaxies"
            #expect(outcome.output.contains(line), "\(outcome.report)")
            // 300 numbers a galaxy are what takes room: 1.9 MB, and half a megabyte of all else.
            #expect(outcome.output.contains("results                 3 MB"), "\(outcome.report)")
            #expect(!FileManager.default.fileExists(atPath: output.folder))
            try await refuse(
                calibrated.calibration, ranks: ranks, with: ["--dry-run", "--views", "3"], saying: ["of one view"])
        }

        @Test("Results with and without distributions take each other's place whole")
        func overwriting() async throws {
            let calibrated = try await CalibratedSurvey.shared.value
            let output = Output(folder: scratch.file("out"))
            func run(_ more: [String]) async throws -> Outcome {
                try await CalibratedSurvey.run(calibrated.survey.folder, to: output, more + ["--quiet"])
            }
            let first = try await run(calibrated.options)
            #expect(first.exitCode == 0 && output.names == CalibratedSurvey.finished, "\(first.report)")
            let held = try await run(calibrated.options)
            #expect(held.exitCode == 73 && held.error.contains("already holds"), "\(held.report)")
            let same = try await run(calibrated.options + ["--resume"])
            #expect(same.exitCode == 0, "\(same.report)")
            let grid = ["--pdf", "interp", "--grid", "0:2:301"]
            let other = try await run(calibrated.options + grid + ["--resume"])
            #expect(other.exitCode == 73, "\(other.report)")
            #expect(other.error.contains("distributions as interp 0:2:301 instead of quant"), "\(other.report)")
            let none = try await run(["--resume"])
            #expect(none.exitCode == 73 && none.error.contains("calibration with SHA-256 none"), "\(none.report)")
            let plain = try await run(["--overwrite"])
            #expect(plain.exitCode == 0 && output.names == Output.finished, "\(plain.report)")
            // Somebody else's file of that name stays.
            try Data("mine".utf8).write(to: URL(fileURLWithPath: output.folder + "/pz.hdf5"))
            let foreign = try await run(calibrated.options + ["--overwrite"])
            #expect(foreign.exitCode == 73 && foreign.error.contains("pz.hdf5"), "\(foreign.report)")
            #expect(try output.bytes("pz.hdf5") == Data("mine".utf8))
        }

        @Test("photoz inspect names what is no distribution, and status knows the run")
        func inspection() async throws {
            let calibrated = try await CalibratedSurvey.shared.value
            let output = Output(folder: scratch.file("out"))
            let outcome = try await CalibratedSurvey.run(
                calibrated.survey.folder, to: output, calibrated.options + ["--quiet"])
            try #require(outcome.exitCode == 0, "\(outcome.report)")
            let path = output.folder + "/pz.hdf5"
            let whole = try await Photoz.alone(["inspect", path])
            #expect(whole.exitCode == 0, "\(whole.report)")
            for words in [
                "redshift distributions of photoz run, as qp's quant", "galaxies: 1500", "quantiles: 29, 0.0 to 1.0",
            ] {
                #expect(whole.output.contains(words), "\(whole.report)")
            }
            let status = try await Status(of: output.folder)
            #expect(status.exitCode == 0 && status.state == "finished" && status.done == 1500)
            let file = try File.openForWriting(path)
            let dataset = try file.dataset("data/locs")
            var row: [Float] = Array(repeating: 0, count: 29)
            row[3] = 1
            try dataset.write(rows: 700..<701, from: row)
            try file.close()
            let damaged = try await Photoz.alone(["inspect", path])
            #expect(damaged.exitCode == 65, "\(damaged.report)")
            #expect(
                damaged.error.contains("pz.hdf5: data/locs: row 700 has quantiles that decrease"), "\(damaged.report)")
        }
    }
}
