import Foundation
import HDF5
import PhotozDigest
import TestSupport
import Testing

extension CommandTests {
    /// Calibration files that somebody has damaged, or made up, and what weights tell of the galaxies that they were
    /// trained on.
    @Suite(.serialized) struct CalibrationFileTests {
        private let scratch = try! TemporaryFolder()
        private static let sealBytes = 40

        /// A calibration of 600 galaxies.
        private func calibration(
            weights: String = Repository.fixture("small-weights.h5"), _ survey: LabelledSurvey, _ more: [String] = []
        ) async throws -> (path: String, outcome: Outcome) {
            let path = scratch.file("c.hdf5")
            let outcome = try await Photoz.alone(
                ["calibrate", "--weights", weights, "--data", survey.folder, "--output", path, "--overwrite"]
                    + ["--method", "cells"] + more)
            return (path, outcome)
        }

        private func survey(galaxies: Int = 600) async throws -> LabelledSurvey {
            try await LabelledSurvey(scratch.file("survey"), galaxies: galaxies)
        }

        @Test("Damage anywhere in a file is found before anything is made of it")
        func mutations() async throws {
            let made = try await calibration(try await survey())
            #expect(made.outcome.exitCode == 0, "\(made.outcome.report)")
            let whole = try Data(contentsOf: URL(fileURLWithPath: made.path))
            let (damaged, place) = (scratch.file("damaged.hdf5"), URL(fileURLWithPath: scratch.file("damaged.hdf5")))
            func refused(_ bytes: Data, _ what: String) async throws {
                try bytes.write(to: place)
                let outcome = try await Photoz.alone(["inspect", damaged])
                #expect(outcome.exitCode == 65 && outcome.output.isEmpty, "\(what): \(outcome.report)")
                #expect(outcome.error.contains(damaged), "\(what): \(outcome.report)")
            }
            var numbers = SeededNumbers(seed: 18)
            for mutation in 0..<60 {
                var bytes = whole
                // The mark before the SHA-256 is what tells a calibration from other files: it is looked at below.
                let places = Array(0..<whole.count - Self.sealBytes) + Array(whole.count - 32..<whole.count)
                for _ in 0..<Int.random(in: 1...4, using: &numbers) {
                    bytes[places.randomElement(using: &numbers)!] ^= UInt8.random(in: 1...255, using: &numbers)
                }
                guard bytes != whole else { continue }
                try await refused(bytes, "mutation \(mutation)")
            }
            try await refused(whole.dropLast(), "one byte less")
            try await refused(whole.dropLast(Self.sealBytes), "no seal")
            try await refused(whole + [0], "one byte more")
            try whole.write(to: place)
            let restored = try await Photoz.alone(["inspect", damaged])
            #expect(restored.exitCode == 0, "\(restored.report)")
        }

        @Test("A seal proves nothing but itself: what a file says is looked at all the same")
        func madeUp() async throws {
            let made = try await calibration(try await survey())
            let whole = try Data(contentsOf: URL(fileURLWithPath: made.path))
            let path = scratch.file("made-up.hdf5")
            func refused(_ words: String, _ change: (File) throws -> Void) async throws {
                try whole.dropLast(Self.sealBytes).write(to: URL(fileURLWithPath: path))
                let file = try File.openForWriting(path)
                try change(file)
                try file.close()
                let body = try Data(contentsOf: URL(fileURLWithPath: path))
                try (body + Data("photozC1".utf8) + Data(SHA256.hash(of: body)))
                    .write(to: URL(fileURLWithPath: path))
                let outcome = try await Photoz.alone(["inspect", path])
                #expect(outcome.exitCode == 65 && outcome.error.contains(words), "\(words): \(outcome.report)")
            }
            try await refused("format_version is 2") { try $0.setAttribute("format_version", 2) }
            try await refused("views is 9") { try $0.setAttribute("views", 9) }
            try await refused("precision is no precision") { try $0.setAttribute("precision", "f16") }
            try await refused("weights_sha256 is no SHA-256") { try $0.setAttribute("weights_sha256", "0x12") }
            try await refused("galaxies is 601") { try $0.setAttribute("galaxies", 601) }
            try await refused("cells") { try $0.setAttribute("cells", 77) }
            try await refused("method") { try $0.setAttribute("method", "magic") }
            try await refused("bands") { try $0.setAttribute("band_count", 4) }
            try await refused("held_out_check is not the JSON") { try $0.setAttribute("held_out_check", "{}") }
            try await refused("created is no short text") { try $0.setAttribute("created", "now\u{1b}[2J") }
            for value in [Float.nan, .infinity, 1e30] {
                try await refused("quantiles of cell 0") { file in
                    let dataset = try file.dataset("residual_quantiles")
                    var values: [Float] = try dataset.readAll()
                    values[28] = value
                    try dataset.write(rows: 0..<dataset.rows, from: values)
                }
            }
        }

