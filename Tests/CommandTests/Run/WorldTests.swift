import Foundation
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// The job at several world sizes, each with its own limit.
    @Suite(.serialized) struct WorldTests {
        let input = try! TemporaryFolder()
        let scratch = try! TemporaryFolder()

        /// Partitions of uneven size, an empty one among them: smaller and larger than a rank's share.
        private func survey() throws -> [String] { try MockSurvey().folder(input, counts: [5, 0, 40, 1, 19]) }

        private func check(world ranks: Int, limit: Int) async throws {
            let output = Output(folder: scratch.file("out"))
            let outcome = try await Photoz.run(ranks: ranks, data: survey(), output: output.folder, limit: limit)
            try #require(outcome.exitCode == 0, "\(outcome.report)")
            #expect(output.names == Output.finished)
            #expect(outcome.output.contains("65 galaxies in 5 partitions"))

            let results = try output.results()
            #expect(results["world_size"] as? Int == ranks)
            #expect(results["num_samples"] as? Int == 65)
            #expect((results["metrics"] as? [String: Any])?["N"] as? Int == 65)
            #expect(try output.ranks().count == ranks)
            #expect(try output.integers("partition") == Self.expectedPartitions)
            #expect(try output.integers("row") == Array(0..<5) + Array(0..<40) + [0] + Array(0..<19))

            let alone = Output(folder: scratch.file("alone"))
            let reference = try await Photoz.alone(
                ["run", "--weights", Repository.weights, "--data", input.path, "--output", alone.folder])
            try #require(reference.exitCode == 0, "\(reference.report)")
            #expect(try output.bytes("predictions.h5") == alone.bytes("predictions.h5"))
        }

        private static let expectedPartitions: [Int] =
            [Int](repeating: 0, count: 5) + [Int](repeating: 2, count: 40) + [3] + [Int](repeating: 4, count: 19)

        @Test func worldOf1() async throws { try await check(world: 1, limit: 30) }
        @Test func worldOf2() async throws { try await check(world: 2, limit: 30) }
        @Test func worldOf3() async throws { try await check(world: 3, limit: 30) }
        @Test func worldOf4() async throws { try await check(world: 4, limit: 30) }
        @Test func worldOf7() async throws { try await check(world: 7, limit: 40) }

        @Test func goldenRedshifts() async throws {
            let output = Output(folder: scratch.file("out"))
            let outcome = try await Photoz.run(
                ranks: 2, data: [Repository.fixture("partition.h5")], output: output.folder, limit: 30)
            try #require(outcome.exitCode == 0, "\(outcome.report)")
            let expected = try File.open(Repository.fixture("expected.h5")).dataset("redshift_float64")
                .readAll(as: Double.self)
            let predicted = try output.floats("redshift_predicted")
            let worst = zip(predicted, expected).map { abs(Double($0) - $1) }.max() ?? .nan
            #expect(predicted.count == 64 && worst <= 1e-6, "off by \(worst)")
        }

        @Test func equalFilesForEveryWorldSizeBatchSizeAndSharding() async throws {
            let data = try MockSurvey().folder(input, counts: [100, 300, 0, 7, 193])
            var reference: Data?
            let runs: [(ranks: Int, batch: Int, more: [String])] = [
                (1, 512, []), (2, 64, []), (3, 7, []), (5, 512, []), (8, 1, []), (2, 1, []),
                (3, 64, ["--shard", "files"]),
                (8, 512, ["--shard", "files"]), (2, 512, ["--threads", "2"]),
                (1, 512, ["--schedule", "dynamic"]), (5, 7, ["--schedule", "dynamic"]),
                (3, 64, ["--schedule", "dynamic", "--shard", "files"]),
                (1, 512, ["--write", "collect"]), (3, 64, ["--write", "collect", "--schedule", "dynamic"]),
                (8, 512, ["--write", "collect", "--csv"]), (2, 7, ["--csv", "--schedule", "dynamic"]),
            ]
            for run in runs {
                let output = Output(folder: scratch.file("\(run)"))
                let outcome = try await Photoz.run(
                    ranks: run.ranks, data: data, output: output.folder,
                    ["--batch-size", "\(run.batch)"] + run.more, limit: 60)
                try #require(outcome.exitCode == 0, "\(run): \(outcome.report)")
                let bytes = try output.bytes("predictions.h5")
                #expect(bytes == reference ?? bytes, "\(run)")
                reference = bytes
            }
        }

        @Test func partitionsFewerThanEqualToAndMoreThanRanks() async throws {
            for counts in [[9], [3, 3, 3], [2, 2, 2, 2, 1], [1], [0], [0, 0, 1]] {
                let folder = try TemporaryFolder()
                let data = try MockSurvey().folder(folder, counts: counts)
                for sharding in ["rows", "files"] {
                    let output = Output(folder: scratch.file("\(counts)-\(sharding)"))
                    let outcome = try await Photoz.run(
                        ranks: 3, data: data, output: output.folder, ["--shard", sharding], limit: 30)
                    try #require(outcome.exitCode == 0, "\(counts): \(outcome.report)")
                    #expect(try output.floats("redshift_predicted").count == counts.reduce(0, +))
                    #expect(try output.integers("row") == counts.flatMap { 0..<$0 })
                    let samples = try output.ranks().map { $0["data_path"] ?? "" }
                    #expect(samples.count == 3)
                }
            }
        }
    }
}
