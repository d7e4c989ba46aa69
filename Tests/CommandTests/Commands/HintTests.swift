import Foundation
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// What the program says of a command line or a file that is nearly right.
    @Suite(.serialized) struct HintTests {
        private let folder = try! TemporaryFolder()
        private static let small = Repository.fixture("small-weights.h5")

        @Test func optionsThatAreNearlyRight() async throws {
            let galaxies = Repository.galaxies
            for (words, hint) in [
                (["run", "--weight", Self.small, "--data", galaxies, "--output", "o"], "Did you mean '--weights'?"),
                (["run", "--weights", Self.small, "--dta", galaxies, "--output", "o"], "Did you mean '--data'?"),
                (["sweep", "--weights", "w", "--data", "d", "--ouput", "o", "--np", "1"], "Did you mean '--output'?"),
                (["status", "--jsn", "results"], "Did you mean '--json'?"),
                (["run", "-weights", Self.small, "--data", galaxies, "--output", "o"], "Did you mean '--weights'?"),
                (["run", "--threads", "-1"], "--threads takes no negative number"),
                (["selftest", "--data", ""], "--data needs a folder"),
                (["run", "--weights", Self.small, "--data", "", "--output", "o"], "--data needs a folder"),
                (["run", "--batch-size", "ten"], "--batch-size takes a whole number"),
                (["run", "--grid", "0:2"], "--grid takes the first redshift, the last one and the number of points"),
                (["inspect", "-d/1.h5"], "write './-d/1.h5'"), (["inspect", "-data.h5"], "write './-data.h5'"),
            ] {
                let outcome = try await Photoz.alone(words)
                #expect(outcome.exitCode == 64 && outcome.error.contains(hint), "\(words): \(outcome.report)")
            }
            try FileManager.default.copyItem(atPath: galaxies, toPath: folder.file("-d.h5"))
            let named = try await Launch.run(
                "sh", ["-c", "cd \(folder.path) && \(Photoz.path) inspect -- -d.h5"], limit: 20)
            #expect(named.exitCode == 0, "\(named.report)")
        }

        @Test func theAdviceFindsTheSameFaults() async throws {
            // A fault in a file that is found by its own names.
            let file = try File.create(folder.file("1.h5"))
            let source = try File.open(Repository.galaxies)
            let images: [Float] = try source.dataset("images").readAll()
            try file.createDataset("cutouts", of: Float.self, shape: [256, 5, 32, 32]).write(
                rows: 0..<256, from: images)
            let magnitudes: [Double] = try source.dataset("magnitudes").readAll()
            for band in 0..<5 {
                let values = stride(from: band, to: magnitudes.count, by: 5).map {
                    band == 1 && $0 == 11 ? .nan : magnitudes[$0]
                }
                try file.createDataset("mag_\(band)", of: Double.self, shape: [256]).write(rows: 0..<256, from: values)
            }
            try file.close()
            // Blanks after commas are none of a name.
            let options = ["--images", "cutouts", "--magnitudes", "mag_0, mag_1,mag_2 ,mag_3, mag_4"]
            let inspected = try await Photoz.alone(["inspect", folder.file("1.h5")] + options)
            // Another number of data sets than bands is a fault of its own, which names them all.
            let short = try await Photoz.alone(
                [
                    "run", "--weights", Self.small, "--data", folder.file("1.h5"), "--output", folder.file("out"),
                    "--quiet",
                    "--images", "cutouts", "--magnitudes", "mag_0, mag_1",
                ])
            #expect(short.exitCode == 65 && !short.error.contains("\" mag_1"), "\(short.report)")
            #expect(!inspected.error.contains("is missing"), "\(inspected.report)")
            let advice = try #require(short.error.split(separator: "\n").first { $0.contains("See all faults with: ") })
            let command = advice.components(separatedBy: "photoz inspect").last ?? ""
            #expect(command.contains("--images cutouts") && command.contains("--weights"), "\(short.report)")
            let again = try await Launch.run("sh", ["-c", "\(Photoz.path) inspect\(command)"], limit: 20)
            #expect(
                again.exitCode == 65 && again.error.contains("2 data sets of magnitudes are named"), "\(again.report)")
        }

        @Test("inspect is advised only where it shows more")
        func noUselessAdvice() async throws {
            let partition = folder.file("p.h5")
            try MockSurvey().write(partition, count: 4)
            func run(_ weights: String, _ data: String, _ more: [String] = []) async throws -> String {
                let outcome = try await Photoz.alone(
                    ["run", "--weights", weights, "--data", data, "--output", folder.file("out"), "--quiet"] + more)
                #expect(outcome.exitCode == 65, "\(outcome.report)")
                return outcome.error
            }
            for error in [
                try await run(partition, partition), try await run(Self.small, Self.small),
                try await run(Self.small, partition, ["--keep", "nosuch"]),
            ] { #expect(!error.contains("See all faults"), "\(error)") }
            try MockSurvey().write(partition, count: 4, .init(changeImage: { $0[7] = .nan }))
            #expect(try await run(Self.small, partition).contains("See all faults with: photoz inspect"))
        }

        @Test func imagesUnderAnotherName() async throws {
            let path = folder.file("named.h5")
            try MockSurvey().write(path, count: 4, .init(omit: ["images"]))
            let file = try File.openForWriting(path)
            try file.createDataset("cutouts", of: Float.self, shape: [4, 5, 32, 32]).write(
                rows: 0..<4, from: [Float](repeating: 1, count: 4 * MockSurvey.pixels))
            try file.close()
            for command in [["run", "--data", path, "--output", folder.file("out")], ["inspect", path]] {
                let outcome = try await Photoz.alone(command + ["--weights", Self.small])
                #expect(outcome.exitCode == 65 && outcome.error.contains("--images cutouts"), "\(outcome.report)")
            }
        }

        @Test func partitionsOfOtherNetworks() async throws {
            let path = folder.file("two.h5")
            let file = try File.create(path)
            try file.createDataset("images", of: Float.self, shape: [3, 2, 16, 16]).write(
                rows: 0..<3, from: (0..<3 * 2 * 256).map { Float($0 % 17) })
            try file.createDataset("magnitudes", of: Float.self, shape: [3, 2]).write(
                rows: 0..<3, from: [20, 21, 22, 20, 21, 19])
            try file.close()
            let alone = try await Photoz.alone(["inspect", path])
            #expect(alone.exitCode == 0 && alone.output.contains("[3, 2, 16, 16]"), "\(alone.report)")
            let beside = try await Photoz.alone(["inspect", path, "--weights", Self.small])
            #expect(beside.exitCode == 65 && beside.error.contains("[N, 5, 32, 32]"), "\(beside.report)")
        }

        @Test func filesThatTheProgramWroteItself() async throws {
            let survey = try MockSurvey().folder(TemporaryFolder(), counts: [12, 8])
            let output = folder.file("out")
            let run = try await Photoz.alone(
                ["run", "--weights", Self.small, "--data"] + survey + ["--output", output, "--quiet", "--rank-files"])
            #expect(run.exitCode == 0, "\(run.report)")
            let plan = try await Photoz.alone(["plan", "--data"] + survey + ["--output", folder.file("plan.json")])
            #expect(plan.exitCode == 0, "\(plan.report)")
            for (file, words) in [
                (output + "/predictions.h5", ["galaxies: 20, partitions: 2", "spectroscopic redshift: 20"]),
                (output + "/Results.json", ["galaxies: 20", "precision: f32", "sigma_mad: 0."]),
                (output + "/combined_data.json", ["ranks: 1"]), (output + "/0.json", ["the entry of a rank"]),
                (folder.file("plan.json"), ["a plan", "partitions: 2, ranks: 2"]),
            ] {
                let outcome = try await Photoz.alone(["inspect", file])
                #expect(outcome.exitCode == 0, "\(outcome.report)")
                for word in words { #expect(outcome.output.contains(word), "\(outcome.report)") }
            }
            try Data("{\"world_size\": 3}".utf8).write(to: URL(fileURLWithPath: folder.file("other.json")))
            let other = try await Photoz.alone(["inspect", folder.file("other.json")])
            #expect(other.exitCode == 65 && other.error.contains("neither results"), "\(other.report)")
        }
    }
}