        // MARK: Galaxies that were trained on

        /// The number that stands for a galaxy, as Documentation.docc/Input-Files.md has it.
        private static func fingerprint(_ magnitudes: [Float]) -> UInt64 {
            magnitudes.reduce(0x9e37_79b9_7f4a_7c15 as UInt64) { hash, magnitude in
                var x = hash ^ UInt64(magnitude.bitPattern)
                x = (x ^ (x >> 30)) &* 0xbf58_476d_1ce4_e5b9
                x = (x ^ (x >> 27)) &* 0x94d0_49bb_1331_11eb
                return x ^ (x >> 31)
            }
        }

        private func weights(_ name: String, trainedOn fingerprints: [UInt64], of galaxies: Int) throws -> String {
            let path = scratch.file(name)
            try FileManager.default.copyItem(atPath: Repository.fixture("small-weights.h5"), toPath: path)
            let file = try File.openForWriting(path)
            let sample = try file.createDataset("trained_sample", of: UInt64.self, shape: [fingerprints.count])
            try sample.write(rows: 0..<fingerprints.count, from: fingerprints)
            try sample.setAttribute("galaxies", galaxies)
            try file.close()
            return path
        }

        @Test("Labelled galaxies that the network was trained on are counted and warned of")
        func trainedOn() async throws {
            let survey = try await survey()
            let own = try survey.magnitudes().map(Self.fingerprint)
            var numbers = SeededNumbers(seed: 4)
            let others = (0..<3000).map { _ in UInt64.random(in: .min ... .max, using: &numbers) }
            // One labelled galaxy in three was trained on; the sample has 400 of 3200 galaxies.
            let trained = Set(others + stride(from: 0, to: 600, by: 3).map { own[$0] }).sorted()
            let sample = Array(trained.prefix(400))
            let checked = own.filter { $0 <= sample[399] }
            let found = checked.count { Set(sample).contains($0) }
            #expect(found > 10 && found < checked.count)
            let overlapping = try await calibration(
                weights: try weights("some.h5", trainedOn: sample, of: trained.count), survey)
            #expect(overlapping.outcome.exitCode == 0, "\(overlapping.outcome.report)")
            let words = "trained on \(found) of the \(checked.count) labelled galaxies"
            #expect(overlapping.outcome.error.contains(words), "\(words)\(overlapping.outcome.report)")
            #expect(
                try File.open(overlapping.path).attributeString("trained_on")
                    == "{\"checked\":\(checked.count),\"found\":\(found)}")

            let foreign = try await calibration(
                weights: try weights("none.h5", trainedOn: others.sorted(), of: others.count), survey)
            #expect(foreign.outcome.exitCode == 0, "\(foreign.outcome.report)")
            #expect(!foreign.outcome.error.contains("trained"), "\(foreign.outcome.report)")
            #expect(foreign.outcome.output.contains("0 of the 600 labelled galaxies"), "\(foreign.outcome.report)")
        }

