import Foundation
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// Bad input through mpirun: one clear message from one rank, the documented exit code, nothing half-written under
    /// a final name, and never a hang.
    @Suite(.serialized) struct FailureTests {
        let input = try! TemporaryFolder()
        let scratch = try! TemporaryFolder()
        var output: Output { Output(folder: scratch.file("out")) }

        /// Runs the job on three ranks and checks how it fails.
        func expectFailure(
            _ code: Int, data: [String], weights: String = Repository.weights, output: String? = nil,
            _ more: [String] = [], naming words: [String], sourceLocation: SourceLocation = #_sourceLocation
        ) async throws {
            let folder = output ?? self.output.folder
            let outcome = try await Photoz.run(
                ranks: 3, data: data, output: folder, weights: weights, more, limit: 30)
            #expect(outcome.exitCode == code, "\(outcome.report)", sourceLocation: sourceLocation)
            let messages = outcome.error.components(separatedBy: "photoz: error").count - 1
            #expect(messages == 1, "\(outcome.report)", sourceLocation: sourceLocation)
            for word in words {
                #expect(outcome.error.contains(word), "\(word) in: \(outcome.report)", sourceLocation: sourceLocation)
            }
            let left = Output(folder: folder).names.filter { Output.finished.contains($0) }
            #expect(left == [], sourceLocation: sourceLocation)
        }

        func partition(_ variation: MockSurvey.Variation, count: Int = 40) throws -> [String] {
            try MockSurvey().write(input.file("1.h5"), count: 10)
            try MockSurvey().write(input.file("2.h5"), count: count, variation)
            return [input.path]
        }

        // MARK: Data sets

        @Test func noSuchFolder() async throws {
            try await expectFailure(66, data: [input.file("nowhere")], naming: ["nowhere", "no such file or folder"])
        }

        @Test func aFolderWithoutPartitions() async throws {
            try "text".write(toFile: input.file("notes.txt"), atomically: true, encoding: .utf8)
            try await expectFailure(66, data: [input.path], naming: [input.path, "no partitions", "*.h5"])
        }

        @Test func aPartitionCutShort() async throws {
            let data = try partition(.init())
            let whole = try Data(contentsOf: URL(fileURLWithPath: input.file("2.h5")))
            try whole.prefix(whole.count * 2 / 3).write(to: URL(fileURLWithPath: input.file("2.h5")))
            try await expectFailure(65, data: data, naming: ["2.h5", "cut short", "truncated"])
        }

        @Test func aPartitionThatIsNotHDF5() async throws {
            try "not HDF5 at all".write(toFile: input.file("1.h5"), atomically: true, encoding: .utf8)
            try await expectFailure(65, data: [input.path], naming: ["1.h5", "not an HDF5 file"])
        }

        @Test func anEmptyFileAsPartition() async throws {
            try Data().write(to: URL(fileURLWithPath: input.file("1.h5")))
            try await expectFailure(65, data: [input.path], naming: ["1.h5", "not an HDF5 file"])
        }

        @Test func imagesOfTheWrongShape() async throws {
            let data = try partition(.init(imageShape: [40, 5, 16, 16]))
            try await expectFailure(65, data: data, naming: ["2.h5", "images", "[40, 5, 16, 16]", "[N, 5, 32, 32]"])
        }

        @Test func magnitudesOfTheWrongType() async throws {
            let data = try partition(.init(textMagnitudes: true))
            try await expectFailure(65, data: data, naming: ["2.h5", "magnitudes", "string"])
        }

        @Test func lengthsThatDisagree() async throws {
            let data = try partition(.init(redshiftRows: 39))
            try await expectFailure(
                65, data: data, naming: ["2.h5", "differ in length", "images 40", "redshift 39"])
        }

        @Test func aMissingDataSet() async throws {
            let data = try partition(.init(omit: ["magnitudes"]))
            try await expectFailure(65, data: data, naming: ["2.h5", "magnitudes: is missing"])
        }

        @Test func aNaNInAnImage() async throws {
            let data = try partition(.init(changeImage: { $0[37 * MockSurvey.pixels + 11] = .nan }))
            try await expectFailure(65, data: data, naming: ["2.h5", "images", "row 37", "nan", "on rank 2 of 3"])
        }

        @Test func everyRankMeetsBadValues() async throws {
            // All ranks fail at the same moment, and one speaks.
            let data = try partition(.init(changeImage: { for index in $0.indices { $0[index] = .nan } }), count: 300)
            try await expectFailure(65, data: data, naming: ["2.h5", "images", "row"])
        }

        @Test func aDamagedChunk() async throws {
            try MockSurvey().writeChecked(input.file("1.h5"), count: 64)
            var bytes = try Data(contentsOf: URL(fileURLWithPath: input.file("1.h5")))
            bytes[bytes.count / 2] ^= 0x40
            try bytes.write(to: URL(fileURLWithPath: input.file("1.h5")))
            try await expectFailure(
                65, data: [input.path], naming: ["1.h5", "images", "rows", "cannot be read", "checksum"])
        }

        @Test func aPartitionWhoseWriterDidNotFinish() async throws {
            let file = try File.create(input.file("1.h5"))
            _ = try file.createDataset("images", of: Float.self, shape: [9, 5, 32, 32])
            _ = try file.createDataset("magnitudes", of: Double.self, shape: [9, 5])
            try file.close()
            try await expectFailure(
                65, data: [input.path], naming: ["2 faults", "images: has shape [9, 5, 32, 32] and no data"])
        }

        @Test func sizesThatNoFileHolds() async throws {
            let file = try File.create(input.file("1.h5"))
            let images = try file.createDataset(
                "images", of: Float.self, shape: [1 << 40, 5, 32, 32], storage: .chunked(rows: 1, compression: 1))
            try images.write(rows: 0..<1, from: [Float](repeating: 1, count: MockSurvey.pixels))
            let magnitudes = try file.createDataset(
                "magnitudes", of: Double.self, shape: [1 << 40, 5], storage: .chunked(rows: 1, compression: 1))
            try magnitudes.write(rows: 0..<1, from: [1, 2, 3, 4, 5])
            try file.close()
            try await expectFailure(65, data: [input.path], naming: ["images: claims", "more than the file can hold"])
            let outcome = try await Photoz.alone(["inspect", input.file("1.h5")])
            #expect(outcome.exitCode == 65 && outcome.seconds < 10, "\(outcome.report)")
        }

        @Test func aPipeAsPartition() async throws {
            #expect(mkfifo(input.file("1.h5"), 0o600) == 0)
            try await expectFailure(66, data: [input.path], naming: ["1.h5", "is not a file"])
        }

        @Test func aWeightsFileAsData() async throws {
            try await expectFailure(
                65, data: [Repository.weights], naming: ["astromae-mock-sdss.h5", "images: is missing"])
        }

        // MARK: Weights

        var galaxies: [String] { [Repository.galaxies] }

        @Test func noWeights() async throws {
            try await expectFailure(66, data: galaxies, weights: input.file("w.h5"), naming: ["w.h5", "No such file"])
        }

        @Test func weightsWithFaults() async throws {
            let weights = try SmallWeights()
            for (name, change, words) in SmallWeights.faults {
                try weights.write(input.file(name), change)
                try await expectFailure(65, data: galaxies, weights: input.file(name), naming: [name] + words)
            }
        }

        @Test func severalFaultsAreAllListed() async throws {
            try SmallWeights().write(input.file("w.h5")) {
                $0["head.bias"] = nil
                $0["fc_norm.weight"] = .init(shape: [3], values: [1, 2, 3])
                $0["stray"] = .init(shape: [1], values: [1])
            }
            try await expectFailure(
                65, data: galaxies, weights: input.file("w.h5"),
                naming: ["3 faults", "head.bias: is missing", "fc_norm.weight: has shape [3]", "stray: is no tensor"])
        }

        @Test func dataAsWeights() async throws {
            try await expectFailure(65, data: galaxies, weights: Repository.galaxies, naming: ["format", "astromae"])
        }
    }
}

extension MockSurvey {
    /// A partition whose image chunks carry checksums.
    func writeChecked(_ path: String, count: Int) throws {
        let own = try TemporaryFolder()
        try write(own.file("1.h5"), count: count)
        let source = try File.open(own.file("1.h5"))
        let file = try File.create(path)
        let images: [Float] = try source.dataset("images").readAll()
        let magnitudes: [Double] = try source.dataset("magnitudes").readAll()
        try file.createDataset(
            "images", of: Float.self, shape: [count, 5, 32, 32], storage: .chunked(rows: 16, checksum: true)
        ).write(rows: 0..<count, from: images)
        try file.createDataset("magnitudes", of: Double.self, shape: [count, 5]).write(
            rows: 0..<count, from: magnitudes)
        try file.close()
    }
}
