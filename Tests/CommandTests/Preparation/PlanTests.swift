import Foundation
import TestSupport
import Testing

extension CommandTests {
    /// `photoz plan`, and `photoz run` that follows the plan.
    @Suite(.serialized) struct PlanTests {
        private let folder: TemporaryFolder

        init() throws { folder = try TemporaryFolder() }

        private func survey(partitions: Int) async throws {
            let outcome = try await Photoz.alone([
                "simulate", "--galaxies", "\(partitions * 8)", "--partitions", "\(partitions)", "--output",
                folder.file("survey"),
            ])
            #expect(outcome.exitCode == 0, "\(outcome.report)")
        }

        private func plan(_ more: [String], to name: String = "payload.json") async throws -> Outcome {
            try await Photoz.alone(
                ["plan", "--data", folder.file("survey"), "--output", folder.file(name)] + more)
        }

        private func payload(_ name: String = "payload.json") throws -> [String: Any] {
            let data = try Data(contentsOf: URL(fileURLWithPath: folder.file(name)))
            return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
        }

        private func follow(ranks: Int, _ more: [String] = [], plan: String = "payload.json") async throws -> Outcome {
            try await Launch.mpirun(
                ranks: ranks, Photoz.path,
                ["run", "--weights", Repository.weights, "--payload", folder.file(plan), "--quiet"] + more, limit: 120)
        }

        @Test("Each rank takes ceil(files left / ranks left) of the files that are left, and the keys are all there")
        func dealing() async throws {
            try await survey(partitions: 11)
            for (ranks, files) in [(1, 11), (3, 11), (4, 10), (5, 7), (9, 5), (11, 11)] {
                let made = try await plan([
                    "--world-size", "\(ranks)", "--file-limit", "\(files)", "--batch-size", "64", "--result-path",
                    "r/1",
                ])
                #expect(made.exitCode == 0, "\(made.report)")
                let payload = try payload()
                let map = try #require(payload["data_map"] as? [String: Any])
                #expect(map.count == ranks)
                var left = (1...files).map { "\($0).h5" }
                for rank in 0..<ranks {
                    let count = (left.count + ranks - rank - 1) / (ranks - rank)
                    let expected = Array(left.prefix(count))
                    left.removeFirst(count)
                    let found = try #require(map["\(rank)"])
                    switch count {
                    case 0: #expect(found is NSNull)
                    case 1: #expect(found as? String == expected[0])
                    default: #expect(found as? [String] == expected)
                    }
                }
                #expect(payload["world_size"] as? Int == ranks && payload["file_limit"] as? Int == files)
                #expect(payload["batch_size"] as? Int == 64 && payload["result_path"] as? String == "r/1")
                for key in ["bucket", "object_type", "S3_object_name", "script", "data_bucket"] {
                    #expect(payload[key] as? String == "")
                }
            }
        }

