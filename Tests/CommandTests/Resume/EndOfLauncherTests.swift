import Foundation
import TestSupport
import Testing

extension CommandTests {
    /// Runs whose launcher ends before them, and runs that are interrupted by ctrl-C.
    @Suite(.serialized) struct EndOfLauncherTests {
        let scratch = try! TemporaryFolder()

        private func words(_ output: Output) throws -> String {
            let data = try MockSurvey().folder(TemporaryFolder(), counts: [4000])
            return
                "\(Photoz.path) run --weights \(Repository.weights) --data \(data[0]) --output \(output.folder) --quiet"
        }

        /// A shell under the name of Slurm's launcher.
        private func standIn() throws -> String {
            let path = scratch.file("slurmstepd")
            try FileManager.default.copyItem(atPath: "/bin/bash", toPath: path)
            return path
        }

        private func signal(_ number: Int32, _ output: Output, _ name: String) {
            for process in JobProcesses(word: output.folder).all where process.name == name { kill(process.id, number) }
        }

        @Test("A rank whose launcher is killed stores what it has found, stops, and lets the folder go")
        func theLauncherIsKilled() async throws {
            let output = Output(folder: scratch.file("killed"))
            let line = try words(output) + " 2>\(scratch.file("said")); true"
            async let run = Launch.run(
                standIn(), ["-c", line], limit: 60, environment: ["SLURM_PROCID": "0", "SLURM_STEP_ID": "0"])
            try await output.waitForFindings()
            signal(SIGKILL, output, "slurmstepd")
            _ = try await run
            #expect(try await JobProcesses(word: output.folder).end(within: 10), "it goes on without its launcher")
            let said = try String(contentsOfFile: scratch.file("said"), encoding: .utf8)
            #expect(said.contains("stopped by the end of slurmstepd, its launcher; go on with: "), "\(said)")
            let status = try await Status(of: output.folder)
            #expect(status.done > 0 && status.done < 4000, "\(status.object)")
            let resumed = try await Launch.run("sh", ["-c", words(output) + " --resume"], limit: 60)
            #expect(resumed.exitCode == 0, "\(resumed.report)")
        }

        @Test("A shell between the launcher and its rank may end: the run goes on")
        func aShellBetweenEnds() async throws {
            let output = Output(folder: scratch.file("between"))
            let line = "sh -c '\(try words(output)) >\(scratch.file("said")) 2>&1 &'; sleep 30 & wait"
            async let run = Launch.run(
                standIn(), ["-c", line], limit: 40, environment: ["SLURM_PROCID": "0", "SLURM_STEP_ID": "0"])
            for _ in 0..<600 where !output.names.contains("Results.json") {
                try await Task.sleep(for: .milliseconds(50))
            }
            let said = try String(contentsOfFile: scratch.file("said"), encoding: .utf8)
            #expect(output.names.contains("Results.json"), "\(said)")
            signal(SIGKILL, output, "slurmstepd")
            _ = try await run
        }

        /// A run that a shell starts by these words, and that gets SIGINT when it has found something.
        private func interrupted(_ start: String) async throws -> Outcome {
            let output = Output(folder: scratch.file("interrupted"))
            async let run = Launch.run("sh", ["-c", start + words(output)], limit: 60)
            try await output.waitForFindings()
            signal(SIGINT, output, "photoz")
            return try await run
        }

        @Test func anInterruptStopsARun() async throws {
            let outcome = try await interrupted("exec ")
            #expect(outcome.exitCode == 75, "\(outcome.report)")
            #expect(outcome.error.contains("stopped by SIGINT; go on with: "), "\(outcome.report)")
        }

        @Test("A shell starts commands in the background so that ctrl-C leaves them alone")
        func anInterruptThatIsIgnored() async throws {
            let outcome = try await interrupted("trap '' INT; exec ")
            #expect(outcome.exitCode == 0, "\(outcome.report)")
        }
    }
}
