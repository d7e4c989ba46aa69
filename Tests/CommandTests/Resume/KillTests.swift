import Foundation
import HDF5
import Synchronization
import TestSupport
import Testing

extension CommandTests {
    /// Jobs that are killed at a random moment, and resumed until they are done.
    @Suite(.serialized) struct KillTests {
        let input = try! TemporaryFolder()
        let scratch = try! TemporaryFolder()

        /// Who is killed.
        private enum Victim: CaseIterable { case rank, launcher, all }

        /// How often each kind of victim was aimed at, and was there.
        private final class Tally: Sendable {
            private let counts = Mutex<[Victim: (aimed: Int, hits: Int)]>([:])

            func count(_ victim: Victim, hit: Bool) {
                counts.withLock { counts in
                    let before = counts[victim] ?? (0, 0)
                    counts[victim] = (before.aimed + 1, before.hits + (hit ? 1 : 0))
                }
            }

            /// A job may be over before it is killed, but not each time. Too few shots tell nothing.
            var neverHit: [Victim] {
                counts.withLock { counts in counts.filter { $0.value.aimed >= 5 && $0.value.hits == 0 }.map(\.key) }
            }
        }

        private let tally = Tally()

        /// How many runs; the variable is for longer tests by hand.
        private static let runs = ProcessInfo.processInfo.environment["PHOTOZ_KILLED_RUNS"].flatMap { Int($0) } ?? 24

        private var data: [String] { [input.path] }

        private func start(_ output: Output, schedule: String) async throws -> Outcome {
            try await Photoz.run(
                ranks: 2, data: data, output: output.folder,
                ["--precision", "int8", "--resume", "--quiet", "--schedule", schedule, "--csv", "--rank-files"],
                limit: 60)
        }

        /// All that a run of two ranks leaves.
        private static let names = (["0.json", "1.json", "predictions.csv"] + Output.finished).sorted()

        /// What of Results.json is a matter of time and of who did what.
        private static let ofItsOwn: Set<String> = [
            "num_batches", "total_cpu_time (seconds)", "total_cpu_memory (MB)", "execution_time (seconds/batch)",
            "throughput_bps", "sample_persec", "wall_time (seconds)", "ranks", "cost", "resumed_samples",
        ]

        /// The rest of Results.json.
        private func withoutTimes(_ output: Output) throws -> NSDictionary {
            var results = try output.results().filter { !Self.ofItsOwn.contains($0.key) }
            var provenance = results["provenance"] as? [String: Any] ?? [:]
            // The first run on this machine packs the weights and keeps them.
            for key in ["start_utc", "end_utc", "command_line", "schedule", "weights_from"] {
                #expect(provenance.removeValue(forKey: key) != nil, "\(key)")
            }
            results["provenance"] = provenance
            return results as NSDictionary
        }

        /// Compares everything with what an undisturbed run left.
        private func requireSame(_ output: Output, _ whole: Output, _ context: String) throws {
            #expect(output.names == Self.names, "\(context)")
            for name in ["predictions.h5", "predictions.csv"] {
                #expect(try output.bytes(name) == whole.bytes(name), "\(context): \(name)")
            }
            let (mine, expected) = (try withoutTimes(output), try withoutTimes(whole))
            #expect(mine == expected, "\(context): \(mine) instead of \(expected)")
            let ranks = try output.ranks()
            #expect(ranks.reduce(0) { $0 + ($1["num_samples"] as? Int ?? 0) } == 2500, "\(context)")
            for (rank, entry) in ranks.enumerated() {
                let own = try JSONSerialization.jsonObject(with: output.bytes("\(rank).json")) as? NSDictionary
                #expect(own == entry as NSDictionary, "\(context): \(rank).json")
            }
        }

        /// Two partitions with identifiers, and with galaxies that lack a magnitude or a redshift, or are far from any
        /// other.
        private func writeSurvey() throws {
            for (number, count) in [1300, 1200].enumerated() {
                var variation = MockSurvey.Variation()
                variation.identifiers = (0..<count).map { "galaxy \(number)-\($0)" }
                variation.changeMagnitudes = { magnitudes in
                    for row in stride(from: 7, to: count, by: 50) {
                        magnitudes[row * 5 + row % 5] = row % 2 == 0 ? 99 : -99
                    }
                }
                variation.changeImage = { images in
                    for row in stride(from: 11, to: count, by: 300) { images[row * MockSurvey.pixels] = 1000 }
                }
                try MockSurvey().write(input.file("\(number + 1).h5"), first: 1300 * number, count: count, variation)
            }
        }