        @Test func onlyAPlanIsReplacedByAPlan() async throws {
            try await survey(partitions: 2)
            let survey = folder.file("survey")
            let text = #"{"bucket": "b", "data_map": {"0": "1.pt"}, "world_size": "1", "result_path": "r"}"#
            for (name, content) in [("notes.json", "mine"), ("payload.json", text), ("survey/3.csv", "a,b\n")] {
                try Data(content.utf8).write(to: URL(fileURLWithPath: folder.file(name)))
                let refused = try await plan([], to: name)
                #expect(refused.exitCode == 73 && refused.error.contains("is not a plan"), "\(refused.report)")
                #expect(try String(contentsOfFile: folder.file(name), encoding: .utf8) == content)
            }
            let partition = try Data(contentsOf: URL(fileURLWithPath: survey + "/2.h5"))
            #expect(try await plan([], to: "survey/2.h5").exitCode == 73)
            #expect(try Data(contentsOf: URL(fileURLWithPath: survey + "/2.h5")) == partition)
            try FileManager.default.createDirectory(atPath: folder.file("folder"), withIntermediateDirectories: true)
            #expect(try await plan([], to: "folder").exitCode == 73)
            // An older plan, and a name that a script has reserved.
            try Data().write(to: URL(fileURLWithPath: folder.file("empty")))
            for _ in 0..<2 { #expect(try await plan([], to: "empty").exitCode == 0) }
        }

        @Test("A run follows the plan and finds what any other run finds", arguments: [1, 2, 3, 7])
        func following(ranks: Int) async throws {
            try await survey(partitions: 5)
            #expect(try await plan(["--world-size", "\(ranks)", "--batch-size", "6"]).exitCode == 0)
            let outcome = try await follow(ranks: ranks, ["--rank-files"])
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            let planned = Output(folder: folder.file("results"))
            #expect(planned.names == ((0..<ranks).map { "\($0).json" } + Output.finished).sorted())
            let entries = try planned.ranks()
            for rank in 0..<ranks {
                let own = try JSONSerialization.jsonObject(with: planned.bytes("\(rank).json")) as? NSDictionary
                #expect(own == entries[rank] as NSDictionary)
            }
            #expect(entries[0]["batch_size"] as? Int == 6)
            let plain = try await Photoz.run(
                ranks: 1, data: [folder.file("survey")], output: folder.file("plain"), ["--quiet"])
            #expect(plain.exitCode == 0)
            #expect(try planned.bytes("predictions.h5") == Output(folder: folder.file("plain")).bytes("predictions.h5"))

            let again = try await follow(ranks: ranks, ["--overwrite"])
            #expect(again.exitCode == 0 && planned.names == Output.finished, "\(again.report)")
        }

        @Test("Names of the serverless system, numbers as strings, and --output instead of result_path")
        func serverlessPlans() async throws {
            try await survey(partitions: 3)
            let text = """
                {"bucket": "b", "file_limit": "2", "batch_size": "4", "object_type": "folder", "S3_object_name": "s", "script": "x",
                 "result_path": "unused", "data_bucket": "d", "data_prefix": "survey", "world_size": "2",
                 "data_map": {"0": "survey/1.pt", "1": ["2.pt", "3.pt"]}}
                """
            try Data(text.utf8).write(to: URL(fileURLWithPath: folder.file("p.json")))
            let outcome = try await follow(ranks: 2, ["--output", folder.file("out")], plan: "p.json")
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            let entries = try Output(folder: folder.file("out")).ranks()
            // The file limit holds: 3.pt is the third.
            #expect(entries.map { $0["data_path"] as? String } == ["1.h5", "2.h5"])
        }

        @Test("A key that means nothing is warned of, with the one that was perhaps meant")
        func unknownKeys() async throws {
            try MockSurvey().write(folder.file("1.h5"), count: 6)
            let text = """
                {"data_map": {"0": "1.h5"}, "result_path": "out", "batchSize": 4, "batch_sise": 4, "comment": "mine", "bucket": "b"}
                """
            try Data(text.utf8).write(to: URL(fileURLWithPath: folder.file("p.json")))
            let outcome = try await follow(ranks: 1, plan: "p.json")
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            let warnings = try Output(folder: folder.file("out")).results()["warnings"] as? [String] ?? []
            for (key, advice) in [
                ("batchSize", "; did you mean \"batch_size\"?"), ("batch_sise", "; did you mean \"batch_size\"?"),
                ("comment", ""),
            ] {
                let words = "the key \"\(key)\" means nothing here and is passed over\(advice)"
                #expect(outcome.error.contains(words + "\n"), "\(words) in \(outcome.report)")
                #expect(warnings.contains { $0.hasSuffix(words) }, "\(warnings)")
            }
            #expect(outcome.error.components(separatedBy: "means nothing").count == 4, "\(outcome.report)")
            let inspected = try await Photoz.alone(["inspect", folder.file("p.json")])
            #expect(inspected.output.contains("unknown key: \"batchSize\", perhaps batch_size"), "\(inspected.report)")
        }

        @Test func onlyTheLastExtensionIsAnother() async throws {
            for (name, first, count) in [("survey", 0, 3), ("survey.1", 10, 5), ("survey.1.x", 20, 7)] {
                try MockSurvey().write(folder.file("\(name).h5"), first: first, count: count)
            }
            for (name, count) in [
                ("survey.1.pt", 5), ("survey.pt", 3), ("a.b/survey.1.x.pth", 7), ("a/survey.1.h5", 5),
            ] {
                let text = #"{"world_size": 1, "result_path": "\#(count)", "data_map": {"0": "\#(name)"}}"#
                try Data(text.utf8).write(to: URL(fileURLWithPath: folder.file("p.json")))
                let output = Output(folder: folder.file("out"))
                let outcome = try await follow(ranks: 1, ["--output", output.folder, "--overwrite"], plan: "p.json")
                #expect(outcome.exitCode == 0, "\(name): \(outcome.report)")
                #expect(try output.results()["num_samples"] as? Int == count, "\(name)")
            }
            // There is survey.h5, but that is another.
            let text = #"{"world_size": 1, "result_path": "r", "data_map": {"0": "survey.2.pt"}}"#
            try Data(text.utf8).write(to: URL(fileURLWithPath: folder.file("p.json")))
            let outcome = try await follow(ranks: 1, plan: "p.json")
            #expect(outcome.exitCode == 66 && outcome.error.contains("survey.2.h5"), "\(outcome.report)")
        }

        @Test("Plans that cannot be followed")
        func refusals() async throws {
            try await survey(partitions: 2)
            #expect(try await plan(["--world-size", "2"]).exitCode == 0)
            let other = try await follow(ranks: 3)
            #expect(
                other.exitCode == 64 && other.error.contains("is a plan for 2 ranks, and there are 3"),
                "\(other.report)")
            let maps = [
                (#"{"0": "9.h5", "1": null}"#, 66, "9.h5: cannot be read"),
                (#"{"0": "9.pt", "1": null}"#, 66, "photoz import"),
                (#"{"0": "1.h5"}"#, 65, "data_map has 1 ranks and world_size is 2"),
                (#"{"0": "1.h5", "2": "2.h5"}"#, 65, "data_map has no rank 1"),
                (#"{"0": "1.h5", "1": "1.pt"}"#, 65, "1.h5 stands in data_map twice"),
                (#"{"0": 7, "1": null}"#, 65, #""data_map.0" is of another type"#), ("[", 65, "is no plan of a run"),
                (#"{"0": "a/1.pt", "1": "b/2.pt"}"#, 65, "files of the folders a and b"),
                (#"{"0": "1.h5", "0": "2.h5", "1": null}"#, 65, #"gives "data_map.0" twice"#),
            ]
            for (map, code, message) in maps {
                let text = #"{"world_size": 2, "result_path": "x", "data_prefix": "survey", "data_map": "# + map + "}"
                try Data(text.utf8).write(to: URL(fileURLWithPath: folder.file("bad.json")))
                let outcome = try await follow(ranks: 2, plan: "bad.json")
                #expect(outcome.exitCode == code && outcome.error.contains(message), "\(outcome.report)")
            }
            #expect(try await follow(ranks: 2, plan: "missing.json").exitCode == 66)
            #expect(try await follow(ranks: 2, ["--data", "x"]).exitCode == 64)
        }
    }
}
