import Foundation
import TestSupport
import Testing

extension CommandTests {
    /// Files of the user's under names that the program has a use for: they stay as they are.
    @Suite(.serialized) struct OwnFilesTests {
        let input = try! TemporaryFolder()
        let scratch = try! TemporaryFolder()
        private var output: Output { Output(folder: scratch.file("out")) }

        private func photoz(_ words: [String]) async throws -> Outcome { try await Photoz.alone(words) }

        private func run(_ more: [String] = [], data: String? = nil, output: String? = nil) async throws -> Outcome {
            try await photoz(
                ["run", "--weights", Repository.fixture("small-weights.h5"), "--data", data ?? input.path]
                    + ["--output", output ?? self.output.folder] + more)
        }

        /// Writes something of the user's, and gives its content.
        @discardableResult private func write(_ path: String, _ text: String = "mine") throws -> String {
            try FileManager.default.createDirectory(
                atPath: URL(fileURLWithPath: path).deletingLastPathComponent().path, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            return text
        }

        private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

        @Test(arguments: ["journal", ".journal"]) func aFolderThatIsCalledLikeTheJournal(name: String) async throws {
            _ = try MockSurvey().folder(input, counts: [20])
            let note = output.folder + "/\(name)/1-0"
            try write(note, "my own notes, longer than the head of any journal would ever be")
            for more in [[], ["--overwrite"], ["--resume"]] {
                let outcome = try await run(more)
                #expect(outcome.exitCode == 73 && outcome.error.contains("out/\(name): is there"), "\(outcome.report)")
            }
            let simulation = try await photoz(["simulate", "--galaxies", "4", "--output", output.folder])
            #expect(simulation.exitCode == 73 && simulation.error.contains("is not empty"), "\(simulation.report)")
            #expect(try text(note).hasPrefix("my own notes") && output.names == [name])
        }

        /// As the serverless system leaves its results, in the very folder that its plan names.
        @Test func filesOfRanksAndTables() async throws {
            _ = try MockSurvey().folder(input, counts: [20])
            let names = ["0.json", "1.json", "7.json", "predictions.csv"]
            let entry = #"{"total_cpu_time (seconds)": 1.5, "result_path": "r", "num_batches": 3}"#
            for name in names { try write(output.folder + "/" + name, name.hasSuffix("json") ? entry : "id,z\n1,2\n") }
            for more in [[], ["--resume"], ["--overwrite"]] {
                let outcome = try await run(more)
                #expect(outcome.exitCode == 0, "\(outcome.report)")
                #expect(output.names == (names + Output.finished).sorted())
            }
            for (option, name) in [("--rank-files", "0.json"), ("--csv", "predictions.csv")] {
                let outcome = try await run(["--overwrite", option])
                #expect(outcome.exitCode == 73 && outcome.error.contains("out/\(name): is there"), "\(outcome.report)")
            }
            #expect(try text(output.folder + "/1.json") == entry && text(output.folder + "/0.json") == entry)
            #expect(try text(output.folder + "/predictions.csv") == "id,z\n1,2\n")
        }

        @Test func resultsOfSomebodyElse() async throws {
            _ = try MockSurvey().folder(input, counts: [20])
            for name in Output.finished {
                let folder = scratch.file("with-" + name)
                try write(folder + "/" + name, #"[{"result_path": "r"}]"#)
                for more in [[], ["--overwrite"], ["--resume"]] {
                    let outcome = try await run(more, output: folder)
                    #expect(outcome.exitCode == 73 && outcome.error.contains(name), "\(more) \(outcome.report)")
                }
                #expect(Output(folder: folder).names == [name])
            }
        }

        @Test func ownFilesOfARunBeforeAreReplaced() async throws {
            _ = try MockSurvey().folder(input, counts: [20])
            for more in [["--csv", "--rank-files"], ["--csv", "--rank-files", "--overwrite"]] {
                let outcome = try await run(more)
                #expect(outcome.exitCode == 0, "\(outcome.report)")
                #expect(output.names == ["0.json"] + (Output.finished + ["predictions.csv"]).sorted())
            }
            try write(output.folder + "/notes.txt")
            try write(output.folder + "/inprogress_3.json", "what a killed run left")
            let last = try await run(["--overwrite"])
            #expect(last.exitCode == 0 && output.names == (Output.finished + ["notes.txt"]).sorted(), "\(last.report)")
        }

        @Test func noOutputWhereTheDataAre() async throws {
            _ = try MockSurvey().folder(input, counts: [10, 10])
            try FileManager.default.createSymbolicLink(atPath: scratch.file("link"), withDestinationPath: input.path)
            let link = scratch.file("link")
            for (data, folder) in [
                (input.path, input.path), (input.path, input.file("a/b")), (input.path, link + "/out"),
                (link, input.file("x")),
                (link + "/", input.path + "/./"), (input.file("1.h5"), input.path), (link + "/1.h5", input.path),
            ] {
                let outcome = try await run(["--overwrite"], data: data, output: folder)
                #expect(
                    outcome.exitCode == 73 && outcome.error.contains("the folder of the partitions"),
                    "\(data) \(folder) \(outcome.report)")
                let split = try await photoz(["split", "--data", data, "--partitions", "2", "--output", folder])
                #expect(split.exitCode == 73, "\(split.report)")
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: input.path).sorted() == ["1.h5", "2.h5"])
            let plan = try await photoz(["plan", "--data", input.path, "--output", input.file("3.h5")])
            #expect(plan.exitCode == 73, "\(plan.report)")
            // Beside the data is well.
            let beside = try await run(data: input.file("1.h5"), output: input.path + "-out")
            #expect(beside.exitCode == 0, "\(beside.report)")
            try FileManager.default.removeItem(atPath: input.path + "-out")
        }

        @Test func formerPredictionsAreNoInputOfTheirOwnFolder() async throws {
            _ = try MockSurvey().folder(input, counts: [10])
            try #require(try await run().exitCode == 0)
            let predictions = try output.bytes("predictions.h5")
            let survey = try TemporaryFolder()
            try FileManager.default.createSymbolicLink(
                atPath: survey.file("1.h5"), withDestinationPath: output.folder + "/predictions.h5")
            let images = ["--images", "redshift", "--overwrite"]
            for data in [output.folder + "/predictions.h5", survey.file("1.h5"), survey.path, output.folder] {
                let outcome = try await run(images, data: data)
                #expect([65, 73].contains(outcome.exitCode), "\(outcome.report)")
                #expect(try output.bytes("predictions.h5") == predictions)
            }
        }

        @Test func anImportReplacesOnlyImports() async throws {
            let words = ["import", Repository.fixture("arrays.npz"), "--output", scratch.file("1.h5")]
            for more in [[], ["--overwrite"]] { #expect(try await photoz(words + more).exitCode == 0) }
            _ = try MockSurvey().write(scratch.file("1.h5"), count: 3)
            let before = try Data(contentsOf: URL(fileURLWithPath: scratch.file("1.h5")))
            let refused = try await photoz(words + ["--overwrite"])
            #expect(refused.exitCode == 73 && refused.error.contains("photoz import wrote"), "\(refused.report)")
            #expect(try Data(contentsOf: URL(fileURLWithPath: scratch.file("1.h5"))) == before)
        }
    }
}
