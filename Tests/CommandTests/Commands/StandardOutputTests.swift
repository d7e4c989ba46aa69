import Foundation
import TestSupport
import Testing

extension CommandTests {
    /// Standard output that cannot be written, and files of others that stand where a command writes.
    @Suite(.serialized) struct StandardOutputTests {
        private let folder = try! TemporaryFolder()

        @Test func whatCannotBePrintedIsAnError() async throws {
            let small = Repository.fixture("small-weights.h5")
            let survey = folder.file("survey")
            let results = folder.file("results")
            let simulation = try await Photoz.alone(["simulate", "--galaxies", "8", "--output", survey])
            #expect(simulation.exitCode == 0, "\(simulation.report)")
            let run = "run --weights \(small) --data \(survey) --output \(results)"
            let first = try await Photoz.alone(run.split(separator: " ").map(String.init))
            #expect(first.exitCode == 0, "\(first.report)")
            let commands = [
                "inspect \(survey)/1.h5", "inspect \(small)", "inspect --cpu", "summarize \(results)", "--help",
                "status \(results)", "status --json \(results)",
                "run --help", "--version", "--generate-completion-script bash",
                "report \(results) --output \(folder.file("page.html"))",
                "plan --data \(survey) --output \(folder.file("plan.json"))",
                "sweep --weights \(small) --data \(survey) --np 1 --output \(folder.file("sweep")) --dry-run",
                "\(run) --overwrite",
                "import \(Repository.fixture("small-state-dict.pt")) --num-heads 4 --overwrite --output \(folder.file("w.h5"))",
            ]
            for command in commands {
                for (redirection, reason) in [
                    (">/dev/full", "No space left"), (">&-", "Bad file descriptor"), ("| true", "Broken pipe"),
                ] {
                    // A reader that is gone before anything is printed.
                    let line =
                        redirection == "| true"
                        ? "(sleep 0.05; \(Photoz.path) \(command)) | true; exit ${PIPESTATUS[0]}"
                        : "\(Photoz.path) \(command) \(redirection)"
                    let outcome = try await Launch.run("bash", ["-c", line], limit: 30)
                    #expect(
                        outcome.exitCode == 74
                            && outcome.error.contains("standard output: cannot be written: \(reason)"),
                        "\(command) \(redirection): \(outcome.report)")
                }
            }
            #expect(Output(folder: results).names == Output.finished)
            let quiet = try await Launch.run(
                "bash", ["-c", "\(Photoz.path) \(run) --overwrite --quiet >&-"], limit: 30)
            #expect(quiet.exitCode == 0, "\(quiet.report)")
        }

        @Test func filesOfOthersAreKept() async throws {
            let runs = try await EditedRuns()
            let results = try runs.copy("results", ranks: 1, speed: 1000)
            let survey = folder.file("survey")
            let simulation = try await Photoz.alone(["simulate", "--galaxies", "8", "--output", survey])
            #expect(simulation.exitCode == 0, "\(simulation.report)")
            let partition = survey + "/1.h5"
            let before = try Data(contentsOf: URL(fileURLWithPath: partition))
            let notes = Data("<html>my notes</html>".utf8)
            for name in ["page.html", "other-figures/predicted.svg", "sweep/report.html", "sweep/sweep.csv"] {
                let url = URL(fileURLWithPath: folder.file(name))
                try FileManager.default.createDirectory(
                    at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
                try notes.write(to: url)
            }
            let sweep = ["sweep", "--weights", Repository.weights, "--data", survey, "--np", "1", "--output"]
            let combined = results + "/combined_data.json"
            let entries = try Data(contentsOf: URL(fileURLWithPath: combined))
            for command in [
                ["summarize", results, "--csv", partition], ["summarize", results, "--json", partition],
                ["summarize", results, "--json", combined],
                sweep + [folder.file("new"), "--slurm", partition], sweep + [folder.file("sweep")],
                ["report", results, "--output", folder.file("page.html")],
                ["report", results, "--output", folder.file("other.html")],
            ] {
                let outcome = try await Photoz.alone(command)
                #expect(
                    outcome.exitCode == 73 && outcome.error.contains("is not replaced"), "\(command): \(outcome.report)"
                )
            }
            #expect(try Data(contentsOf: URL(fileURLWithPath: partition)) == before)
            #expect(try Data(contentsOf: URL(fileURLWithPath: combined)) == entries)
            for name in ["page.html", "other-figures/predicted.svg", "sweep/report.html", "sweep/sweep.csv"] {
                #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file(name))) == notes)
            }
            #expect(!FileManager.default.fileExists(atPath: folder.file("other.html")))
            // One's own are replaced, as often as one likes.
            for _ in 0..<2 {
                for command in [
                    ["summarize", results, "--csv", folder.file("a.csv"), "--json", folder.file("a.json")],
                    ["report", results, "--output", folder.file("own.html")],
                    sweep + [folder.file("new"), "--slurm", folder.file("own.sh")],
                ] {
                    let outcome = try await Photoz.alone(command)
                    #expect(outcome.exitCode == 0, "\(command): \(outcome.report)")
                }
            }
        }
    }
}
