import Foundation
import TestSupport
import Testing

extension CommandTests {
    /// `photoz summarize`, and what a run says of its cost.
    @Suite(.serialized) struct SummarizeTests {
        private let folder: TemporaryFolder
        private static let published = Repository.fixture("published")

        init() throws { folder = try TemporaryFolder() }

        @Test("Results of the serverless system have the published statistics")
        func publishedStatistics() async throws {
            let names = ["25MB-1GB-1", "25MB-1GB-2", "25MB-1GB-3", "50MB-2GB-1", "100MB-1GB-1"]
            let outcome = try await Photoz.alone(
                ["summarize"] + names.map { Self.published + "/" + $0 } + [
                    "--csv", folder.file("s.csv"), "--json", folder.file("s.json"),
                ])
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            let expected = try table(Self.published + "/published.csv")
            let found = try table(folder.file("s.csv"))
            #expect(found.count == expected.count)
            for (row, other) in zip(found, expected) {
                for name in ["partition (MB)", "data (GB)", "run"] {
                    #expect(Double(row[name]!) == Double(other[name]!))
                }
                for name in ["total_cpu_time (seconds)", "total_cpu_memory (MB)", "throughput_bps", "total_bits"] {
                    let value = try #require(row[name])
                    #expect(Double(value) == Double(other[name]!) && value.split(separator: ".").last?.count == 2)
                }
            }
            let json = try JSONSerialization.jsonObject(
                with: Data(contentsOf: URL(fileURLWithPath: folder.file("s.json"))))
            let objects = try #require(json as? [[String: Any]])
            #expect(objects.count == names.count && objects[0]["ranks"] as? Int == 41)
            // 41 functions with 17864.672524 MB each: the price is that of their times.
            let cost = try #require((objects[0]["cost"] as? [String: Any])?["lambda (USD)"] as? Double)
            let seconds = try times(names[0]).reduce(0, +)
            #expect(abs(cost - (seconds * 17.864672524 * 0.0000166667 + 41 * 2e-7)) < 1e-9)
        }

