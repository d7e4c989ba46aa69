import Foundation
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// What is odd about a galaxy stands in its flags, and is counted.
    @Suite(.serialized) struct FlagTests {
        private let folder = try! TemporaryFolder()

        private func run(_ survey: OddSurvey, _ more: [String] = []) async throws -> OddRun {
            try survey.write(folder.file("1.h5"))
            let run = try await OddRun(folder.file("1.h5"), to: folder.file("out"), more)
            #expect(run.outcome.exitCode == 0, "\(run.outcome.report)")
            return run
        }

        @Test func eachOddityHasItsBit() async throws {
            var survey = try OddSurvey()
            survey.magnitudes[1 * 5 + 2] = 50
            survey.magnitudes[2 * 5] += 3
            survey.fill(3, band: 1, with: 0)
            survey.fill(4, band: 2, with: 1.5)
            let brightest = survey.images[5 * 5120 + 2048..<5 * 5120 + 3072].max()! * 0.6
            for pixel in 5 * 5120 + 2048..<5 * 5120 + 3072 {
                survey.images[pixel] = min(survey.images[pixel], brightest)
            }
            survey.images[6 * 5120 + 100] = 1e10
            for pixel in 7 * 5120..<8 * 5120 { survey.images[pixel] = 3e38 }
            survey.redshifts[8] = 1.5
            let run = try await run(survey)
            let flags = try run.flags()
            #expect(flags[0] == 0 && flags[9] == 0)
            #expect(flags[1] & 12 == 12 && flags[2] & 8 == 8)
            #expect(flags[3] & 32 != 0 && flags[4] & 64 != 0 && flags[5] & 128 != 0)
            #expect(flags[6] & 16 != 0 && flags[7] & (16 + 64) == 16 + 64)
            #expect(flags[8] == 1024)
            let predicted = try run.predictions()
            #expect(predicted[7].isNaN == (flags[7] & 4096 != 0))
            let counts = try run.counts()
            let attributes = try File.open(run.output.folder + "/predictions.h5").dataset("flags")
            let names = try attributes.attributeString("flag_meanings").split(separator: " ").map(String.init)
            let masks = try attributes.attributeNumbers("flag_masks", as: Int.self)
            #expect(Set(names) == Set(counts.keys))
            for (name, mask) in zip(names, masks) {
                #expect(counts[name] == flags.count { $0 & mask != 0 }, "\(name)")
            }
        }

        @Test("Reversed bands and fluxes do not look calm")
        func whatTheNetworkDoesNotKnow() async throws {
            var usual = try OddSurvey(count: 200)
            usual.imageTexts = ["units": ["asinh(nanomaggies / softening)"], "bands": ["ugriz"]]
            let calm = try await run(usual)
            #expect(try calm.warnings() == [] && calm.outcome.error == "")
            var reversed = try OddSurvey()
            reversed.reorder([4, 3, 2, 1, 0])
            let wrongOrder = try await run(reversed)
            #expect(try wrongOrder.counts()["colour_outside"] == 20)
            var fluxes = try OddSurvey()
            let softening: [Float] = [0.1, 0.05, 0.05, 0.08, 0.25]
            for place in fluxes.images.indices {
                fluxes.images[place] = sinh(fluxes.images[place]) * softening[place / 1024 % 5]
            }
            let wrongUnits = try await run(fluxes)
            #expect(try wrongUnits.counts()["image_outside"] == 20)
            #expect(wrongUnits.outcome.error.contains("are these fluxes? --units nanomaggies"))
            #expect(!wrongOrder.outcome.error.contains("are these fluxes?"), "\(wrongOrder.outcome.report)")
            for odd in [wrongOrder, wrongUnits] {
                #expect(
                    try odd.warnings().contains { $0.contains("20 of 20 galaxies have a magnitude, colour or pixel") })
                #expect(odd.outcome.error.contains("check units, bands and their order"), "\(odd.outcome.report)")
            }
        }

        @Test func weightsWithoutRangesSaySo() async throws {
            let weights = folder.file("w.h5")
            try SmallWeights().write(weights) { _ in }
            try OddSurvey().write(folder.file("1.h5"))
            let run = try await OddRun(folder.file("1.h5"), to: folder.file("out"), weights: weights)
            #expect(run.outcome.exitCode == 0 && run.outcome.error == "", "\(run.outcome.report)")
            #expect(try run.warnings().contains { $0.hasPrefix("range unknown") })
            let inspected = try await Photoz.alone(["inspect", weights])
            #expect(inspected.output.contains("trained on: unknown"), "\(inspected.report)")
        }

        @Test(
            "Ranges that make no sense are faults of the weights",
            arguments: [
                [1.0, 2, 3], [2, 1, 15, 20, 15, 20, 15, 20, 15, 20], [.nan, 20, 15, 20, 15, 20, 15, 20, 15, 20],
            ])
        func ranges(numbers: [Double]) async throws {
            let weights = folder.file("w.h5")
            try FileManager.default.copyItem(atPath: Repository.fixture("small-weights.h5"), toPath: weights)
            let file = try File.openForWriting(weights)
            try file.setAttribute("magnitude_range", numbers)
            try file.close()
            let inspected = try await Photoz.alone(["inspect", weights])
            #expect(inspected.exitCode == 65 && inspected.error.contains("magnitude_range"), "\(inspected.report)")
        }
    }
}
