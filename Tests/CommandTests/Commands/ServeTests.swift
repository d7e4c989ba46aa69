import Foundation
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// `photoz serve`: one process, many requests.
    @Suite(.serialized) struct ServeTests {
        private let scratch = try! TemporaryFolder()
        private static let weights = Repository.fixture("small-weights.h5")

        /// What the process answers to some lines, without the first one, which says that it is ready.
        private func serve(
            _ lines: [String], _ more: [String] = [], weights: String = weights
        ) async throws -> (code: Int, ready: [String: Any], answers: [[String: Any]], error: String) {
            let requests = scratch.file("requests")
            try (lines.map { $0 + "\n" }.joined()).write(toFile: requests, atomically: true, encoding: .utf8)
            let outcome = try await Launch.run(
                "sh", ["-c", "exec \"$@\" < \"$0\"", requests, Photoz.path, "serve", "--weights", weights] + more,
                limit: 60)
            let said = try outcome.output.split(separator: "\n").map {
                try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
            }
            return (outcome.exitCode, said.first ?? [:], Array(said.dropFirst()), outcome.error)
        }

        private func request(_ data: String, _ output: String, id: Int = 1, _ options: [String] = []) -> String {
            let words = options.map { "\"\($0)\"" }.joined(separator: ", ")
            return "{\"id\": \(id), \"data\": \"\(data)\", \"output\": \"\(output)\", \"options\": [\(words)]}"
        }

        @Test("Answers have the bits of photoz run, whatever is asked in between", arguments: ["f32", "bf16", "int8"])
        func sameBits(precision: String) async throws {
            let data = scratch.file("1.h5")
            var variation = MockSurvey.Variation()
            variation.integerIdentifiers = true
            variation.changeMagnitudes = {
                $0[7] = -99
                $0[11] = 99
                $0[20] = 5
            }
            try MockSurvey().write(data, count: 60, variation)
            let folder = Output(folder: scratch.file("run"))
            let options = ["--views", "2", "--keep", "redshift_copy"]
            let file = try File.openForWriting(data)
            try file.createDataset("redshift_copy", of: Double.self, shape: [60])
                .write(rows: 0..<60, from: (0..<60).map { Double($0) / 7 })
            try file.close()
            let run = try await Photoz.run(
                ranks: 1, data: [data], output: folder.folder, options + ["--precision", precision], limit: 60)
            try #require(run.exitCode == 0, "\(run.report)")
            let other = scratch.file("other.h5")
            try MockSurvey().write(other, first: 100, count: 5)
            let (first, second) = (scratch.file("first.h5"), scratch.file("second.h5"))
            let lines = [
                request(data, first, id: 7, options), request(other, second, id: 8), "",
                request(data, second, id: 9, options),
            ]
            let (code, ready, answers, error) = try await serve(
                lines, ["--precision", precision, "--threads", "2"], weights: Repository.weights)
            #expect(code == 0 && error == "", "\(error)")
            #expect(ready["ready"] as? Bool == true && ready["precision"] as? String == precision)
            try #require(answers.count == 3)
            #expect(answers.map { $0["id"] as? Int } == [7, 8, 9] && answers.allSatisfy { $0["ok"] as? Bool == true })
            #expect(answers.map { $0["galaxies"] as? Int } == [60, 5, 60])
            #expect(answers[0]["flags"] as? [String: Int] == (try folder.results()["flags"] as? [String: Int]))
            let warnings = answers[0]["warnings"] as? [String] ?? []
            #expect(warnings.count { $0.hasPrefix("2 of the galaxies lack a magnitude") } == 1, "\(warnings)")
            for path in [first, second] {
                let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
                #expect(try bytes == folder.bytes("predictions.h5"), "\(path)")
            }
        }

        @Test("Identifiers of any length, rows that are left out, images that are cut down")
        func otherGalaxies() async throws {
            let data = scratch.file("1.h5")
            var variation = MockSurvey.Variation()
            variation.identifiers = (0..<9).map { "J\($0 * 1_000_003)" }
            variation.changeImage = { $0[MockSurvey.pixels * 4] = .nan }
            try MockSurvey().write(data, count: 9, variation)
            let output = scratch.file("z.h5")
            let lines = [request(data, output, id: 1), request(data, output, id: 2, ["--on-error", "skip"])]
            let (code, _, answers, _) = try await serve(lines)
            #expect(code == 0 && answers.count == 2)
            #expect(answers[0]["code"] as? Int == 65)
            #expect((answers[0]["error"] as? String ?? "").contains("row 4 holds nan"), "\(answers[0])")
            #expect(answers[1]["skipped"] as? Int == 1)
            let file = try File.open(output)
            let found: [Float] = try file.dataset("redshift_predicted").readAll()
            #expect(found.enumerated().allSatisfy { $1.isNaN == ($0 == 4) })
            #expect(try file.dataset("object_id").readStrings(rows: 0..<9) == variation.identifiers)
            let run = try await Photoz.run(
                ranks: 1, data: [data], output: scratch.file("run"), weights: Self.weights,
                ["--on-error", "skip"], limit: 60)
            #expect(run.exitCode == 65)
            let expected = try Output(folder: scratch.file("run")).floats("redshift_predicted")
            #expect(found.map(\.bitPattern) == expected.map(\.bitPattern))
        }

        @Test("A bad request is answered and ends nothing")
        func badRequests() async throws {
            let (data, mine) = (Repository.galaxies, scratch.file("mine.h5"))
            try Data("mine".utf8).write(to: URL(fileURLWithPath: mine))
            let good = scratch.file("good.h5")
            let cases: [(line: String, code: Int, words: String)] = [
                ("no JSON", 64, "is no proper JSON"),
                ("[]", 64, "an object is expected"),
                ("{\"data\": \"\(data)\"}", 64, "output"),
                (
                    "{\"data\": \"\(data)\", \"output\": \"\(good)\", \"weights\": 1}", 64,
                    "\"weights\", which means nothing"
                ),
                ("{\"data\": [], \"output\": \"\(good)\"}", 64, "names no data"),
                ("{\"data\": \"\(data)\", \"output\": \"\(good)\", \"id\": [1]}", 64, "an id that is neither"),
                ("{\"data\": \"a\\u0000b\", \"output\": \"\(good)\"}", 64, "zero character"),
                (request(data, good, ["--unit", "x"]), 64, "Unknown option"),
                (request(data, good, ["--views", "9"]), 64, "2 to 8"),
                (request(data, good, ["--keep", "flags"]), 64, "of their own"),
                (request(data, good, ["--bands", "ugr"]), 64, "does not name 5 bands"),
                (request(scratch.file("no.h5"), good), 66, "no.h5"),
                (request(Self.weights, good), 65, "images: is missing"),
                (request(data, good, ["--images", "image"]), 65, "image: is missing"),
                (request(data, mine), 73, "is not replaced"),
                (request(data, scratch.path), 73, "is not a file that can be replaced"),
                (request(data, scratch.file("none/out.h5")), 73, "none"),
                (String(repeating: "x", count: 3 << 20), 64, "is no proper JSON"),
            ]
            let (code, _, answers, error) = try await serve(cases.map(\.line) + [request(data, good, id: 5)])
            #expect(code == 0 && error == "", "\(error)")
            try #require(answers.count == cases.count + 1)
            for (answer, (line, code, words)) in zip(answers, cases) {
                #expect(answer["ok"] as? Bool == false, "\(line.prefix(200))")
                #expect(answer["code"] as? Int == code, "\(line.prefix(200)): \(answer)")
                #expect((answer["error"] as? String ?? "").contains(words), "\(line.prefix(200)): \(answer)")
            }
            #expect(answers[cases.count]["ok"] as? Bool == true && answers[cases.count]["id"] as? Int == 5)
            #expect(try Data(contentsOf: URL(fileURLWithPath: mine)) == Data("mine".utf8))
            #expect(Output(folder: scratch.path).names == ["good.h5", "mine.h5", "requests"], "nothing half-written")
        }

        @Test("A line without its end is no request, and weights that cannot be read end it at once")
        func endings() async throws {
            let requests = scratch.file("half")
            try request(Repository.galaxies, scratch.file("z.h5"))
                .write(toFile: requests, atomically: true, encoding: .utf8)
            let half = try await Launch.run(
                "sh", ["-c", "exec \"$@\" < \"$0\"", requests, Photoz.path, "serve", "--weights", Self.weights],
                limit: 30)
            #expect(half.exitCode == 0 && half.output.split(separator: "\n").count == 1, "\(half.report)")
            #expect(!FileManager.default.fileExists(atPath: scratch.file("z.h5")))
            let missing = try await serve([], weights: scratch.file("none.h5"))
            #expect(missing.code == 66 && missing.ready.isEmpty && missing.error.contains("none.h5"))
            let wrong = try await serve([], weights: Repository.galaxies)
            #expect(wrong.code == 65 && wrong.ready.isEmpty, "\(wrong.error)")
        }

        @Test("SIGTERM ends it while it waits, and in the middle of a request", arguments: [false, true])
        func signal(isBusy: Bool) async throws {
            let survey = try TemporaryFolder()
            let (data, output) = (try MockSurvey().folder(survey, counts: [6000]), scratch.file("z.h5"))
            try (isBusy ? request(data[0], output) + "\n" : "").write(
                toFile: scratch.file("requests"), atomically: true, encoding: .utf8)
            // Standard input stays open.
            let script = """
                cd "$0"; mkfifo pipe; exec 3<>pipe; cat requests >&3
                "$1" serve --weights "$2" <pipe >said & echo $! >process; wait $!; echo "code $?"
                """
            async let run = Launch.run(
                "bash", ["-c", script, scratch.path, Photoz.path, Repository.weights], limit: 60)
            func said(_ name: String) -> String {
                (try? String(contentsOfFile: scratch.file(name), encoding: .utf8)) ?? ""
            }
            for _ in 0..<3000 where !said("said").contains("ready") { try await Task.sleep(for: .milliseconds(10)) }
            try await Task.sleep(for: .milliseconds(500))
            let process = try #require(Int32(said("process").trimmingCharacters(in: .whitespacesAndNewlines)))
            #expect(kill(process, SIGTERM) == 0)
            let outcome = try await run
            #expect(outcome.output == "code 75\n" && outcome.error == "", "\(outcome.report)")
            #expect(said("said").contains("\"code\":75,\"error\":\"stopped by SIGTERM") == isBusy, "\(said("said"))")
            #expect(Output(folder: scratch.path).names == ["pipe", "process", "requests", "said"])
        }
    }
}
