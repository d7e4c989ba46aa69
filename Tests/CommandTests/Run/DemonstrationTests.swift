import Foundation
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// What weights say of themselves, and what becomes of it when they say that they are a demonstration.
    @Suite(.serialized) struct DemonstrationTests {
        private let folder = try! TemporaryFolder()
        private let data = [Repository.fixture("partition.h5")]

        /// The small network with attributes of these texts.
        private func weights(_ name: String, _ texts: [String: String]) throws -> String {
            let path = folder.file(name)
            try FileManager.default.copyItem(atPath: Repository.fixture("small-weights.h5"), toPath: path)
            let file = try File.openForWriting(path)
            for (name, text) in texts { try file.setAttribute(name, text) }
            try file.close()
            return path
        }

        /// A finished run.
        private func run(_ name: String, _ weights: String, _ more: [String] = []) async throws -> Outcome {
            let outcome = try await Photoz.run(
                ranks: 2, data: data, output: folder.file(name), weights: weights, more, limit: 60)
            try #require(outcome.exitCode == 0, "\(outcome.report)")
            return outcome
        }

        private func report(_ names: [String]) async throws -> String {
            let page = folder.file("page.html")
            let outcome = try await Photoz.alone(["report"] + names.map(folder.file) + ["--output", page])
            try #require(outcome.exitCode == 0, "\(outcome.report)")
            return try String(contentsOfFile: page, encoding: .utf8)
        }

        private func inspect(_ path: String) async throws -> String {
            let outcome = try await Photoz.alone(["inspect", path])
            try #require(outcome.exitCode == 0, "\(outcome.report)")
            return outcome.output
        }

        private func provenance(_ name: String) throws -> [String: Any] {
            try Output(folder: folder.file(name)).results()["provenance"] as? [String: Any] ?? [:]
        }

        private func lines(_ text: String, with words: String) -> [String] {
            text.components(separatedBy: "\n").filter { $0.contains(words) }
        }

        @Test("Run, report and inspect say so in one line")
        func demonstration() async throws {
            let file = try weights(
                "demo.h5",
                [
                    "description": "A small\nnetwork \u{1b}[31m<of 2 blocks>",
                    "demonstration": "not for\r\nscience & <b>",
                ])
            let (description, notice) = (
                "A small network [31m<of 2 blocks>", "These are demonstration weights: not for science & <b>"
            )
            let outcome = try await run("one", file)
            #expect(
                lines(outcome.output, with: "Weights:") == ["Weights: \(file): " + description], "\(outcome.report)")
            #expect(lines(outcome.output, with: "demonstration") == [notice], "\(outcome.report)")
            #expect(try provenance("one")["weights_description"] as? String == description)
            #expect(try provenance("one")["weights_demonstration"] as? String == "not for science & <b>")
            let inspected = try await inspect(file)
            #expect(lines(inspected, with: "demonstration") == ["  " + notice], "\(inspected)")
            #expect(lines(inspected, with: "description") == ["  description: " + description], "\(inspected)")
            let results = try await inspect(folder.file("one/Results.json"))
            #expect(results.contains(description) && results.contains(notice), "\(results)")
            let page = try await report(["one"])
            let head = page.components(separatedBy: "<h2>")[0]
            #expect(head.contains("<p>Weights: A small network [31m&lt;of 2 blocks&gt;</p>"), "\(head)")
            let shown = "<p class=\"notice\">These are demonstration weights: not for science &amp; &lt;b&gt;</p>"
            #expect(lines(head, with: "demonstration weights") == [shown], "\(head)")
            let dry = try await run("dry", file, ["--dry-run"])
            #expect(dry.output.contains(description) && dry.output.contains(notice), "\(dry.report)")
        }

        @Test("A run does not show a SHA-256 in the description, inspect does")
        func shortDescription() async throws {
            let hash = String(repeating: "0af9", count: 16)
            let file = try weights("hashed.h5", ["description": "A toy; the catalogue's SHA-256 is \(hash); for tests"])
            let outcome = try await run("one", file)
            #expect(
                lines(outcome.output, with: "Weights:") == ["Weights: \(file): A toy; for tests"], "\(outcome.report)")
            #expect(try await inspect(file).contains(hash))
        }

        @Test("A page about several runs says it once for each kind of weights")
        func severalRuns() async throws {
            _ = try await run("one", try weights("demo.h5", ["demonstration": "not for science"]))
            _ = try await run("two", folder.file("demo.h5"), ["--batch-size", "16"])
            _ = try await run("other", try weights("toy.h5", ["demonstration": "a toy"]))
            let page = try await report(["one", "two", "other"])
            #expect(
                lines(page, with: "These are demonstration weights") == [
                    "<p class=\"notice\">These are demonstration weights: not for science</p>",
                    "<p class=\"notice\">These are demonstration weights: a toy</p>",
                ])
        }

        @Test("Weights that do not say so, and results from before, have no such line")
        func noDemonstration() async throws {
            let file = try weights("plain.h5", ["description": "like demonstration weights"])
            let outcome = try await run("one", file)
            #expect(!outcome.output.contains("These are"), "\(outcome.report)")
            #expect(lines(outcome.output, with: "Weights:") == ["Weights: \(file): like demonstration weights"])
            #expect(try provenance("one")["weights_demonstration"] is NSNull)
            #expect(try await !inspect(file).contains("These are"))
            #expect(try await !report(["one"]).contains("class=\"notice\""))
            let silent = try await run("two", Repository.fixture("small-weights.h5"))
            #expect(silent.output.contains("small-weights.h5: the file does not say what they are"), "\(silent.report)")
            #expect(try provenance("two")["weights_description"] is NSNull)
            #expect(try await !report(["two"]).contains("Weights:"))
            // As versions before wrote them.
            var results = try Output(folder: folder.file("two")).results()
            results["provenance"] = try provenance("two").filter {
                !["weights_description", "weights_demonstration"].contains($0.key)
            }
            try JSONSerialization.data(withJSONObject: results)
                .write(to: URL(fileURLWithPath: folder.file("two/Results.json")))
            #expect(try await !report(["two"]).contains("These are"))
            #expect(try await !inspect(folder.file("two/Results.json")).contains("These are"))
        }

        @Test("A mark that is no text is a fault and not overlooked", arguments: [true, false])
        func markWithoutWords(isNumber: Bool) async throws {
            let path = try weights("odd.h5", isNumber ? [:] : ["demonstration": " \n"])
            if isNumber {
                let file = try File.openForWriting(path)
                try file.setAttribute("demonstration", 1)
                try file.close()
            }
            let outcome = try await Photoz.run(ranks: 1, data: data, output: folder.file("out"), weights: path)
            #expect(outcome.exitCode == 65, "\(outcome.report)")
            #expect(outcome.error.contains("attribute demonstration holds no text"), "\(outcome.report)")
            let inspected = try await Photoz.alone(["inspect", path])
            #expect(inspected.exitCode == 65 && inspected.error.contains("demonstration"), "\(inspected.report)")
        }
    }
}
