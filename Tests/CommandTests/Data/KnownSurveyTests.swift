import Foundation
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// Files of other surveys, with what they write where they have measured nothing.
    @Suite(.serialized) struct KnownSurveyTests {
        private let folder: TemporaryFolder
        private static let count = 20
        private static let side = 64

        init() throws { folder = try TemporaryFolder() }

        /// Galaxies of the mock survey under the names of GalaxiesML or MultimodalUniverse, with a wide margin.
        private func write(_ path: String, images name: String, _ change: (inout [Double], inout [Float]) -> Void)
            throws
        {
            let source = try File.open(Repository.galaxies)
            let small: [Float] = Array(try source.dataset("images").readAll(as: Float.self)[..<(Self.count * 5120)])
            var images = [Float](repeating: 7, count: Self.count * 5 * Self.side * Self.side)
            for plane in 0..<Self.count * 5 {
                for y in 0..<32 {
                    let start = plane * Self.side * Self.side + (y + 16) * Self.side + 16
                    images.replaceSubrange(
                        start..<start + 32, with: small[plane * 1024 + y * 32..<plane * 1024 + y * 32 + 32])
                }
            }
            var magnitudes = Array(try source.dataset("magnitudes").readAll(as: Double.self)[..<(Self.count * 5)])
            var redshifts = Array(try source.dataset("redshift").readAll(as: Float.self)[..<Self.count])
            change(&magnitudes, &redshifts)
            let file = try File.create(path)
            try file.createDataset(name, of: Float.self, shape: [Self.count, 5, Self.side, Self.side])
                .write(rows: 0..<Self.count, from: images)
            for (index, band) in ["g", "r", "i", "z", "y"].enumerated() {
                try file.createDataset("\(band)_cmodel_mag", of: Double.self, shape: [Self.count])
                    .write(rows: 0..<Self.count, from: (0..<Self.count).map { magnitudes[$0 * 5 + index] })
            }
            try file.createDataset("specz_redshift", of: Float.self, shape: [Self.count])
                .write(rows: 0..<Self.count, from: redshifts)
            try file.close()
        }

        private func plainRedshifts() async throws -> [Float] {
            let output = folder.file("plain")
            let outcome = try await Photoz.run(ranks: 1, data: [Repository.galaxies], output: output, ["--quiet"])
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            return Array(try Output(folder: output).floats("redshift_predicted")[..<Self.count])
        }

        @Test("GalaxiesML: sentinels are counted, told, and left out of metrics", arguments: [1, 2])
        func galaxiesML(ranks: Int) async throws {
            let path = folder.file("5x64x64_training.hdf5")
            try write(path, images: "image") { magnitudes, redshifts in
                magnitudes[3 * 5 + 1] = -99
                magnitudes[5 * 5] = .infinity
                magnitudes[5 * 5 + 2] = 99
                magnitudes[7 * 5 + 4] = .nan
                magnitudes[8 * 5] = -99.9
                (redshifts[9], redshifts[11], redshifts[12], redshifts[13]) = (-99.9, 99, .nan, -99)
            }
            let output = Output(folder: folder.file("out"))
            let outcome = try await Photoz.run(
                ranks: ranks, data: [path], output: output.folder, ["--survey", "galaxiesml"])
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            #expect(outcome.error.contains("4 of the galaxies lack a magnitude"), "\(outcome.report)")
            #expect(outcome.error.contains("the images have the bands grizy and the weights were trained on ugriz"))
            #expect(!outcome.error.contains("predictions are not finite"))
            let results = try output.results()
            #expect(results["missing"] as? [String: Int] == ["magnitudes": 4, "redshifts": 4])
            // Of 20, four lack a magnitude and four others a redshift.
            #expect((results["metrics"] as? [String: Any])?["N"] as? Int == 12)
            let (found, plain) = (try output.floats("redshift_predicted"), try await plainRedshifts())
            for galaxy in 0..<Self.count {
                #expect(
                    [3, 5, 7, 8].contains(galaxy) ? found[galaxy].isNaN : found[galaxy] == plain[galaxy], "\(galaxy)")
            }
            let named = Output(folder: folder.file("named"))
            let other = try await Photoz.run(
                ranks: ranks, data: [path], output: named.folder,
                [
                    "--images", "image", "--magnitudes",
                    "g_cmodel_mag,r_cmodel_mag,i_cmodel_mag,z_cmodel_mag,y_cmodel_mag", "--redshift", "specz_redshift",
                    "--crop",
                ])
            // The rule is the same for every survey.
            #expect(other.exitCode == 0, "\(other.report)")
            #expect(try named.results()["missing"] as? [String: Int] == ["magnitudes": 4, "redshifts": 4])
            let inspected = try await Photoz.alone(["inspect", "--survey", "galaxiesml", path])
            #expect(
                inspected.exitCode == 0 && inspected.output.contains("magnitudes of 4 galaxies, redshifts of 4"),
                "\(inspected.report)")
        }

        @Test("MultimodalUniverse: folders of the sky, in natural order")
        func multimodalUniverse() async throws {
            for part in ["healpix=9", "healpix=10"] {
                let path = folder.file("sky/" + part)
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
                try write(path + "/001-of-001.hdf5", images: "image_array") { _, _ in }
            }
            let output = Output(folder: folder.file("out"))
            let outcome = try await Photoz.run(
                ranks: 2, data: [folder.file("sky")], output: output.folder, ["--survey", "multimodaluniverse"])
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            let file = try File.open(output.folder + "/predictions.h5")
            #expect(
                try file.attributeStrings("partitions") == ["healpix=9/001-of-001.hdf5", "healpix=10/001-of-001.hdf5"])
            let plain = try await plainRedshifts()
            #expect(try output.floats("redshift_predicted") == plain + plain)
        }
    }
}