        @Test("A sample that cannot be one is refused; weights that have one are weights all the same")
        func trainedSamples() async throws {
            let survey = try await survey()
            for (name, fingerprints, galaxies) in [
                ("unsorted.h5", [3, 2, 9], 3), ("twice.h5", [2, 2, 9], 3), ("many.h5", [2, 3, 9], 2),
            ] as [(String, [UInt64], Int)] {
                let path = try weights(name, trainedOn: fingerprints, of: galaxies)
                let outcome = try await calibration(weights: path, survey).outcome
                #expect(outcome.exitCode == 65 && outcome.error.contains("trained_sample"), "\(outcome.report)")
            }
            let good = try weights("good.h5", trainedOn: [2, 3, 9], of: 3)
            let run = try await OddRun(Repository.galaxies, to: scratch.file("out"), weights: good)
            #expect(run.outcome.exitCode == 0, "\(run.outcome.report)")
            let plain = try await OddRun(
                Repository.galaxies, to: scratch.file("plain"), weights: Repository.fixture("small-weights.h5"))
            #expect(try run.predictions() == plain.predictions())
            let inspected = try await Photoz.alone(["inspect", good])
            #expect(inspected.exitCode == 0, "\(inspected.report)")
        }

        // MARK: Weights towards a target

        @Test("Labelled galaxies are weighted towards fainter ones, and what cannot be vouched for is told")
        func reweighting() async throws {
            let labelled = try await survey(galaxies: 1200)
            // Half of the labelled galaxies keep a redshift: the brighter ones.
            let bright = try labelled.magnitudes().map { $0[2] < 16.5 }
            try labelled.relabel { bright[$0] ? $1 : .nan }
            let target = try await LabelledSurvey(scratch.file("target"), galaxies: 900, partitions: 2, seed: 77)
            try target.changeMagnitudes { if $0 % 100 == 0 { $1[3] = 99 } }
            let options = ["--reweight", target.folder, "--cell", "40"]
            let (path, outcome) = try await calibration(labelled, options)
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            let file = try File.open(path)
            let text = try file.attributeString("reweighting")
            let found = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Double] ?? [:]
            let count = Double(try file.attribute("labelled", as: Int.self))
            #expect(found["targets"] == 891 && found["target_galaxies"] == 900)
            let (size, outside) = (found["effective_sample_size"] ?? 0, found["target_outside"] ?? 0)
            #expect(size > 20 && size < 0.95 * count, "\(text)")
            #expect(outside > 0.05 && outside < 0.9, "\(text)")
            #expect(outcome.output.contains("effective sample size"), "\(outcome.report)")
            #expect(outcome.error.contains("of the target is not near any labelled galaxy"), "\(outcome.report)")

            let many = scratch.file("many.hdf5")
            let again = try await Launch.mpirun(
                ranks: 3, Photoz.path,
                [
                    "calibrate", "--weights", Repository.fixture("small-weights.h5"), "--data", labelled.folder,
                    "--output", many, "--method", "cells", "--batch-size", "33",
                ] + options, limit: 60)
            #expect(again.exitCode == 0, "\(again.report)")
            let others = try File.open(many)
            for name in ["residual_quantiles", "cell_counts", "ranges"] {
                #expect(
                    try file.dataset(name).readAll(as: Double.self) == others.dataset(name).readAll(as: Double.self))
            }
            #expect(try others.attributeString("reweighting") == text)
        }

        @Test func targetsThatCannotBeUsed() async throws {
            let labelled = try await survey()
            let target = try await LabelledSurvey(scratch.file("target"), galaxies: 50, seed: 77)
            func refused(_ words: String, code: Int = 65) async throws {
                let outcome = try await calibration(labelled, ["--reweight", target.folder]).outcome
                #expect(outcome.exitCode == code && outcome.error.contains(words), "\(outcome.report)")
            }
            try target.changeMagnitudes { _, magnitudes in magnitudes = magnitudes.map { $0 + 12 } }
            try await refused("near a labelled one")
            try target.changeMagnitudes { _, magnitudes in magnitudes[0] = 99 }
            try await refused("none of the 50 galaxies has all magnitudes")
            try FileManager.default.removeItem(atPath: target.partition())
            try await refused("holds no partitions", code: 66)
        }
    }
}