        private func table(_ path: String) throws -> [[String: String]] {
            let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
                $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            }
            return lines.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(lines[0], $0)) }
        }

        private func times(_ name: String) throws -> [Double] {
            let data = try Data(contentsOf: URL(fileURLWithPath: Self.published + "/\(name)/combined_data.json"))
            let ranks = try JSONSerialization.jsonObject(with: data) as? [[String: Any]] ?? []
            return ranks.compactMap { $0["total_cpu_time (seconds)"] as? Double }
        }

        @Test("A run's own cost, and the files of its ranks in place of the combined one")
        func ownResults() async throws {
            let output = Output(folder: folder.file("out"))
            let run = try await Photoz.run(
                ranks: 3, data: [Repository.fixture("partition.h5")], output: output.folder,
                ["--quiet", "--rank-files", "--core-hour-price", "0.25", "--lambda-price", "0.5"])
            #expect(run.exitCode == 0, "\(run.report)")
            let results = try output.results()
            let cost = try #require(results["cost"] as? [String: Double])
            let wall = try #require((results["wall_time (seconds)"] as? [String: Double])?["total"])
            let memory = try output.ranks().compactMap { $0["total_cpu_memory (MB)"] as? Double }.reduce(0, +)
            #expect(cost["core_hours"].map { $0 > 0 && $0 <= 3 * wall / 3600 * (1 + 1e-12) } == true)
            let hours = try #require(cost["core_hours"])
            // Whoever multiplies in another order gets another last digit.
            #expect(abs((cost["cluster (USD)"] ?? 0) - 0.25 * hours) <= 1e-12 * hours)
            // All ranks are there for as long as the job was when the cost was reckoned.
            let gigabyteSeconds = hours * 3600 / 3 * memory / 1000
            #expect(abs((cost["lambda (USD)"] ?? 0) - (0.5 * gigabyteSeconds + 6e-7)) <= 1e-9 * (1 + gigabyteSeconds))

            let whole = try await Photoz.alone(["summarize", output.folder])
            #expect(whole.exitCode == 0 && whole.output.split(separator: "\n").count == 2, "\(whole.report)")
            try FileManager.default.removeItem(atPath: output.folder + "/combined_data.json")
            let parts = try await Photoz.alone(["summarize", output.folder])
            #expect(parts.output == whole.output, "\(parts.report)")
        }

        @Test("Folders without results, and damaged ones")
        func refusals() async throws {
            let bad = folder.file("bad")
            try FileManager.default.createDirectory(atPath: bad, withIntermediateDirectories: true)
            func refused(_ text: String?, code: Int, _ message: String) async throws {
                if let text { try Data(text.utf8).write(to: URL(fileURLWithPath: bad + "/combined_data.json")) }
                let outcome = try await Photoz.alone(["summarize", bad])
                #expect(outcome.exitCode == code && outcome.error.contains(message), "\(outcome.report)")
            }
            try await refused(nil, code: 66, "holds neither combined_data.json nor 0.json")
            try await refused("[]", code: 65, "has no ranks")
            try await refused("[1", code: 65, "is not what a run writes")
            try await refused(
                #"[{"total_cpu_time (seconds)": 1, "throughput_bps": 1}]"#, code: 65,
                "the entry of rank 0 has no \"total_cpu_memory (MB)\"")
        }

        /// Sums over some of the ranks would look like those of a smaller run.
        @Test("A rank that is missing is named")
        func missingRanks() async throws {
            let scratch = folder.file("ranks")
            try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
            func write(_ text: String?, _ name: String) throws {
                let url = URL(fileURLWithPath: scratch + "/" + name)
                if let text { try Data(text.utf8).write(to: url) } else { try FileManager.default.removeItem(at: url) }
            }
            let entry = #"{"total_cpu_time (seconds)": 2, "total_cpu_memory (MB)": 10, "throughput_bps": 5}"#
            let job = #"{"world_size": 4, "wall_time (seconds)": {"total": 3}, "provenance": {"threads": 1}}"#
            for rank in 0..<4 { try write(entry, "\(rank).json") }
            let whole = try await Photoz.alone(["summarize", scratch])
            #expect(whole.exitCode == 0 && whole.output.contains(" 40.00 "), "\(whole.report)")
            func refused(_ message: String, code: Int) async throws {
                let outcome = try await Photoz.alone(["summarize", scratch])
                #expect(outcome.exitCode == code && outcome.error.contains(message), "\(outcome.report)")
            }
            try write(nil, "2.json")
            try await refused("2.json: is not there, and 3.json is: a rank is missing", code: 66)
            try write(nil, "3.json")
            try write(job, "Results.json")
            try await refused("holds the entries of 2 ranks, and Results.json tells of 4", code: 65)
            try write("[\(entry),\(entry),\(entry)]", "combined_data.json")
            try await refused("holds the entries of 3 ranks, and Results.json tells of 4", code: 65)
            try write(nil, "Results.json")
            try write(entry, "3.json")
            try await refused("has the entries of 3 ranks, and 3.json is beside it", code: 65)
        }

        @Test("A key given twice, and odd values, are refused with file, key and what is expected")
        func oddEntries() async throws {
            let bad = folder.file("odd")
            try FileManager.default.createDirectory(atPath: bad, withIntermediateDirectories: true)
            for (value, message) in [
                (#"1, "throughput_bps": 7"#, #"gives "[0].throughput_bps" twice"#),
                (
                    #""fast""#,
                    #""[0].throughput_bps" is of another type: a number is expected, and it is the text "fast""#
                ),
                ("1e999", #""[0].throughput_bps" is the number 1e999, which is too large"#),
                ("null", #""[0].throughput_bps" is of another type: a number is expected, and it is null"#),
                ("NaN", "is no proper JSON: line 1"),
            ] {
                let text =
                    #"[{"total_cpu_time (seconds)": 1, "total_cpu_memory (MB)": 1, "throughput_bps": \#(value)}]"#
                try Data(text.utf8).write(to: URL(fileURLWithPath: bad + "/combined_data.json"))
                let outcome = try await Photoz.alone(["summarize", bad])
                #expect(
                    outcome.exitCode == 65 && outcome.error.contains(bad + "/combined_data.json: "), "\(outcome.report)"
                )
                #expect(
                    outcome.error.contains(message) && !outcome.error.contains("DecodingError"), "\(outcome.report)")
            }
        }
    }
}
