import Foundation
import TestSupport
import Testing

extension CommandTests {
    /// `photoz bench`, `photoz inspect --cpu` and the cap on instruction sets.
    @Suite(.serialized) struct BenchTests {
        let scratch = try! TemporaryFolder()

        @Test func oneObjectWithTheKeysOfTheContract() async throws {
            let two = try await Bench.measure(threads: 2, "--batch-size", "64")
            #expect(two.seconds < 10)
            let processor = try await Photoz.alone(["inspect", "--cpu"])
            #expect(processor.output.contains("a run uses: \(two.instructionSet);"), "\(processor.report)")
        }

        @Test func aTableOfTheWholeMachine() async throws {
            let outcome = try await Photoz.alone(
                ["bench", "--all", "--json", "--weights", Repository.fixture("small-weights.h5")], limit: 60)
            try #require(outcome.exitCode == 0, "\(outcome.report)")
            // Half a minute is the promise; a machine that does other things as well gets some more.
            #expect(outcome.seconds < 45)
            let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any] ?? [:]
            for key in ["processor", "date", "version"] { #expect(object[key] is String, "\(key)") }
            for key in ["cores", "usable_cores", "threads", "batch_size"] { #expect(object[key] is Int, "\(key)") }
            let rows = try #require(object["combinations"] as? [[String: Any]])
            let processor = try await Photoz.alone(["inspect", "--cpu"])
            let levels = rows.compactMap { $0["instruction_set"] as? String }
            #expect(levels.count == rows.count && levels.count % 3 == 0)
            let distinct = stride(from: 0, to: levels.count, by: 3).map { levels[$0] }
            #expect(processor.output.contains("instruction sets: \(distinct.joined(separator: ", "))\n"))
            for (place, row) in rows.enumerated() {
                #expect(row["precision"] as? String == ["f32", "bf16", "int8"][place % 3])
                let shares = try #require(row["share_of_time"] as? [String: Double])
                #expect(abs(shares.values.reduce(0, +) - 1) < 1e-9)
                let float32 = try #require(rows[place - place % 3]["galaxies_per_second"] as? Double)
                let rate = try #require(row["galaxies_per_second"] as? Double)
                #expect(abs(try #require(row["ratio_to_f32"] as? Double) - rate / float32) < 1e-9)
                #expect(row["fraction_of_peak"] != nil && row["peak_gflops"] is Double && row["gflops"] is Double)
            }
        }

        @Test func aTableUpToACap() async throws {
            let options = ["bench", "--all", "--weights", Repository.fixture("small-weights.h5"), "--threads", "2"]
            let outcome = try await Photoz.alone(options + ["--instruction-set", "portable"])
            try #require(outcome.exitCode == 0, "\(outcome.report)")
            let rows = outcome.output.split(separator: "\n").filter { $0.hasPrefix("|") }
            #expect(rows.count == 5 && rows[0].contains("% of peak"), "\(outcome.report)")
            for (row, precision) in zip(rows.dropFirst(2), ["f32", "bf16", "int8"]) {
                #expect(row.hasPrefix("| portable") && row.contains("| \(precision) "), "\(row)")
            }
            let refused = try await Photoz.alone(options + ["--precision", "f32"])
            #expect(refused.exitCode == 64 && refused.report.contains("--all measures every precision"))
        }

        @Test func aCapIsObeyedAndRecorded() async throws {
            for (name, title) in [("portable", "portable"), ("avx2", "AVX2")] {
                let output = Output(folder: scratch.file(name))
                let outcome = try await Photoz.run(
                    ranks: 2, data: [Repository.fixture("partition.h5")], output: output.folder,
                    ["--instruction-set", name], limit: 60)
                try #require(outcome.exitCode == 0, "\(outcome.report)")
                let processor = try await Photoz.alone(["inspect", "--cpu"])
                guard processor.output.contains(title) else { continue }
                let provenance = try output.results()["provenance"] as? [String: Any]
                #expect(provenance?["instruction_set"] as? String == title)
            }
        }

        @Test func whatTheProcessorOffers() async throws {
            let outcome = try await Photoz.alone(["inspect", "--cpu"])
            #expect(outcome.exitCode == 0 && outcome.output.contains("portable"), "\(outcome.report)")
            #expect(try await Photoz.alone(["inspect"]).exitCode == 64)
        }
    }
}
