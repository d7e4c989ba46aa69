import Foundation
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// What files and users say of bands and units.
    @Suite(.serialized) struct UnitsAndBandsTests {
        private let folder = try! TemporaryFolder()
        private static let reversed = [4, 3, 2, 1, 0]
        private static let softening: [Float] = [0.1, 0.05, 0.05, 0.08, 0.25]

        private func run(_ survey: OddSurvey, _ more: [String] = []) async throws -> OddRun {
            try survey.write(folder.file("1.h5"))
            return try await OddRun(folder.file("1.h5"), to: folder.file("out"), more)
        }

        private func plain() async throws -> [Float] { try await run(OddSurvey()).predictions() }

        @Test(
            "Bands are named in many ways",
            arguments: [
                ["ugriz"], ["u", "g", "r", "i", "z"], ["UGRIZ"], ["u,g,r,i,z"], ["sdss-ugriz"],
                ["sdss_u", "sdss_g", "sdss_r", "sdss_i", "sdss_z"],
            ])
        func names(of bands: [String]) async throws {
            var survey = try OddSurvey(count: 3)
            survey.imageTexts["bands"] = bands
            let found = try await run(survey)
            #expect(found.outcome.exitCode == 0 && found.outcome.error == "", "\(found.outcome.report)")
        }

        @Test("What partitions leave open stands in the results once, not for each file, when the weights say it")
        func silentPartitions() async throws {
            var survey = try OddSurvey(count: 5)
            for name in ["1", "2", "3"] { try survey.write(folder.file("data/\(name).h5")) }
            survey.imageTexts = ["bands": ["ugriz"]]
            try survey.write(folder.file("data/4.h5"))
            let run = try await OddRun(folder.file("data"), to: folder.file("out"))
            #expect(run.outcome.exitCode == 0 && run.outcome.error == "", "\(run.outcome.report)")
            let found = try run.warnings().filter { $0.contains("not say") }
            let units = try File.open(Repository.weights).attributeString("image_units")
            #expect(
                found == [
                    "3 of 4 partitions, 1.h5 the first, do not say the bands of the images: they are taken to be those of the weights, ugriz",
                    "4 of 4 partitions, 1.h5 the first, do not say the units of the images: they are taken to be those of the weights, \(units)",
                ], "\(found)")
            let told = try await OddRun(
                folder.file("data"), to: folder.file("told"), ["--bands", "ugriz", "--units", "asinh"])
            #expect(try told.warnings().allSatisfy { !$0.contains("not say") }, "\(told.outcome.report)")
        }

        @Test(
            "The network's bands in another order are refused, and --bands puts them right",
            arguments: [
                ["zirgu"], ["z", "i", "r", "g", "u"],
            ])
        func order(bands: [String]) async throws {
            var survey = try OddSurvey()
            survey.reorder(Self.reversed)
            survey.imageTexts["bands"] = bands
            let refused = try await run(survey)
            #expect(refused.outcome.exitCode == 65, "\(refused.outcome.report)")
            #expect(refused.outcome.error.contains("--bands zirgu puts images and magnitudes in order"))
            let ordered = try await run(survey, ["--bands", "zirgu"])
            #expect(ordered.outcome.exitCode == 0 && ordered.outcome.error == "", "\(ordered.outcome.report)")
            #expect(try ordered.predictions() == (try await plain()))
            let contradicted = try await run(survey, ["--bands", "ugriz"])
            #expect(
                contradicted.outcome.exitCode == 65 && contradicted.outcome.error.contains("zirgu"),
                "\(contradicted.outcome.report)")
        }

        @Test("image_band of MultimodalUniverse, and images alone in another order")
        func imagesAlone() async throws {
            var survey = try OddSurvey()
            survey.reorder([2, 0, 1, 4, 3], magnitudes: false)
            survey.bandTable = ["sdss-r", "sdss-u", "sdss-g", "sdss-z", "sdss-i"]
            let refused = try await run(survey)
            #expect(refused.outcome.exitCode == 65 && refused.outcome.error.contains("--image-bands rugzi"))
            let ordered = try await run(survey, ["--image-bands", "r,u,g,z,i"])
            #expect(ordered.outcome.exitCode == 0, "\(ordered.outcome.report)")
            #expect(try ordered.predictions() == (try await plain()))
        }

        @Test func everyPartitionIsCompared() async throws {
            for (name, units, bands) in [("1", "asinh(nanomaggies / softening)", "ugriz"), ("2", "nJy", "grizy")] {
                var survey = try OddSurvey(count: 3)
                survey.imageTexts = ["units": [units], "bands": [bands]]
                try survey.write(folder.file("data/\(name).h5"))
            }
            let found = try await OddRun(folder.file("data"), to: folder.file("out"))
            #expect(found.outcome.exitCode == 0, "\(found.outcome.report)")
            for word in ["2.h5: the images have the bands grizy", "2.h5: the images are in nJy", "--units nJy"] {
                #expect(found.outcome.error.contains(word), "\(word): \(found.outcome.report)")
                #expect(try found.warnings().contains { $0.contains(word) }, "\(word)")
            }
        }

        @Test("Fluxes become what the network takes", arguments: [("nanomaggies", Float(1)), ("nJy", 3631)])
        func units(name: String, size: Float) async throws {
            let unpacked = try await plain()
            var survey = try OddSurvey()
            for place in survey.images.indices {
                survey.images[place] = sinh(survey.images[place]) * Self.softening[place / 1024 % 5] * size
            }
            for more in [[], ["--softening", "0.1,0.05,0.05,0.08,0.25"]] {
                let found = try await run(survey, ["--units", name] + more)
                #expect(found.outcome.exitCode == 0 && found.outcome.error == "", "\(found.outcome.report)")
                let worst = zip(try found.predictions(), unpacked).map { abs($0 - $1) }.max() ?? .nan
                #expect(worst < 1e-6)
            }
            // The softening of the bands as the file has them.
            survey.reorder(Self.reversed)
            let ordered = try await run(
                survey, ["--units", name, "--bands", "zirgu", "--softening", "0.25,0.08,0.05,0.05,0.1"])
            let worst = zip(try ordered.predictions(), unpacked).map { abs($0 - $1) }.max() ?? .nan
            #expect(worst < 1e-6)
        }

        @Test(
            "Options that make no sense are usage errors",
            arguments: [
                (["--bands", "uugiz"], "once"), (["--image-bands", "ugg"], "once"), (["--bands", "ugr"], "5 bands"),
                (["--softening", "0.1"], "--units"),
                (["--units", "nJy", "--softening", "0"], "positive"), (["--units", "counts"], "nanomaggies"),
                (["--magnitudes", "u,g,g,i,z"], "twice"), (["--redshift-range", "-2,3"], "above -1"),
                (["--magnitude-range", "30,10"], "smaller one first"), (["--missing", "nan"], "finite"),
                (["--units", "nJy", "--softening", "0.1,0.2"], "2 numbers"),
            ])
        func usage(options: [String], word: String) async throws {
            let found = try await run(OddSurvey(count: 1), options)
            #expect(found.outcome.exitCode == 64 && found.outcome.error.contains(word), "\(found.outcome.report)")
        }
    }
}
