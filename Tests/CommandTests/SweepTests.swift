import Foundation
import TestSupport
import Testing

extension CommandTests {
    /// `photoz sweep`.
    @Suite(.serialized) struct SweepTests {
        private let folder: TemporaryFolder

        init() throws { folder = try TemporaryFolder() }

        private func sweep(_ more: [String], weights: String = Repository.fixture("small-weights.h5")) async throws
            -> Outcome
        {
            try await Launch.run(
                Photoz.path,
                ["sweep", "--weights", weights, "--data", folder.file("survey"), "--output", folder.file("sweep")]
                    + more,
                limit: 120, environment: Launch.launcherEnvironment)
        }

        private func survey() async throws {
            let outcome = try await Photoz.alone([
                "simulate", "--galaxies", "80", "--partitions", "4", "--output", folder.file("survey"),
            ])
            #expect(outcome.exitCode == 0, "\(outcome.report)")
        }

        @Test("A grid runs once, goes on where it stopped, and ends in a table and a page")
        func grid() async throws {
            try await survey()
            let grid = ["--np", "1,2", "--batch-size", "8,32", "--partition-mb", "0.3,0.6"]
            let planned = try await sweep(grid + ["--dry-run"])
            #expect(planned.exitCode == 0 && planned.output.split(separator: "\n").count == 8, "\(planned.report)")
            #expect(!FileManager.default.fileExists(atPath: folder.file("sweep")))

            let first = try await sweep(grid)
            #expect(first.exitCode == 0, "\(first.report)")
            #expect(first.error.contains("run 8 of 8"))
            let table = try String(contentsOfFile: folder.file("sweep/sweep.csv"), encoding: .utf8)
            #expect(table.split(separator: "\n").count == 9)

            // As after a job that was killed: one result is gone, the others stay.
            let kept = folder.file("sweep/runs/np1-batch8-0.3MB-run1/Results.json")
            let before = try Data(contentsOf: URL(fileURLWithPath: kept))
            try FileManager.default.removeItem(atPath: folder.file("sweep/runs/np2-batch32-0.6MB-run1/Results.json"))
            let second = try await sweep(grid + ["--repeat", "2"])
            #expect(second.exitCode == 0 && second.error.contains("run 9 of 9"), "\(second.report)")
            #expect(try Data(contentsOf: URL(fileURLWithPath: kept)) == before)

            let findings = try await Browser.open(folder.file("sweep/report.html"), width: 1200, in: folder)
            #expect(findings.errors.isEmpty)
            let figures = findings.drawings.map(\.figure)
            for name in [
                "throughput-over-ranks", "time-over-batch-size", "efficiency-over-ranks", "cost-over-partition-size",
            ] {
                #expect(figures.contains(name))
            }
            for drawing in findings.drawings { #expect(drawing.visible == drawing.shapes, "\(drawing)") }
            #expect(findings.cut == 0, "a table is wider than the page")
            let printed = try await Browser.open(folder.file("sweep/report.html"), width: Browser.paper, in: folder)
            #expect(printed.cut == 0, "a table is wider than the paper")

            let other = try await sweep(grid, weights: Repository.weights)
            #expect(other.exitCode == 73 && other.error.contains("other weights, data or options"), "\(other.report)")
        }

        @Test("As many partitions as ranks: weak scaling")
        func weakScaling() async throws {
            try await survey()
            let outcome = try await sweep(["--np", "1,2", "--file-limit", "1,2"])
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            let page = try String(contentsOfFile: folder.file("sweep/report.html"), encoding: .utf8)
            #expect(page.contains("id=\"weak-scaling\"") && page.contains("20 galaxies a rank"))
        }

        @Test("A batch script for Slurm has each run once, and a shell takes it")
        func slurm() async throws {
            try await survey()
            let script = folder.file("array.sh")
            let outcome = try await sweep(["--np", "1,3", "--slurm", script])
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            let text = try String(contentsOfFile: script, encoding: .utf8)
            #expect(text.contains("#SBATCH --array=0-1%1") && text.contains("#SBATCH --ntasks=3"))
            var variables = Launch.launcherEnvironment
            for task in ["0", "1"] {
                // The launcher must not take the test for a task of Slurm's: only the number is set.
                variables["TASK"] = task
                let run = try await Launch.run(
                    "sh", ["-c", "SLURM_ARRAY_TASK_ID=$TASK sh \(script)"], limit: 60, environment: variables)
                #expect(run.exitCode == 0, "\(run.report)")
            }
            let rest = try await sweep(["--np", "1,3"])
            #expect(rest.exitCode == 0 && !rest.error.contains("run 1 of"), "\(rest.report)")
        }

        @Test("A run that fails ends the sweep with its code and words")
        func failure() async throws {
            try await survey()
            try Data("x".utf8).write(to: URL(fileURLWithPath: folder.file("survey/2.h5")))
            let outcome = try await sweep(["--np", "2"])
            #expect(outcome.exitCode == 65 && outcome.error.contains("2.h5"), "\(outcome.report)")
            let launcher = try await sweep(["--np", "1", "--launcher", "no-such-launcher"])
            #expect(launcher.exitCode == 66 && launcher.error.contains("no-such-launcher"), "\(launcher.report)")
        }
    }
}
