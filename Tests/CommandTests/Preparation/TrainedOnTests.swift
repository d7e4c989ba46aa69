import Foundation
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// `photoz import --trained-on`: the weights say what their network was trained on.
    @Suite(.serialized) struct TrainedOnTests {
        private let folder = try! TemporaryFolder()

        private func record(_ source: String, in name: String) async throws -> Outcome {
            try await Photoz.alone([
                "import", Repository.fixture("small-state-dict.pt"), "--output", folder.file(name), "--num-heads", "4",
                "--trained-on", source,
            ])
        }

        private func numbers(_ attribute: String, of name: String) throws -> [Double] {
            try File.open(folder.file(name)).attributeNumbers(attribute, as: Double.self)
        }

        private func expect(_ found: [Double], _ right: [Double]) {
            #expect(found.count == right.count)
            for (one, other) in zip(found, right) { #expect(abs(one - other) < 2e-6 * abs(other), "\(one), \(other)") }
        }

        @Test("Ranges, bands and units of the partitions, as numpy has them (numpy.percentile, linear)")
        func partitions() async throws {
            let outcome = try await record(Repository.galaxies, in: "w.h5")
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            expect(
                try numbers("magnitude_range", of: "w.h5"),
                [
                    15.679967489242554, 20.81129425048828, 14.559151587486268, 18.949362382888797, 13.761510305404663,
                    17.847079448699954, 13.344948978424073, 17.502655744552616, 13.000075135231018, 17.337352476120003,
                ])
            expect(
                try numbers("colour_range", of: "w.h5"),
                [
                    0.6717500972747803, 2.445560998916627, 0.1619992446899414, 1.3195138359069836, 0.08988066673278809,
                    0.5504586601257332, -0.0005624961853027341, 0.4371906661987309,
                ])
            expect(try numbers("redshift_range", of: "w.h5"), [0.005366164306178689, 0.24822159476578376])
            let file = try File.open(folder.file("w.h5"))
            #expect(try file.attributeStrings("bands") == ["ugriz"])
            #expect(try file.attributeString("image_units") == "asinh(nanomaggies / softening)")
            let inspected = try await Photoz.alone(["inspect", folder.file("w.h5")])
            #expect(inspected.exitCode == 0 && !inspected.output.contains("trained on: unknown"), "\(inspected.report)")

            // A run knows them: 20 magnitudes of 99 million nanomaggies are none that it has seen.
            var odd = try OddSurvey()
            odd.magnitudes = odd.magnitudes.map { $0 + 6 }
            try odd.write(folder.file("odd.h5"))
            let run = try await OddRun(folder.file("odd.h5"), to: folder.file("out"), weights: folder.file("w.h5"))
            #expect(try run.counts()["magnitude_outside"] == 20, "\(run.outcome.report)")

            // Other weights hand on what they say, to the bit.
            let copied = try await record(folder.file("w.h5"), in: "copy.h5")
            #expect(copied.exitCode == 0, "\(copied.report)")
            for name in [
                "magnitude_range", "colour_range", "redshift_range", "image_minimum_range", "image_maximum_range",
                "outside_fraction",
            ] { #expect(try numbers(name, of: "copy.h5") == numbers(name, of: "w.h5"), "\(name)") }
        }

        @Test func whatSaysNothing() async throws {
            let source = folder.file("plain.h5")
            try SmallWeights().write(source) { _ in }
            let outcome = try await record(source, in: "w.h5")
            #expect(outcome.exitCode == 65 && outcome.error.contains("does not say between which"), "\(outcome.report)")
            #expect(!FileManager.default.fileExists(atPath: folder.file("w.h5")))
            let missing = try await record(folder.file("nowhere"), in: "w.h5")
            #expect(missing.exitCode == 66 && missing.error.contains("nowhere"), "\(missing.report)")
        }
    }
}
