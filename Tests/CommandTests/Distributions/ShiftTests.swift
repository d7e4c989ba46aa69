import Foundation
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// Labelled galaxies that are brighter than those that a calibration is used for.
    @Suite(.serialized) struct ShiftTests {
        private let scratch = try! TemporaryFolder()
        private static let outside = 1 << 14

        private func calibrate(_ name: String, _ labelled: LabelledSurvey, _ more: [String]) async throws -> String {
            let outcome = try await Launch.mpirun(
                ranks: 2, Photoz.path,
                [
                    "calibrate", "--weights", Repository.weights, "--data", labelled.folder, "--output",
                    scratch.file(name), "--precision", "int8", "--method", "cells",
                ] + more, limit: 120)
            try #require(outcome.exitCode == 0, "\(outcome.report)")
            return scratch.file(name)
        }

        private func predictions(_ calibration: String, _ target: LabelledSurvey) async throws -> Output {
            let output = Output(folder: calibration + "-run")
            let outcome = try await Photoz.run(
                ranks: 2, data: [target.folder], output: output.folder,
                ["--precision", "int8", "--calibration", calibration, "--quiet"])
            try #require(outcome.exitCode == 0, "\(outcome.report)")
            return output
        }

        /// How often a redshift is in the central interval of 68 %.
        private func coverage(_ output: Output) throws -> Double {
            let (lower, upper) = (try output.floats("z_lower_68"), try output.floats("z_upper_68"))
            let redshifts = try output.floats("redshift")
            let inside = redshifts.indices.count { redshifts[$0] >= lower[$0] && redshifts[$0] <= upper[$0] }
            return Double(inside) / Double(redshifts.count)
        }

        @Test("Weights towards the target halve at least what the coverage of 68 % is off")
        func weightsRightTheCoverage() async throws {
            let labelled = try await LabelledSurvey(scratch.file("labelled"), galaxies: 6000)
            let target = try await LabelledSurvey(scratch.file("target"), galaxies: 3000, seed: 9)
            // The fainter a galaxy, the rarer its spectrum: a third of the labels is left.
            var numbers = SeededNumbers(seed: 18)
            let keeps = try labelled.magnitudes().map { magnitudes in
                Double.random(in: 0..<1, using: &numbers) < 1 / (1 + exp(Double(magnitudes[2] - 16.6) / 0.25))
            }
            try labelled.relabel { keeps[$0] ? $1 : .nan }
            // One cell: what cells tell apart needs no weights.
            let options = ["--cell", "1500"]
            let plain = try await calibrate("plain.hdf5", labelled, options)
            let weighted = try await calibrate("weighted.hdf5", labelled, options + ["--reweight", target.folder])
            let before = try await coverage(predictions(plain, target)) - 0.68
            let after = try await coverage(predictions(weighted, target)) - 0.68
            print("coverage of 68 % off by \(before), with weights by \(after)")
            #expect(abs(before) > 0.05 && abs(after) <= abs(before) / 2)
        }

        @Test("Galaxies beyond what was labelled are flagged, and no others")
        func flagsBeyondTheLabels() async throws {
            let labelled = try await LabelledSurvey(scratch.file("labelled"), galaxies: 1500)
            let target = try await LabelledSurvey(scratch.file("target"), galaxies: 1000, seed: 9)
            let bright = try labelled.magnitudes().map { $0[2] < 17 }
            try labelled.relabel { bright[$0] ? $1 : .nan }
            let calibration = try await calibrate("c.hdf5", labelled, ["--reweight", target.folder])
            let output = try await predictions(calibration, target)
            let ranges: [Float] = try File.open(calibration).dataset("ranges").readAll()
            let (redshifts, flags) = (try output.floats("redshift_predicted"), try output.integers("flags"))
            var beyond = 0
            for (galaxy, magnitudes) in try target.magnitudes().enumerated() {
                let colours = zip(magnitudes, magnitudes.dropFirst()).map { $0 - $1 }
                let inputs = [redshifts[galaxy]] + magnitudes + colours
                let isOutside = inputs.indices.contains {
                    inputs[$0] < ranges[2 * $0] || inputs[$0] > ranges[2 * $0 + 1]
                }
                #expect((flags[galaxy] & Self.outside != 0) == isOutside, "galaxy \(galaxy)")
                beyond += magnitudes[2] >= 17 ? 1 : 0
                if magnitudes[2] >= 17 { #expect(isOutside, "galaxy \(galaxy) of magnitude \(magnitudes[2])") }
            }
            #expect(beyond > 200)
        }

        @Test("Views of a calibration are those of the run")
        func views() async throws {
            let labelled = try await LabelledSurvey(scratch.file("labelled"), galaxies: 500)
            let path = try await calibrate("c.hdf5", labelled, ["--views", "3"])
            func run(_ views: [String]) async throws -> Outcome {
                try await Photoz.run(
                    ranks: 2, data: [labelled.folder], output: scratch.file("out"),
                    ["--precision", "int8", "--calibration", path, "--quiet"] + views)
            }
            for views in [[], ["--views", "2"]] {
                let outcome = try await run(views)
                #expect(outcome.exitCode == 65 && outcome.error.contains("give --views 3"), "\(outcome.report)")
            }
            let outcome = try await run(["--views", "3"])
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            // What was calibrated are the redshifts of that run: their range is in the file.
            let predicted = try Output(folder: scratch.file("out")).floats("redshift_predicted")
            let ranges: [Float] = try File.open(path).dataset("ranges").readAll()
            #expect(Array(ranges[..<2]) == [predicted.min()!, predicted.max()!])
        }

        @Test("Another network's calibration, or one of another precision or rule, is refused")
        func ofAnother() async throws {
            let labelled = try await LabelledSurvey(scratch.file("labelled"), galaxies: 500)
            let path = try await calibrate("c.hdf5", labelled, [])
            for (weights, options, words) in [
                (Repository.fixture("small-weights.h5"), ["--precision", "int8"], "was made for weights"),
                (Repository.weights, [], "--precision int8"),
                (Repository.weights, ["--precision", "int8", "--missing", "17.5"], "rule for missing values"),
            ] {
                let outcome = try await Photoz.run(
                    ranks: 2, data: [labelled.folder], output: scratch.file("out"), weights: weights,
                    ["--calibration", path] + options)
                #expect(outcome.exitCode == 65 && outcome.error.contains(words), "\(outcome.report)")
                #expect(outcome.error.contains(path), "\(outcome.report)")
            }
        }
    }
}
