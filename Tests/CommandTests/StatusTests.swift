import Foundation
import TestSupport
import Testing

extension CommandTests {
    /// `photoz status`: each thing that a folder may hold, for people and for scripts.
    @Suite(.serialized) struct StatusTests {
        let scratch = try! TemporaryFolder()

        /// The keys that Documentation.docc/Resume.md has.
        private static let keys: Set<String> = [
            "schema", "folder", "state", "being_written", "resumable", "message", "results", "galaxies",
            "galaxies_done", "findings_stored",
            "attempts", "last_written_utc", "version", "ranks", "command_line", "start_utc", "end_utc", "next_command",
        ]

        private func arguments(_ output: Output, _ data: [String], _ more: [String] = []) -> [String] {
            ["run", "--weights", Repository.weights, "--data"] + data + ["--output", output.folder, "--quiet"] + more
        }

        /// Asks in both ways, and compares what must be the same.
        private func status(_ folder: String, _ state: String, _ exitCode: Int, says words: String...) async throws
            -> Status
        {
            let status = try await Status(of: folder)
            #expect(status.state == state && status.exitCode == exitCode, "\(status)")
            #expect(Set(status.object.keys) == Self.keys)
            #expect(status.object["schema"] as? String == "photoz.status/1")
            let text = try await Photoz.alone(["status", folder])
            #expect(text.exitCode == exitCode && text.error.isEmpty, "\(text.report)")
            for word in words { #expect(text.output.contains(word), "\(word): \(text.report)") }
            return status
        }

        @Test func foldersWithoutARun() async throws {
            let absent = try await status(scratch.file("none"), "absent", 66, says: "is not there")
            #expect(absent.object["galaxies_done"] is NSNull && absent.object["next_command"] is NSNull)
            let survey = try MockSurvey().folder(TemporaryFolder(), counts: [5])
            _ = try await status(survey[0], "empty", 66, says: "holds no run")
            let file = try await Photoz.alone(["status", Repository.weights])
            #expect(file.exitCode == 66 && file.error.contains("is no folder"), "\(file.report)")
            let usage = try await Photoz.alone(["status"])
            #expect(usage.exitCode == 64, "\(usage.report)")
        }

        @Test func whatRunRefusesToTouch() async throws {
            let output = Output(folder: scratch.file("out"))
            try FileManager.default.createDirectory(
                atPath: output.folder + "/journal", withIntermediateDirectories: true)
            try Data("mine".utf8).write(to: URL(fileURLWithPath: output.folder + "/journal/1-0"))
            let foreign = try await status(output.folder, "foreign", 73, says: "out/journal: is there already")
            #expect((foreign.object["message"] as? String)?.contains("out/journal: is there") == true)
        }

        @Test func aFinishedRun() async throws {
            let data = try MockSurvey().folder(TemporaryFolder(), counts: [70])
            let output = Output(folder: scratch.file("out put"))
            let run = try await Photoz.alone(arguments(output, data))
            try #require(run.exitCode == 0, "\(run.report)")
            let finished = try await status(
                output.folder, "finished", 0, says: "finished run", "galaxies     70\n", "photoz report '")
            #expect(finished.done == 70 && finished.object["galaxies"] as? Int == 70)
            #expect(
                finished.object["resumable"] as? Bool == false && finished.object["being_written"] as? Bool == false)
            #expect(
                finished.object["results"] as? [String] == ["predictions.h5", "combined_data.json", "Results.json"])
            let provenance = try output.results()["provenance"] as? [String: Any]
            for key in ["version", "start_utc", "end_utc"] {
                #expect(finished.object[key] as? String == provenance?[key] as? String)
            }
            #expect(finished.object["command_line"] as? [String] == provenance?["command_line"] as? [String])
            #expect(output.names == Output.finished, "nothing is changed")
            // The command that is said to be next.
            let command = try #require(finished.object["next_command"] as? String)
            let report = try await Launch.run(
                "sh", ["-c", command.replacingOccurrences(of: "photoz report", with: "\(Photoz.path) report")],
                limit: 30)
            #expect(report.exitCode == 0, "\(command): \(report.report)")
            // A mark that is none.
            let mark = URL(fileURLWithPath: output.folder + "/Results.json")
            try Data("{}".utf8).write(to: mark)
            _ = try await status(output.folder, "foreign", 73, says: "Results.json: cannot be read")
            try FileManager.default.removeItem(at: mark)
            _ = try await status(output.folder, "partial", 73, says: "without Results.json", "--overwrite")
        }

        @Test func aHalfFinishedRun() async throws {
            let data = try MockSurvey().folder(TemporaryFolder(), counts: [2000])
            let output = Output(folder: scratch.file("out"))
            async let run = Photoz.alone(arguments(output, data, ["--batch-size", "50"]))
            try await output.waitForFindings()
            let job = JobProcesses(word: output.folder).all.filter { $0.name == "photoz" }
            for process in job { kill(process.id, SIGSTOP) }
            let written = try await status(output.folder, "half_finished", 75, says: "a command is writing here")
            #expect(written.object["being_written"] as? Bool == true && written.object["next_command"] is NSNull)
            for process in job {
                kill(process.id, SIGUSR1)
                kill(process.id, SIGCONT)
            }
            let outcome = try await run
            try #require(outcome.exitCode == 75, "\(outcome.report)")
            let half = try await status(
                output.folder, "half_finished", 75, says: "half-finished run", "of 2000 done", "in 1 attempt",
                "go on with")
            #expect(half.done >= written.done && half.done % 50 == 0 && half.done < 2000)
            #expect(half.object["findings_stored"] as? Int == half.done)
            #expect(half.object["galaxies"] as? Int == 2000 && half.object["attempts"] as? Int == 1)
            #expect(half.object["being_written"] as? Bool == false && half.object["resumable"] as? Bool == true)
            #expect(half.object["ranks"] as? Int == 1)
            let program = try await Photoz.alone(["--version"]).output.split(separator: "\n").first
            #expect(half.object["version"] as? String == program.map(String.init))
            #expect((half.object["command_line"] as? [String])?.contains("--batch-size") == true)
            let dates = ISO8601DateFormatter()
            let stored = dates.date(from: half.object["last_written_utc"] as? String ?? "")
            #expect(abs((stored ?? .distantPast).timeIntervalSinceNow) < 60)

            // A run that is killed while it gives its results their names.
            let journal = output.folder + "/journal"
            try FileManager.default.moveItem(atPath: journal, toPath: output.folder + "/.journal")
            let sealed = try await status(output.folder, "sealed", 75, says: "ended while its results got their names")
            #expect(sealed.done == half.done)
            try FileManager.default.moveItem(atPath: output.folder + "/.journal", toPath: journal)

            // From anywhere, the command that is said to be next goes on.
            let elsewhere = try await Launch.run(
                "sh", ["-c", "cd / && \(Photoz.path) status --json \(output.folder)"], limit: 20)
            let object = try JSONSerialization.jsonObject(with: Data(elsewhere.output.utf8)) as? [String: Any]
            let command = try #require(object?["next_command"] as? String)
            #expect(command.hasPrefix("cd ") && command.hasSuffix(" --resume"), "\(command)")
            let resumed = try await Launch.run("sh", ["-c", "cd / && \(command)"], limit: 60)
            #expect(resumed.exitCode == 0, "\(command): \(resumed.report)")
            #expect(try output.results()["resumed_samples"] as? Int == half.done)
        }
    }
}
