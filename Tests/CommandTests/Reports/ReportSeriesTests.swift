import Foundation
import TestSupport
import Testing

extension CommandTests {
    /// `photoz report` of several runs: which of them are one series.
    @Suite(.serialized) struct ReportSeriesTests {
        private let runs: EditedRuns

        init() async throws { runs = try await EditedRuns() }

        /// What a second run, of two ranks, has that the first, of one rank, has not.
        private static let differences: [(String, @Sendable (inout [String: Any]) -> Void)] = [
            ("weights", { provenance(&$0) { $0["weights_sha256"] = String(repeating: "ab", count: 32) } }),
            ("data", { provenance(&$0) { $0["data"] = ["another-survey"] } }),
            (
                "views",
                { $0["uncertainty"] = ["views": 4, "N": 0, "within_1_sigma": NSNull(), "within_2_sigma": NSNull()] }
            ),
            ("precision", { $0["precision"] = "bf16" }),
            ("hosts", { provenance(&$0) { $0["hosts"] = ["another-host"] } }),
            ("processor", { $0["cpu_info"] = ["processor": "Another 9000"] }),
            ("threads", { provenance(&$0) { $0["threads"] = 2 } }),
            ("instruction set", { provenance(&$0) { $0["instruction_set"] = "portable" } }),
            ("dealt by", { provenance(&$0) { $0["shard"] = "files" } }),
            ("schedule", { provenance(&$0) { $0["schedule"] = "dynamic" } }),
            ("options", { provenance(&$0) { $0["command_line"] = ["photoz", "run", "--wait", "cheap"] } }),
            ("resumed", { $0["resumed_samples"] = 10 }),
            ("photoz", { provenance(&$0) { $0["version"] = "0.0.1" } }),
        ]

        private static func provenance(_ results: inout [String: Any], _ change: (inout [String: Any]) -> Void) {
            var provenance = results["provenance"] as? [String: Any] ?? [:]
            change(&provenance)
            results["provenance"] = provenance
        }

        /// The cells of a row of the table of runs.
        private func row(_ name: String, _ page: String) -> [String] {
            let row = page.components(separatedBy: "<tr><td class=\"name\">\(name)</td>").dropFirst().first ?? ""
            return (row.components(separatedBy: "</tr>").first ?? "").components(separatedBy: "<td>").dropFirst()
                .map { $0.replacingOccurrences(of: "</td>", with: "") }
        }

        @Test func everySettingPartsTheSeries() async throws {
            let one = try runs.copy("one", ranks: 1, speed: 1000)
            let two = try runs.copy("two", ranks: 2, speed: 1700)
            let alike = try await runs.report([one, two])
            #expect(row("two", alike)[7] == "85.0 %", "\(row("two", alike))")
            #expect(!alike.contains("Settings that differ"))
            let lines = try runs.figure("throughput-over-ranks").components(
                separatedBy: "class=\"series s0 line\" d=\"M")
            // In the legend and in the frame.
            #expect(lines.count == 3)
            for (name, change) in Self.differences {
                let other = try runs.copy("other", ranks: 2, speed: 1700, change)
                let page = try await runs.report([one, other])
                #expect(row("one", page)[7] == "100.0 %", "\(name)")
                #expect(row("other", page)[7] == "–", "\(name): \(row("other", page))")
                #expect(page.contains("<td class=\"name\">\(name)</td>"), "\(name)")
                let figure = try runs.figure("throughput-over-ranks")
                // Two entries of the legend and two dots, and no line between these.
                #expect(figure.components(separatedBy: "<circle").count == 3, "\(name)")
                #expect(figure.components(separatedBy: "class=\"series s1 line\"").count == 2, "\(name)")
                for style in ["s0", "s1"] {
                    #expect(!figure.contains("<path class=\"series \(style) line\" d=\"M\(figure.dots[0])"), "\(name)")
                }
            }
        }

        @Test func moreHostsAreOneSeriesWithTheirOwn() async throws {
            func on(_ hosts: [String]) -> (inout [String: Any]) -> Void {
                { results in Self.provenance(&results) { $0["hosts"] = hosts } }
            }
            let folders = [
                try runs.copy("a", ranks: 1, speed: 1000, on(["a"])),
                try runs.copy("ab", ranks: 2, speed: 1900, on(["b", "a"])),
                try runs.copy("cd", ranks: 4, speed: 9000, on(["c", "d"])),
            ]
            let page = try await runs.report(folders)
            #expect(row("ab", page)[7] == "95.0 %" && row("cd", page)[7] == "–")
            // On which of the two it builds is open.
            let either = try await runs.report(folders + [runs.copy("b", ranks: 1, speed: 2000, on(["b"]))])
            #expect(row("ab", either)[7] == "–")
        }

        @Test func theBandOfTheBinsIsNotInvented() async throws {
            let plain = try await runs.report([runs.copy("plain", ranks: 1, speed: 1000)])
            #expect(plain.contains(">middle-band magnitude</text>") && !plain.contains(">r magnitude</text>"))
            let named = try await runs.report([runs.copy("named", ranks: 1, speed: 1000) { $0["bands"] = "grizy" }])
            #expect(named.contains(">i magnitude</text>"))
        }

        /// Numbers that no run has, but a damaged or foreign file may.
        @Test(.timeLimit(.minutes(1))) func wildNumbersAreDrawnOrRefused() async throws {
            var generator = SeededNumbers(seed: 22)
            let numbers: [Double] = [
                0, -1, 1e30, -1e30, 1e308, -1e308, .leastNonzeroMagnitude, 1e15, 0.5, 9.3e18, -9.3e18,
            ]
            let redshifts: [Float] = [
                0, -1, -0.999_999_94, 3e38, -3e38, 1e30, .leastNonzeroMagnitude, 0.1, .nan, .infinity, -.infinity,
            ]
            for attempt in 0..<60 {
                let folder = try runs.copy("wild", ranks: 1, speed: 1000) { results in
                    for key in ["sample_persec", "total_cpu_time (seconds)", "wall_time (seconds)", "metrics", "cost"] {
                        let value = numbers.randomElement(using: &generator) ?? 0
                        if var part = results[key] as? [String: Any] {
                            for name in part.keys.sorted() where Bool.random(using: &generator) {
                                part[name] = numbers.randomElement(using: &generator)
                            }
                            results[key] = part
                        } else {
                            results[key] = value
                        }
                    }
                    for key in ["batch_size", "num_partitions"] {
                        results[key] = [1, 7, Int.max].randomElement(using: &generator)
                    }
                    // The page of a single run wants each rank's entry.
                    if attempt % 2 == 1 { results["world_size"] = [1, 7, Int.max].randomElement(using: &generator) }
                }
                let kinds = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
                    redshifts.randomElement(using: &generator) ?? 0
                }
                try runs.replacePredictions(folder) { _ in kinds.randomElement(using: &generator) ?? 0 }
                let folders = attempt % 2 == 0 ? [folder] : [folder, try runs.copy("tame", ranks: 2, speed: 1000)]
                let outcome = try await Photoz.alone(
                    ["report"] + folders + ["--output", runs.scratch.file("page.html")])
                try #require(outcome.exitCode == 0, "attempt \(attempt): \(outcome.report)")
            }
        }
    }
}

extension String {
    /// Where the dots of a figure are, as its lines have it.
    fileprivate var dots: [String] {
        components(separatedBy: "cx=\"").dropFirst().compactMap { dot in
            let parts = dot.components(separatedBy: "\"")
            return parts.count > 2 ? "\(parts[0]) \(parts[2])" : nil
        }
    }
}
