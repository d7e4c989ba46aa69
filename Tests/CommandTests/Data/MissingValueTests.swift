import Foundation
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// What stands for a magnitude or a redshift that nobody has measured.
    @Suite(.serialized) struct MissingValueTests {
        private let folder = try! TemporaryFolder()
        /// Bits of `flags`.
        private static let (notObserved, notDetected, redshiftMissing) = (1, 2, 512)

        private func plain(_ count: Int = 20, _ more: [String] = []) async throws -> [Float] {
            try OddSurvey(count: count).write(folder.file("plain.h5"))
            let run = try await OddRun(folder.file("plain.h5"), to: folder.file("plain"), more)
            try #require(run.outcome.exitCode == 0, "\(run.outcome.report)")
            return try run.predictions()
        }

        @Test("No sentinel of a magnitude becomes a redshift", arguments: [16, 32, 64])
        func magnitudes(bits: Int) async throws {
            let sentinels: [(Double, Int)] = [
                (-9999, 1), (-999, 1), (-99.9, 1), (-99, 1), (-9, 1), (-1, 1), (0, 1), (.nan, 1), (-.infinity, 1),
                (99, 2), (99.9, 2), (90, 2), (999, 2), (.infinity, 2), (1e30, 2), (-1e30, 1), (-90, 1),
            ]
            var survey = try OddSurvey()
            survey.magnitudeType = .float(bits: bits)
            for (row, sentinel) in sentinels.enumerated() { survey.magnitudes[row * 5 + row % 5] = sentinel.0 }
            try survey.write(folder.file("1.h5"))
            let run = try await OddRun(folder.file("1.h5"), to: folder.file("out"), ["--views", "2"])
            #expect(run.outcome.exitCode == 0, "\(run.outcome.report)")
            let columns = try ["redshift_predicted", "view_scatter"].map { try run.output.floats($0) }
            let flags = try run.flags()
            for row in 0..<survey.count {
                let isMissing = row < sentinels.count
                for column in columns { #expect(column[row].isNaN == isMissing, "row \(row) of \(columns)") }
                #expect(flags[row] & 3 == (isMissing ? sentinels[row].1 : 0), "row \(row)")
            }
            if bits == 64 { #expect(Array(columns[0][17...]) == Array(try await plain(20, ["--views", "2"])[17...])) }
            let missing = try run.output.results()["missing"] as? [String: Int]
            #expect(missing == ["magnitudes": sentinels.count, "redshifts": 0])
            #expect(try run.counts()["magnitude_not_observed"] == sentinels.count { $0.1 == 1 })
            #expect(try run.counts()["magnitude_not_detected"] == sentinels.count { $0.1 == 2 })
            let metrics = try run.output.results()["metrics"] as? [String: Any]
            #expect(metrics?["N"] as? Int == survey.count - sentinels.count)
        }

        @Test("Redshifts that are none leave metrics, column and count")
        func redshifts() async throws {
            let sentinels = [-9999, -999, -99.9, -9, -1, -0.5, 20.5, 99, 999, 1e30, .infinity, .nan]
            var survey = try OddSurvey()
            survey.redshifts.replaceSubrange(0..<sentinels.count, with: sentinels)
            (survey.redshifts[18], survey.redshifts[19]) = (0, 20)
            try survey.write(folder.file("1.h5"))
            let run = try await OddRun(folder.file("1.h5"), to: folder.file("out"))
            let column = try run.output.floats("redshift")
            #expect(column.indices.filter { column[$0].isNaN } == Array(0..<sentinels.count))
            #expect(try run.flags().map { $0 & Self.redshiftMissing != 0 } == column.map(\.isNaN))
            #expect((try run.output.results()["missing"] as? [String: Int])?["redshifts"] == sentinels.count)
            let predicted = try run.predictions()
            #expect(predicted == (try await plain()))
            let errors = (sentinels.count..<20).map { abs(Double(predicted[$0]) - Double(column[$0])) }
            let metrics = try run.output.results()["metrics"] as? [String: Any]
            #expect(metrics?["N"] as? Int == errors.count)
            let mean = errors.reduce(0, +) / Double(errors.count)
            #expect(abs((metrics?["MAE"] as? Double ?? .nan) - mean) < 1e-12)

            let wide = try await OddRun(
                folder.file("1.h5"), to: folder.file("out"), ["--redshift-range", "-0.9,20.5"])
            #expect((try wide.output.results()["missing"] as? [String: Int])?["redshifts"] == sentinels.count - 2)
        }

        @Test("--missing and --magnitude-range, in the precision of the file", arguments: [16, 32, 64])
        func others(bits: Int) async throws {
            var survey = try OddSurvey()
            survey.magnitudeType = .float(bits: bits)
            survey.magnitudes[2 * 5 + 1] = 30.1
            survey.magnitudes[4 * 5] = 9.99
            try survey.write(folder.file("1.h5"))
            func missing(_ more: [String]) async throws -> [Int] {
                let run = try await OddRun(
                    folder.file("1.h5"), to: folder.file("out"), weights: Repository.fixture("small-weights.h5"), more)
                #expect(run.outcome.exitCode == 0, "\(run.outcome.report)")
                let flags = try run.flags()
                return flags.indices.filter { flags[$0] & 3 != 0 }
            }
            #expect(try await missing([]) == [])
            #expect(try await missing(["--missing", "30.1,9.99"]) == [2, 4])
            #expect(try await missing(["--missing", "-5,9.99"]) == [4])
            #expect(try await missing(["--magnitude-range", "10,30"]) == [2, 4])
        }

        @Test("Counts after a resume, with rows left out, are those of an undisturbed run")
        func countsOfAResumedRun() async throws {
            var survey = try OddSurvey(count: 250)
            for row in [3, 70, 130, 249] { survey.redshifts[row] = -9 }
            for row in [5, 210] { survey.magnitudes[row * 5 + 2] = 99 }
            survey.magnitudes[6 * 5] = -9999
            survey.images[200 * MockSurvey.pixels + 77] = .nan
            try survey.write(folder.file("1.h5"))
            let options = ["--batch-size", "32", "--csv"]
            let whole = try await OddRun(
                folder.file("1.h5"), to: folder.file("whole"), options + ["--on-error", "skip"])
            #expect(whole.outcome.exitCode == 65, "\(whole.outcome.report)")
            let half = try await OddRun(folder.file("1.h5"), to: folder.file("half"), options)
            #expect(half.outcome.exitCode == 65 && half.outcome.error.contains("row 200"), "\(half.outcome.report)")
            #expect(half.output.names.contains("journal"))
            let resumed = try await Photoz.alone(
                ["run", "--weights", Repository.weights, "--data", folder.file("1.h5"), "--output", half.output.folder]
                    + ["--quiet", "--resume", "--on-error", "skip"] + options)
            #expect(resumed.exitCode == 65, "\(resumed.report)")
            #expect(try half.output.results()["resumed_samples"] as? Int ?? 0 > 0)
            for name in ["predictions.h5", "predictions.csv"] {
                #expect(try half.output.bytes(name) == whole.output.bytes(name), "\(name)")
            }
            for run in [whole, half] {
                #expect(try run.output.results()["missing"] as? [String: Int] == ["magnitudes": 3, "redshifts": 4])
                let counts = try run.counts()
                #expect(counts["magnitude_not_detected"] == 2 && counts["magnitude_not_observed"] == 1)
                #expect(counts["skipped"] == 1 && counts["image_not_finite"] == 1)
                #expect(try run.flags()[200] == 8192 + 256)
            }
        }

        @Test("Attributes of netCDF and FITS are applied, or refused by name")
        func packedNumbers() async throws {
            let scale = Double(Float(1) / 2048)
            var survey = try OddSurvey()
            for place in survey.images.indices { survey.images[place] = (survey.images[place] * 2048).rounded() }
            var unpacked = survey
            for place in survey.images.indices { unpacked.images[place] = survey.images[place] * Float(scale) }
            unpacked.magnitudes = survey.magnitudes.map { ($0 * 100).rounded() * 0.01 }
            unpacked.redshifts = survey.redshifts.map { ($0 * 1000).rounded() / 1000 }
            try unpacked.write(folder.file("unpacked.h5"))
            let plain = try await OddRun(folder.file("unpacked.h5"), to: folder.file("plain"))

            survey.magnitudes = survey.magnitudes.map { ($0 * 100).rounded() }
            survey.redshifts = survey.redshifts.map { ($0 * 1000).rounded() }
            survey.magnitudes[7 * 5 + 3] = -32768
            survey.redshifts[8] = 9999
            survey.imageType = .integer(bits: 16, signed: true)
            survey.magnitudeType = .integer(bits: 16, signed: true)
            survey.redshiftType = .integer(bits: 32, signed: true)
            survey.numbers = [
                "images.scale_factor": [scale], "magnitudes.scale_factor": [0.01], "magnitudes._FillValue": [-32768],
                "redshift.BSCALE": [0.001], "redshift.missing_value": [9999],
            ]
            try survey.write(folder.file("1.h5"))
            let run = try await OddRun(folder.file("1.h5"), to: folder.file("out"))
            #expect(run.outcome.exitCode == 0, "\(run.outcome.report)")
            let (found, right) = (try run.predictions(), try plain.predictions())
            #expect(found.indices.allSatisfy { $0 == 7 ? found[$0].isNaN : found[$0] == right[$0] })
            #expect(try run.flags()[7] & 3 == Self.notObserved && run.flags()[8] & Self.redshiftMissing != 0)

            survey.images[MockSurvey.pixels * 3] = -32768
            survey.numbers["images._FillValue"] = [-32768]
            try survey.write(folder.file("2.h5"))
            let filled = try await OddRun(folder.file("2.h5"), to: folder.file("out"))
            #expect(filled.outcome.exitCode == 65 && filled.outcome.error.contains("row 3"), "\(filled.outcome.report)")
            survey.numbers["images._Unsigned"] = [1]
            try survey.write(folder.file("3.h5"))
            let unsigned = try await OddRun(folder.file("3.h5"), to: folder.file("out"))
            #expect(
                unsigned.outcome.exitCode == 65 && unsigned.outcome.error.contains("_Unsigned"),
                "\(unsigned.outcome.report)")
        }
    }
}
