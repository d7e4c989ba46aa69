import Foundation
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// `photoz import`: from files of real PyTorch to the published redshifts.
    @Suite struct ImportTests {
        private let folder: TemporaryFolder

        init() throws { folder = try TemporaryFolder() }

        private func imported(_ name: String, _ more: [String] = []) async throws -> String {
            let output = folder.file(name + ".h5")
            let outcome = try await Photoz.alone(["import", Repository.fixture(name), "--output", output] + more)
            #expect(outcome.exitCode == 0 && outcome.error.isEmpty, "\(outcome.report)")
            return output
        }

        private func redshifts(_ data: String, weights: String) async throws -> [Float] {
            let output = folder.file("out-\(UUID().uuidString)")
            let outcome = try await Photoz.run(ranks: 1, data: [data], output: output, weights: weights, ["--quiet"])
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            return try Output(folder: output).floats("redshift_predicted")
        }

        private func golden(_ name: String, rows: Range<Int>) throws -> [Double] {
            Array(try File.open(Repository.fixture("expected.h5")).dataset(name).readAll(as: Double.self)[rows])
        }

        private func error(_ found: [Float], _ expected: [Double]) -> Double {
            found.count == expected.count ? zip(found, expected).map { abs(Double($0) - $1) }.max() ?? 1 : 1
        }

        @Test(
            "Partitions: the numbers to the bit, and the golden redshifts",
            arguments: [
                ("partition-strided.pt", 8..<16, "float32"), ("partition-half.pt", 0..<8, "float16"),
                ("partition-bfloat16.pt", 0..<8, "float32"),
            ])
        func partitions(name: String, rows: Range<Int>, type: String) async throws {
            let path = try await imported(name)
            let (file, source) = (try File.open(path), try File.open(Repository.fixture("partition.h5")))
            #expect(try file.dataset("images").elementType.description == type)
            let pixels: [Float] = try file.dataset("images").readAll()
            let original = try source.dataset("images").readAll(as: Float.self)[
                rows.lowerBound * 5120..<rows.upperBound * 5120]
            let expected: [Float] =
                switch name {
                case "partition-half.pt": original.map { Float(Float16($0)) }
                case "partition-bfloat16.pt": original.map(Self.bfloat16)
                default: Array(original)
                }
            #expect(pixels.map(\.bitPattern) == expected.map(\.bitPattern))
            let redshift: [Float] = try file.dataset("redshift").readAll()
            let spectroscopic: [Float] = try source.dataset("redshift").readAll()
            #expect(redshift == Array(spectroscopic[rows]))
            let found = try await redshifts(path, weights: Repository.weights)
            #expect(error(found, try Self.ofRoundedImages[name] ?? golden("redshift_float64", rows: rows)) < 1e-6)
        }

        /// Redshifts of the first galaxies of `partition.h5` whose images are rounded to half precision and to
        /// bfloat16, by PyTorch in float64 (`photoz.training.astromae`).
        private static let ofRoundedImages: [String: [Double]] = [
            "partition-half.pt": [
                0.067654233, 0.096459555, 0.111521750, 0.144712168,
                0.098298210, 0.149279803, 0.089189451, 0.077183887,
            ],
            "partition-bfloat16.pt": [
                0.067534641, 0.096027859, 0.112041550, 0.144797596,
                0.097924539, 0.149230700, 0.089021791, 0.077308371,
            ],
        ]

        /// Rounded to the nearest number with eight binary digits, ties to the even one.
        private static func bfloat16(_ value: Float) -> Float {
            let bits = value.bitPattern
            return Float(bitPattern: (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff_0000)
        }

        @Test(
            "Models: a module, a state dict and a checkpoint give the golden redshifts",
            arguments: [
                ("small-module.pt", [String]()), ("small-state-dict.pt", ["--num-heads", "4"]),
                ("small-checkpoint.pt", ["--num-heads", "4"]),
            ])
        func models(name: String, options: [String]) async throws {
            let weights = try await imported(name, options)
            let found = try await redshifts(Repository.fixture("partition.h5"), weights: weights)
            #expect(error(found, try golden("small_redshift_float64", rows: 0..<64)) < 1e-6)
        }

        @Test("Arrays of NumPy: bands come first, columns become a table, identifiers are kept")
        func arrays() async throws {
            let first = try File.open(try await imported("arrays.npz"))
            let images = try first.dataset("images")
            #expect(images.shape == [2, 5, 8, 8])
            // Element (row, y, x, band) holds its number in that order, in eighths.
            let pixels: [Float] = try images.readAll()
            let (row, band, y, x) = (1, 3, 2, 7)
            let place = row * 320 + band * 64 + y * 8 + x
            let number = row * 320 + y * 40 + x * 5 + band
            #expect(pixels[place] == Float(number) / 8)
            #expect(try first.dataset("object_id").readAll(as: Int64.self) == [7, -9])
            let second = try File.open(try await imported("columns.npz", ["--magnitudes", "u,g,r,i,z"]))
            #expect(try second.dataset("magnitudes").readAll(as: Double.self) == (0..<10).map(Double.init))
        }

        @Test("A folder on some ranks", arguments: [1, 2, 3])
        func folders(ranks: Int) async throws {
            let data = folder.file("data")
            try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
            for name in ["1.pt", "2.pt", "10.pt"] {
                try FileManager.default.copyItem(
                    atPath: Repository.fixture("partition-half.pt"), toPath: data + "/" + name)
            }
            let arguments = ["import", data, "--output", folder.file("out")]
            let outcome = try await Launch.mpirun(ranks: ranks, Photoz.path, arguments, limit: 60)
            #expect(outcome.exitCode == 0 && outcome.output.contains("3 files, 24 galaxies"), "\(outcome.report)")
            #expect(Output(folder: folder.file("out")).names == ["1.h5", "10.h5", "2.h5"])
            let again = try await Launch.mpirun(ranks: ranks, Photoz.path, arguments, limit: 60)
            #expect(again.exitCode == 73 && again.error.contains("1.h5: is there already"), "\(again.report)")

            try FileManager.default.copyItem(atPath: Repository.fixture("legacy.pt"), toPath: data + "/3.pt")
            let failed = try await Launch.mpirun(ranks: ranks, Photoz.path, arguments + ["--overwrite"], limit: 60)
            #expect(failed.exitCode == 65 && failed.error.contains("3.pt: is a legacy"), "\(failed.report)")
            #expect(!Output(folder: folder.file("out")).names.contains("3.h5"))
        }

        @Test(
            "What is refused leaves no file",
            arguments: [
                ("call.pt", [String](), 65, "asks to run posix.system"), ("legacy.pt", [], 65, "legacy (non-zip)"),
                ("small-state-dict.pt", [], 64, "give --num-heads"),
                ("small-state-dict.pt", ["--num-heads", "3"], 65, "3 heads do not divide 16"),
                ("small-module.pt", ["--num-heads", "2"], 64, "has 4 attention heads, not 2"),
                ("columns.npz", [], 65, "say which are what with --images"),
                ("columns.npz", ["--magnitudes", "u,g"], 65, "2 arrays of magnitudes"),
                ("columns.npz", ["--images", "nothing"], 65, "has no array nothing"),
                ("missing.pt", [], 66, "there is no such file"),
                ("partition.h5", [], 65, "is HDF5 already: photoz run takes it as it is"),
            ])
        func refusals(name: String, options: [String], code: Int, message: String) async throws {
            let output = folder.file("x.h5")
            let outcome = try await Photoz.alone(
                ["import", Repository.fixture(name), "--output", output] + options)
            #expect(outcome.exitCode == code && outcome.error.contains(message), "\(outcome.report)")
            #expect(Output(folder: folder.path).names.isEmpty)
        }
    }
}
