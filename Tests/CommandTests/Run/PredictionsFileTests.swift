import Foundation
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// `predictions.h5` as others find it: what it says of its columns, and its other name.
    @Suite(.serialized) struct PredictionsFileTests {
        private let input = try! TemporaryFolder()
        private let scratch = try! TemporaryFolder()
        private var output: Output { Output(folder: scratch.file("out")) }

        private func run(ranks: Int = 2, _ more: [String] = []) async throws -> Outcome {
            try await Photoz.run(
                ranks: ranks, data: [input.path], output: output.folder,
                weights: Repository.fixture("small-weights.h5"), more + ["--quiet"], limit: 60)
        }

        @Test("Every column says what it is and its units", arguments: [1, 2])
        func columnsSayWhatTheyAre(ranks: Int) async throws {
            var variation = MockSurvey.Variation()
            variation.integerIdentifiers = true
            try MockSurvey().write(input.file("1.h5"), count: 20, variation)
            let outcome = try await run(ranks: ranks, ["--views", "2"])
            try #require(outcome.exitCode == 0, "\(outcome.report)")
            let file = try File.open(output.folder + "/predictions.h5")
            let names = try file.members().map(\.name)
            #expect(
                names == [
                    "flags", "object_id", "partition", "redshift", "redshift_predicted", "row", "view_scatter",
                ])
            var descriptions: Set<String> = []
            for name in names {
                #expect(try file.dataset(name).attributeString("units") == "", "\(name)")
                descriptions.insert(try file.dataset(name).attributeString("description"))
            }
            #expect(descriptions.count == names.count && !descriptions.contains(""))
            let flags = try file.dataset("flags").attributeString("description")
            #expect(flags.contains("0 when nothing is: 1 magnitude_not_observed, 2 magnitude_not_detected, 4 "))
            #expect(flags.hasSuffix("8192 skipped, 16384 calibration_outside"))
            let meanings = try file.dataset("flags").attributeString("flag_meanings").split(separator: " ")
            #expect(meanings.first == "magnitude_not_observed" && meanings.count == 15)
        }

        private func inode(_ name: String) throws -> Int {
            let attributes = try FileManager.default.attributesOfItem(atPath: output.folder + "/" + name)
            return attributes[.systemFileNumber] as? Int ?? -1
        }

        @Test("predictions.hdf5 is the same file, and comes and goes with it", arguments: [1, 2])
        func otherName(ranks: Int) async throws {
            // Strings of any length: the file is created twice.
            var variation = MockSurvey.Variation()
            variation.identifiers = (0..<20).map { "J\($0)" }
            try MockSurvey().write(input.file("1.h5"), count: 20, variation)
            let other = ["--output-suffix", "hdf5"]
            let plain = try await run(ranks: ranks, ["--output-suffix", "h5"])
            #expect(plain.exitCode == 0 && output.names == Output.finished, "\(plain.report)")
            let bytes = try output.bytes("predictions.h5")
            let refused = try await run(ranks: ranks, other + ["--resume"])
            #expect(refused.exitCode == 73, "\(refused.report)")
            #expect(refused.error.contains("holds a finished run without predictions.hdf5"), "\(refused.report)")

            let both = try await run(ranks: ranks, other + ["--overwrite"])
            try #require(both.exitCode == 0, "\(both.report)")
            #expect(output.names == (Output.finished + ["predictions.hdf5"]).sorted())
            #expect(try inode("predictions.h5") == inode("predictions.hdf5"))
            #expect(try output.bytes("predictions.hdf5") == bytes)
            let again = try await run(ranks: ranks, other + ["--resume"])
            #expect(again.exitCode == 0, "\(again.report)")
            for command in [
                ["report", output.folder, "--output", scratch.file("page.html")], ["status", output.folder],
                ["summarize", output.folder], ["inspect", output.folder + "/predictions.hdf5"],
            ] {
                let outcome = try await Photoz.alone(command)
                #expect(outcome.exitCode == 0, "\(outcome.report)")
            }
            let inPlace = try await run(ranks: ranks, other + ["--overwrite"])
            #expect(inPlace.exitCode == 0, "\(inPlace.report)")
            #expect(try inode("predictions.h5") == inode("predictions.hdf5"))
            // Results without it leave no old one beside them.
            let without = try await run(ranks: ranks, ["--overwrite"])
            #expect(without.exitCode == 0 && output.names == Output.finished, "\(without.report)")
            // Somebody else's file of that name stays.
            try Data("mine".utf8).write(to: URL(fileURLWithPath: output.folder + "/predictions.hdf5"))
            let foreign = try await run(ranks: ranks, other + ["--overwrite"])
            #expect(foreign.exitCode == 73 && foreign.error.contains("predictions.hdf5"), "\(foreign.report)")
            #expect(try output.bytes("predictions.hdf5") == Data("mine".utf8))
        }

        @Test("A dry run says what a run would do, refuses what it refuses, and leaves nothing", arguments: [1, 2])
        func dryRun(ranks: Int) async throws {
            _ = try MockSurvey().folder(input, counts: [30, 20])
            let outcome = try await Photoz.run(
                ranks: ranks, data: [input.path], output: output.folder + "/new", ["--dry-run"], limit: 60)
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            #expect(
                outcome.output.hasPrefix(
                    "50 galaxies in 2 partitions would be predicted by \(ranks) rank\(ranks == 1 ? "" : "s") with "))
            #expect(outcome.output.contains("redshifts               yes"), "\(outcome.report)")
            #expect(outcome.output.contains("image units             taken for "), "\(outcome.report)")
            #expect(outcome.output.contains("/new: would be made"), "\(outcome.report)")
            #expect(!FileManager.default.fileExists(atPath: output.folder))
            let missing = try await run(ranks: ranks, ["--dry-run", "--keep", "ra"])
            #expect(missing.exitCode == 65 && missing.error.contains("ra: is missing"), "\(missing.report)")
            let first = try await run(ranks: ranks)
            try #require(first.exitCode == 0, "\(first.report)")
            let before = try Output.finished.map { try output.bytes($0) }
            let held = try await run(ranks: ranks, ["--dry-run"])
            #expect(held.exitCode == 73 && held.error.contains("already holds"), "\(held.report)")
            let replaced = try await run(ranks: ranks, ["--dry-run", "--overwrite"])
            #expect(replaced.exitCode == 0 && replaced.output.contains("holds a finished run"), "\(replaced.report)")
            #expect(try Output.finished.map { try output.bytes($0) } == before && output.names == Output.finished)
        }

        @Test("Results.json says where the command was given")
        func workingDirectory() async throws {
            try MockSurvey().write(input.file("1.h5"), count: 4)
            let words = [
                "run", "--weights", Repository.fixture("small-weights.h5"), "--data", ".", "--output", output.folder,
            ]
            let outcome = try await Launch.run(
                "sh", ["-c", "cd \"$0\" && exec \"$@\"", input.path, Photoz.path] + words, limit: 60)
            try #require(outcome.exitCode == 0, "\(outcome.report)")
            let provenance = try output.results()["provenance"] as? [String: Any] ?? [:]
            let said = try #require(provenance["working_directory"] as? String)
            #expect(
                URL(fileURLWithPath: said).resolvingSymlinksInPath().path
                    == URL(fileURLWithPath: input.path).resolvingSymlinksInPath().path)
            #expect(provenance["data"] as? [String] == ["."])
        }
    }
}
