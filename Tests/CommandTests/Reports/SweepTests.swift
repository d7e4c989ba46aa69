import Foundation
import HDF5
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

        @Test("Runs may print any amount, and their options name the images that are dealt anew")
        func options() async throws {
            try FileManager.default.createDirectory(atPath: folder.file("survey"), withIntermediateDirectories: true)
            let file = try File.create(folder.file("survey/1.h5"))
            let source = try File.open(Repository.galaxies)
            try file.createDataset("image", of: Float.self, shape: [256, 5, 32, 32]).write(
                rows: 0..<256, from: source.dataset("images").readAll() as [Float])
            let magnitudes: [Double] = try source.dataset("magnitudes").readAll()
            for (band, name) in ["g", "r", "i", "z", "y"].enumerated() {
                try file.createDataset(name + "_cmodel_mag", of: Double.self, shape: [256]).write(
                    rows: 0..<256, from: stride(from: band, to: magnitudes.count, by: 5).map { magnitudes[$0] })
            }
            try file.close()
            // A launcher that says more than a megabyte before it starts the program.
            let launcher = "sh -c 'head -c 3000000 /dev/zero; shift 2; exec \"$@\"' sh"
            let grid = ["--np", "1", "--partition-mb", "2", "--launcher", launcher]
            let outcome = try await sweep(grid + ["--run-options", "--survey galaxiesml"])
            #expect(outcome.exitCode == 0, "\(outcome.report.suffix(2000))")
            #expect(FileManager.default.fileExists(atPath: folder.file("sweep/data-2MB/2.h5")))
            let log = try Data(contentsOf: URL(fileURLWithPath: folder.file("sweep/runs/np1-batch512-2MB-run1.log")))
            #expect(log.count >= 3_000_000)

            try FileManager.default.removeItem(atPath: folder.file("sweep"))
            let failed = try await sweep(grid + ["--run-options", "--survey galaxiesml --images nothing"])
            #expect(failed.exitCode == 65 && failed.error.contains("nothing"), "\(failed.report.suffix(2000))")
        }

        @Test("Options that a run would not take, or that the sweep sets itself, are refused before anything is made")
        func refusedOptions() async throws {
            for (options, words) in [
                ("--nope", "--nope"), ("--output elsewhere", "--output"), ("--csv 'unclosed", "quote is not closed"),
                ("--precision f16", "f16"), ("--weights=other.h5", "--weights"),
            ] {
                let outcome = try await sweep(["--np", "1", "--run-options", options])
                #expect(outcome.exitCode == 64 && outcome.error.contains(words), "\(outcome.report)")
            }
            for list in [["--np", "1,1"], ["--np", "1", "--launcher", ""]] {
                let outcome = try await sweep(list)
                #expect(outcome.exitCode == 64, "\(outcome.report)")
            }
            #expect(!FileManager.default.fileExists(atPath: folder.file("sweep")))
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
