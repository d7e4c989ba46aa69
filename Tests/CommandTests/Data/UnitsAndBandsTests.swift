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
            func write(_ units: String, _ bands: String, _ name: String) throws {
                var survey = try OddSurvey(count: 3)
                survey.imageTexts = ["units": [units], "bands": [bands]]
                try survey.write(folder.file("data/\(name).h5"))
            }
            try write("asinh(nanomaggies / softening)", "ugriz", "1")
            try write("nJy", "ugriz", "2")
            let found = try await OddRun(folder.file("data"), to: folder.file("out"))
            #expect(found.outcome.exitCode == 0, "\(found.outcome.report)")
            for word in ["2.h5: the images are in nJy", "--units nJy"] {
                #expect(found.outcome.error.contains(word), "\(word): \(found.outcome.report)")
                #expect(try found.warnings().contains { $0.contains(word) }, "\(word)")
            }
            try write("nJy", "grizy", "2")
            let refused = try await OddRun(folder.file("data"), to: folder.file("out"))
            #expect(refused.outcome.exitCode == 65, "\(refused.outcome.report)")
            #expect(
                refused.outcome.error.contains("2.h5: the images have the bands grizy"), "\(refused.outcome.report)")
        }

        @Test("Other bands than the network's are refused, unless the user says that they are meant")
        func otherBands() async throws {
            var survey = try OddSurvey(count: 3)
            survey.imageTexts["bands"] = ["grizy"]
            let refused = try await run(survey)
            #expect(refused.outcome.exitCode == 65, "\(refused.outcome.report)")
            for word in ["the images have the bands grizy", "trained on ugriz", "--bands grizy"] {
                #expect(refused.outcome.error.contains(word), "\(word): \(refused.outcome.report)")
            }
            let meant = try await run(survey, ["--bands", "grizy"])
            #expect(meant.outcome.exitCode == 0, "\(meant.outcome.report)")
            #expect(try meant.warnings().contains { $0.contains("redshifts will be wrong") })
        }

        @Test("Too few bands, or axes in another order: the message says what can be done")
        func otherShapes() async throws {
            func refusal(_ shape: [Int], _ more: [String] = []) async throws -> String {
                try MockSurvey().write(folder.file("1.h5"), count: 4, .init(imageShape: shape))
                let run = try await OddRun(folder.file("1.h5"), to: folder.file("out"), more)
                #expect(run.outcome.exitCode == 65, "\(run.outcome.report)")
                return run.outcome.error
            }
            let four = try await refusal([4, 4, 32, 32])
            #expect(
                four.contains("it has 4 bands, and the network takes 5 (ugriz): a band cannot be filled in"), "\(four)")
            #expect(!four.contains("--crop"), "\(four)")
            let last = try await refusal([4, 32, 32, 5])
            #expect(last.contains("give --layout nhwc"), "\(last)")
            let first = try await refusal([4, 5, 32, 32], ["--layout", "nhwc"])
            #expect(first.contains("give --layout nchw"), "\(first)")
            let larger = try await refusal([3, 5, 32, 40])
            #expect(larger.contains("--crop takes") && !larger.contains("--layout"), "\(larger)")
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
                (["--bands", "griz"], "the network takes 5 (ugriz): a band cannot be filled in"),
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