        /// What stands under a final name is whole, and what marks a finished run comes last.
        private func requireWhole(_ output: Output, _ expected: Data, _ context: String) throws {
            let names = output.names
            if names.contains("predictions.h5") {
                #expect(try output.bytes("predictions.h5") == expected, "\(context): predictions differ")
            }
            for name in ["combined_data.json", "Results.json"] where names.contains(name) {
                #expect(throws: Never.self, "\(context): \(name) is cut short") {
                    try JSONSerialization.jsonObject(with: output.bytes(name))
                }
            }
            if names.contains("Results.json") { #expect(Set(names).isSuperset(of: Self.names), "\(context)") }
        }

        /// Starts or resumes the job, and kills it after `delay` seconds.
        ///
        /// - Returns: Whether it had come to its end before.
        private func attempt(
            _ output: Output, _ victim: Victim, after delay: Double, schedule: String, _ expected: Data,
            _ context: String, using generator: inout SeededNumbers
        ) async throws -> Bool {
            let job = JobProcesses(word: output.folder)
            async let run = start(output, schedule: schedule)
            try await Task.sleep(for: .seconds(delay))
            let living = job.all.filter { $0.rank != nil || $0.isLauncher }
            let ranks = living.filter { $0.rank != nil }
            let chosen: [JobProcesses.Process]
            switch victim {
            case .rank: chosen = ranks.randomElement(using: &generator).map { [$0] } ?? []
            case .launcher: chosen = living.filter(\.isLauncher)
            case .all: chosen = living
            }
            let hit = chosen.filter { kill($0.id, SIGKILL) == 0 }
            // Ranks do not live without their launcher: one that is not found is one that was not looked for well.
            #expect(
                victim == .rank || ranks.isEmpty || chosen.contains(where: \.isLauncher),
                "\(context): no launcher found")
            tally.count(victim, hit: !hit.isEmpty)
            let killed = ContinuousClock.now
            let outcome = try await run
            let isGone = try await job.end(within: 10)
            let took = ContinuousClock.now - killed
            #expect(isGone && (hit.isEmpty || took < .seconds(10)), "\(context): still there after \(took)")
            let isFinished = output.names.contains("Results.json")
            if outcome.exitCode == 0 {
                #expect(isFinished, "\(context): exit code 0 without results: \(outcome.report)")
            } else {
                // A job that is killed in its last moments may have finished its results and still fail.
                #expect(!hit.isEmpty, "\(context): failed by itself: \(outcome.report)")
            }
            try requireWhole(output, expected, context)
            return isFinished
        }

        @Test func killedAtAnyMomentAndResumed() async throws {
            try writeSurvey()
            let whole = Output(folder: scratch.file("whole"))
            let reference = try await start(whole, schedule: "static")
            try #require(reference.exitCode == 0, "\(reference.report)")
            let expected = try whole.bytes("predictions.h5")
            var attempts = 0
            for number in 0..<Self.runs {
                var generator = SeededNumbers(seed: UInt64(number))
                let output = Output(folder: scratch.file("run-\(number)-"))
                let schedule = number % 2 == 0 ? "static" : "dynamic"
                var isFinished = false
                while !isFinished {
                    attempts += 1
                    let victim = Victim.allCases.randomElement(using: &generator) ?? .all
                    let delay = Double.random(in: 0.05...(1.1 * reference.seconds), using: &generator)
                    let context = "run \(number), attempt \(attempts), \(victim) after \(delay) s, \(schedule)"
                    isFinished = try await attempt(
                        output, victim, after: delay, schedule: schedule, expected, context, using: &generator)
                }
                let last = try await start(output, schedule: schedule)
                #expect(last.exitCode == 0, "run \(number): \(last.report)")
                try requireSame(output, whole, "run \(number)")
                try FileManager.default.removeItem(atPath: output.folder)
            }
            #expect(tally.neverHit.isEmpty, "nothing was found to kill")
            print("\(Self.runs) runs, \(attempts) attempts, undisturbed \(reference.seconds) s")
        }
    }
}
