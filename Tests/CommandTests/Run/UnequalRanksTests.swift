import Foundation
import TestSupport
import Testing

extension CommandTests {
    /// Ranks that are not alike: other threads, other command lines.
    @Suite(.serialized) struct UnequalRanksTests {
        let input = try! TemporaryFolder()
        let scratch = try! TemporaryFolder()

        /// Starts one rank a command as one job; each begins with the words behind `photoz`, or with a program and its
        /// words before.
        private func job(_ commands: [(before: [String], words: [String])]) async throws -> Outcome {
            let ranks = commands.map { ["-np", "1"] + $0.before + [Photoz.path] + $0.words }
            return try await Launch.run(
                "mpirun", ["--bind-to", "none"] + Array(ranks.joined(separator: [":"])), limit: 60,
                environment: Launch.launcherEnvironment)
        }

        /// A run of the small network on the survey of this test.
        private func run(_ output: String, _ more: [String] = []) -> [String] {
            ["run", "--weights", Repository.fixture("small-weights.h5"), "--data", input.path]
                + ["--output", scratch.file(output), "--quiet"] + more
        }

        @Test(arguments: ["rows", "files"]) func threadsThatAreCappedByTheBindings(sharding: String) async throws {
            _ = try MockSurvey().folder(input, counts: [1500, 1700, 1800])
            let reference = try await Photoz.alone(run("one"))
            try #require(reference.exitCode == 0, "\(reference.report)")
            let expected = try Output(folder: scratch.file("one")).bytes("predictions.h5")
            // The order matters: either rank 0 has the larger pieces, or the other.
            for (number, bound) in [0, 1].enumerated() {
                let output = Output(folder: scratch.file("\(number)"))
                let words = run("\(number)", ["--threads", "2", "--schedule", "dynamic", "--shard", sharding])
                let outcome = try await job(
                    (0..<2).map { rank in (rank == bound ? ["taskset", "-c", "0"] : [], words) })
                #expect(outcome.exitCode == 0, "\(outcome.report)")
                #expect(try output.bytes("predictions.h5") == expected, "rank \(bound) has one thread")
                // Each rank's own, where all had rank 0's.
                #expect(try output.ranks().map { $0["threads"] as? Int } == (bound == 0 ? [1, 2] : [2, 1]))
                let results = try output.results()
                let hours = (results["cost"] as? [String: Any])?["core_hours"] as? Double ?? .nan
                let total = (results["wall_time (seconds)"] as? [String: Double])?["total"] ?? .nan
                #expect(abs(hours - 3 * total / 3600) < 1e-9, "\(hours) of \(total) s")
            }
        }

        @Test func commandsThatDiffer() async throws {
            _ = try MockSurvey().folder(input, counts: [20])
            let cases: [(more: [String], others: [String], words: [String])] = [
                ([], ["--batch-size", "8"], ["rank 1 was given --batch-size 8 and rank 0 no --batch-size"]),
                (["--precision", "bf16"], [], ["rank 1 was given no --precision and rank 0 --precision bf16"]),
                (["--views=2"], ["--views", "3"], ["--views 3", "--views 2"]),
                (["--on-error", "skip"], ["--on-error", "stop"], ["--on-error stop", "--on-error skip"]),
                (["--csv"], [], ["rank 1 was given no --csv"]),
            ]
            for (more, others, words) in cases {
                let outcome = try await job([([], run("out", more)), ([], run("out", others))])
                #expect(outcome.exitCode == 64, "\(outcome.report)")
                for word in words { #expect(outcome.error.contains(word), "\(word): \(outcome.report)") }
                #expect(outcome.error.components(separatedBy: "photoz: error").count == 2, "\(outcome.report)")
                #expect(Output(folder: scratch.file("out")).names.isEmpty)
            }
            let plan = ["run", "--weights", Repository.weights, "--payload", scratch.file("none.json")]
            let mixed = try await job([([], run("out")), ([], plan)])
            #expect(mixed.exitCode == 64 && mixed.error.contains("rank 1 was given no --data"), "\(mixed.report)")
            let simulation = ["simulate", "--galaxies", "9", "--output", scratch.file("out")]
            let other = try await job([([], run("out")), ([], simulation)])
            #expect(
                other.exitCode == 64 && other.error.contains("was given simulate and rank 0 run"), "\(other.report)")
            // What only the second rank cannot understand, it says itself.
            let usage = try await job([([], run("out")), ([], run("out", ["--nonsense"]))])
            #expect(usage.exitCode == 64 && usage.error.contains("--nonsense"), "\(usage.report)")
        }

        @Test func optionsInAnotherOrderAndOtherThreadsAreTheSame() async throws {
            _ = try MockSurvey().folder(input, counts: [20])
            let outcome = try await job([
                ([], run("out", ["--csv", "--batch-size=8", "--threads", "1"])),
                ([], run("out", ["--batch-size", "8", "--threads", "2", "--csv"])),
            ])
            #expect(outcome.exitCode == 0, "\(outcome.report)")
        }
    }
}
