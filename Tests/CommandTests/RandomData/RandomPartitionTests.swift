import Foundation
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// Partitions in any storage: a run finds what it finds for the same galaxies in plain files, or refuses the file
    /// and names the data set. More than the usual ones with `PHOTOZ_RANDOM_PARTITIONS=300`.
    @Suite(.serialized) struct RandomPartitionTests {
        private static let count =
            ProcessInfo.processInfo.environment["PHOTOZ_RANDOM_PARTITIONS"].flatMap { Int($0) } ?? 40
        /// Partitions of a run.
        private static let perRun = 10
        /// The first few have each option once.
        private static let groups = [0, 5, 2, 7, 1, 4, 3, 6]

        /// Predictions of a partition by row.
        private struct Found {
            var predicted: [Float] = []
            var redshifts: [Float] = []
            var identifiers: [String] = []
        }

        @Test("Right, or refused by name", arguments: 0..<(count + perRun - 1) / perRun)
        func rightOrRefused(batch: Int) async throws {
            let (folder, plain, scratch) = (try TemporaryFolder(), try TemporaryFolder(), try TemporaryFolder())
            let outside = try TemporaryFolder()
            let group = RandomPartition.Group(Self.groups[batch % Self.groups.count])
            let survey = try Galaxies()
            let seeds = batch * Self.perRun..<min((batch + 1) * Self.perRun, Self.count)
            let partitions = seeds.map {
                RandomPartition(seed: $0, group, in: folder.path, outside: outside.path, survey)
            }
            for partition in partitions { try write(partition, plain.file(partition.name)) }

            let more = ["--on-error", "skip", "--batch-size", "\(1 + batch % 7)", "--quiet"]
            let output = Output(folder: scratch.file("odd"))
            let outcome = try await Photoz.run(
                ranks: 1 + batch % 3, data: [folder.path], output: output.folder,
                weights: Repository.fixture("small-weights.h5"), group.options + more, limit: 120)
            try #require([0, 65].contains(outcome.exitCode), "\(group): \(outcome.report)")
            let reference = Output(folder: scratch.file("plain"))
            let control = try await Photoz.run(
                ranks: 1, data: [plain.path], output: reference.folder,
                weights: Repository.fixture("small-weights.h5"), ["--quiet"])
            try #require(control.exitCode == 0, "\(control.report)")

            let refused = try refusals(output)
            let (found, expected) = (try found(output), try found(reference))
            for partition in partitions {
                let story = Comment(rawValue: "\(partition.name) of \(group): \(partition.story)")
                if let faulty = partition.faulty {
                    let reasons = try #require(refused[partition.name], story)
                    #expect(reasons.contains { $0.contains(faulty) }, "\(reasons) \(story)")
                    continue
                }
                if let reasons = refused[partition.name] {
                    // Values that are not finite, and packed ones, may be refused by name.
                    let named = partition.odd.map { _ in "images" } ?? partition.packed
                    let isNamed = named.map { name in reasons.allSatisfy { $0.contains(name) } } ?? false
                    try #require(isNamed, "\(reasons) \(story)")
                    if partition.packed != nil { continue }
                }
                guard partition.count > 0 else { continue }
                let (mine, plain) = (try #require(found[partition.name]), try #require(expected[partition.name]))
                for galaxy in 0..<partition.count {
                    let isKnown = !partition.incomplete.contains(galaxy) && partition.odd != galaxy
                    let wanted = isKnown ? plain.predicted[galaxy] : .nan
                    #expect(isSame(mine.predicted[galaxy], wanted), "galaxy \(galaxy) \(story)")
                    guard galaxy != partition.odd else { continue }
                    #expect(isSame(mine.redshifts[galaxy], partition.redshifts[galaxy]), "galaxy \(galaxy) \(story)")
                }
                #expect(mine.identifiers == partition.identifiers, story)
            }
            #expect((outcome.exitCode == 65) == !refused.isEmpty, "\(outcome.report)")
        }

        private func isSame(_ one: Float, _ other: Float) -> Bool {
            one.bitPattern == other.bitPattern || one.isNaN && other.isNaN
        }

        /// The galaxies as the network is to see them, in the project's own format.
        private func write(_ partition: RandomPartition, _ path: String) throws {
            let (file, count) = (try File.create(path), partition.count)
            try file.createDataset("images", of: Float.self, shape: [count, 5, 32, 32])
                .write(rows: 0..<count, from: partition.images)
            try file.createDataset("magnitudes", of: Double.self, shape: [count, 5])
                .write(rows: 0..<count, from: partition.magnitudes)
            try file.close()
        }

        /// Why each partition, or rows of it, were left out.
        private func refusals(_ output: Output) throws -> [String: [String]] {
            let skipped = try output.results()["skipped"] as? [String: Any] ?? [:]
            let all = ["files", "rows"].flatMap { skipped[$0] as? [[String: Any]] ?? [] }
            return Dictionary(grouping: all) { $0["file"] as? String ?? "" }
                .mapValues { $0.map { $0["reason"] as? String ?? "" } }
        }

        /// Predictions of each partition.
        private func found(_ output: Output) throws -> [String: Found] {
            let file = try File.open(output.folder + "/predictions.h5")
            let names = try file.attributeStrings("partitions")
            let (partition, row) = (try output.integers("partition"), try output.integers("row"))
            let (predicted, redshifts) = (try output.floats("redshift_predicted"), try output.floats("redshift"))
            var identifiers: [String]?
            if file.contains("object_id") {
                let column = try file.dataset("object_id")
                identifiers =
                    column.elementType == .string
                    ? try column.readStrings(rows: 0..<column.rows) : try output.integers("object_id").map { "\($0)" }
            }
            var found: [String: Found] = [:]
            for place in partition.indices {
                let name = names[partition[place]]
                #expect(row[place] == found[name, default: Found()].predicted.count)
                found[name, default: Found()].predicted.append(predicted[place])
                found[name]?.redshifts.append(redshifts[place])
                if let identifiers { found[name]?.identifiers.append(identifiers[place]) }
            }
            return found
        }
    }
}
