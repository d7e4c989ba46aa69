import Foundation
import TestSupport
import Testing

/// Results that cannot be written, and commands that ask for what cannot be.
extension CommandTests.FailureTests {
    @Test func anOutputBelowAFile() async throws {
        try Data().write(to: URL(fileURLWithPath: scratch.file("plain")))
        try await expectFailure(
            73, data: galaxies, output: scratch.file("plain") + "/out", naming: ["plain/out", "cannot be created"])
    }

    @Test func aReadOnlyOutput() async throws {
        // /proc is a file system that nobody can write to, root included.
        try await expectFailure(73, data: galaxies, output: "/proc/photoz-out", naming: ["/proc/photoz-out"])
    }

    @Test func theFolderOfThePartitionsAsOutput() async throws {
        let data = try partition(.init())
        try await expectFailure(73, data: data, output: input.path, naming: ["folder of the partitions"])
    }

    @Test func aFolderWhereAResultGoes() async throws {
        try FileManager.default.createDirectory(
            atPath: output.folder + "/predictions.h5", withIntermediateDirectories: true)
        let outcome = try await Photoz.run(
            ranks: 2, data: galaxies, output: output.folder, ["--overwrite"], limit: 30)
        #expect(outcome.exitCode == 73 && outcome.error.contains("is a folder where"), "\(outcome.report)")
        #expect(output.names == ["predictions.h5"])
    }

    @Test func aFinishedResultIsNotOverwritten() async throws {
        let first = try await Photoz.run(ranks: 2, data: galaxies, output: output.folder, limit: 30)
        try #require(first.exitCode == 0, "\(first.report)")
        let before = try output.bytes("Results.json")

        let second = try await Photoz.run(ranks: 2, data: galaxies, output: output.folder, limit: 30)
        #expect(second.exitCode == 73 && second.error.contains("--overwrite"), "\(second.report)")
        #expect(try output.bytes("Results.json") == before)

        let third = try await Photoz.run(
            ranks: 2, data: galaxies, output: output.folder, ["--overwrite"], limit: 30)
        #expect(third.exitCode == 0, "\(third.report)")
        #expect(try output.bytes("Results.json") != before)
        #expect(output.names == Output.finished)
    }

    @Test func aFailureLeavesOldResultsWhole() async throws {
        let first = try await Photoz.run(ranks: 2, data: galaxies, output: output.folder, limit: 30)
        try #require(first.exitCode == 0, "\(first.report)")
        let before = try Output.finished.map { try output.bytes($0) }
        let bad = try partition(.init(changeImage: { $0[39 * MockSurvey.pixels] = .nan }))
        let second = try await Photoz.run(ranks: 2, data: bad, output: output.folder, ["--overwrite"], limit: 30)
        #expect(second.exitCode == 65, "\(second.report)")
        #expect(try Output.finished.map { try output.bytes($0) } == before)
    }

    // MARK: Usage

    @Test func usageErrorsArePrintedOnce() async throws {
        for (arguments, word) in [
            (["--batch-size", "0"], "--batch-size must be at least 1"), (["--nonsense"], "nonsense"),
            (["--precision", "f64"], "f32"), (["--shard", "none"], "files"), (["--threads", "-1"], "threads"),
            (["--file-limit", "0"], "--file-limit must be at least 1"), (["--schedule", "fair"], "dynamic"),
            (["--on-error", "ask"], "skip"), (["--deadline", "0"], "above 0"), (["--wait", "long"], "cheap"),
            (["--resume", "--overwrite"], "give one of them"),
        ] {
            let outcome = try await Photoz.run(
                ranks: 3, data: galaxies, output: output.folder, arguments, limit: 30)
            #expect(outcome.exitCode == 64, "\(arguments): \(outcome.report)")
            #expect(outcome.error.components(separatedBy: "Error:").count == 2, "\(outcome.report)")
            #expect(outcome.error.contains(word), "\(outcome.report)")
        }
    }

    @Test func severalWorldsOfOne() async throws {
        let outcome = try await Launch.run(
            Photoz.path,
            ["run", "--weights", Repository.weights, "--data", Repository.galaxies, "--output", output.folder],
            limit: 30, environment: ["SLURM_STEP_NUM_TASKS": "4"])
        #expect(outcome.exitCode == 70, "\(outcome.report)")
        #expect(outcome.error.contains("4 processes") && outcome.error.contains("SLURM_STEP_NUM_TASKS"))
        #expect(output.names == [])
    }
}
