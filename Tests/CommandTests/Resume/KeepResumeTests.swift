import Foundation
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// Runs with `--keep` that were stopped, or whose partitions changed before their columns were read.
    @Suite(.serialized) struct KeepResumeTests {
        private let input = try! TemporaryFolder()
        private let scratch = try! TemporaryFolder()
        private static let counts = [300, 1500]

        private func write(_ part: Int, to path: String, shift: Double = 0) throws {
            let count = Self.counts[part]
            try MockSurvey().write(path, first: part * 300 + Int(shift), count: count)
            let file = try File.openForWriting(path)
            try file.createDataset("ra", of: Double.self, shape: [count])
                .write(rows: 0..<count, from: (0..<count).map { Double(part * 300 + $0) + shift })
            try file.close()
        }

        /// With views, so that a run is not at its end before a busy machine has seen its first findings.
        private func run(_ name: String, ranks: Int, _ more: [String] = ["--keep", "ra"]) async throws -> Outcome {
            try await Photoz.run(
                ranks: ranks, data: [input.path], output: scratch.file(name),
                ["--batch-size", "50", "--quiet", "--precision", "bf16", "--views", "4"] + more, limit: 120)
        }

        private func expectFresh(_ output: Output, _ expected: [Double]) async throws {
            let fresh = try await run("fresh", ranks: 2)
            try #require(fresh.exitCode == 0, "\(fresh.report)")
            #expect(try output.bytes("predictions.h5") == Output(folder: scratch.file("fresh")).bytes("predictions.h5"))
            let carried = try File.open(output.folder + "/predictions.h5").dataset("ra")
            #expect(try carried.readAll(as: Double.self) == expected)
        }

        @Test("A stopped run goes on to the same bytes, with the same columns only", arguments: [1, 3])
        func resume(ranks: Int) async throws {
            for part in 0..<2 { try write(part, to: input.file("\(part + 1).h5")) }
            let output = Output(folder: scratch.file("out"))
            async let first = run("out", ranks: 2)
            try await output.waitForFindings(galaxies: 100)
            for process in JobProcesses(word: output.folder).all where process.isLauncher { kill(process.id, SIGTERM) }
            let stopped = try await first
            try #require(stopped.exitCode != 0 && output.names.contains("journal"), "\(stopped.report)")
            let other = try await run("out", ranks: ranks, ["--resume"])
            #expect(other.exitCode == 73, "\(other.report)")
            #expect(other.error.contains("(no --keep instead of --keep ra)"), "\(other.report)")
            let resumed = try await run("out", ranks: ranks, ["--keep", "ra", "--resume"])
            try #require(resumed.exitCode == 0, "\(resumed.report)")
            #expect(try output.results()["resumed_samples"] as? Int ?? 0 > 0)
            try await expectFresh(output, (0..<1800).map(Double.init))
            let finished = try await run("out", ranks: ranks, ["--resume"])
            #expect(finished.exitCode == 73, "\(finished.report)")
            #expect(finished.error.contains("(no --keep instead of --keep ra)"), "\(finished.report)")
        }

        @Test(
            "A partition that is replaced after its galaxies were predicted gives no columns of others",
            arguments: [1, 2])
        func replacedMeanwhile(ranks: Int) async throws {
            for part in 0..<2 { try write(part, to: input.file("\(part + 1).h5")) }
            try write(0, to: scratch.file("other"), shift: 7)
            let output = Output(folder: scratch.file("out"))
            // Rank 0 has all of the first partition and more.
            async let first = run("out", ranks: ranks)
            try await output.waitForFindings(galaxies: 800)
            try #require(rename(scratch.file("other"), input.file("1.h5")) == 0)
            let outcome = try await first
            #expect(outcome.exitCode == 65, "\(outcome.report)")
            #expect(outcome.error.contains("1.h5: was changed after the job started"), "\(outcome.report)")
            #expect(!output.names.contains("predictions.h5") && output.names.contains("journal"))
            let resumed = try await run("out", ranks: ranks, ["--keep", "ra", "--resume"])
            try #require(resumed.exitCode == 0, "\(resumed.report)")
            #expect(try output.results()["resumed_samples"] as? Int ?? 0 > 0)
            let expected = (0..<300).map { Double($0) + 7 } + (300..<1800).map(Double.init)
            try await expectFresh(output, expected)
        }
    }
}
