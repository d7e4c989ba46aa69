import Foundation
import FoundationXML
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// `photoz report`, and what a browser makes of its page.
    @Suite(.serialized) struct ReportTests {
        let scratch = try! TemporaryFolder()

        /// A finished run of two ranks.
        private func run(_ name: String, _ variation: MockSurvey.Variation = .init()) async throws -> String {
            let data = scratch.file("data.h5")
            try MockSurvey().write(data, count: 256, variation)
            let output = scratch.file(name)
            let outcome = try await Photoz.run(ranks: 2, data: [data], output: output, ["--precision", "int8"])
            try #require(outcome.exitCode == 0, "\(outcome.report)")
            return output
        }

        /// Changes what `Results.json` says.
        private func edit(_ folder: String, _ change: (inout [String: Any]) -> Void) throws {
            var results = try Output(folder: folder).results()
            change(&results)
            try JSONSerialization.data(withJSONObject: results).write(
                to: URL(fileURLWithPath: folder + "/Results.json"))
        }

        /// Replaces the predictions of a run by galaxies whose residual is always the same.
        private func replacePredictions(_ folder: String, count: Int, residual: Float) throws {
            let file = try File.create(folder + "/predictions.h5")
            let names = ["redshift", "redshift_predicted"]
            let columns = try names.map { try file.createDataset($0, of: Float.self, shape: [count]) }
            let block = 100_000
            for first in stride(from: 0, to: count, by: block) {
                let redshifts = (first..<first + block).map { 0.3 * Float($0 % 9973) / 9973 }
                let predicted = redshifts.map { $0 + residual * (1 + $0) }
                for (column, values) in zip(columns, [redshifts, predicted]) {
                    try column.write(rows: first..<first + block, from: values)
                }
            }
            try file.close()
            try edit(folder) { $0["num_samples"] = count }
        }

        private func report(_ folders: [String], page: String = "page.html", limit: Int = 60) async throws -> Outcome {
            try await Photoz.alone(["report"] + folders + ["--output", scratch.file(page)], limit: limit)
        }

        private func figure(_ name: String) throws -> Data {
            try Data(contentsOf: URL(fileURLWithPath: scratch.file("page-figures/\(name)")))
        }

        private func text(_ name: String) throws -> String {
            try String(contentsOfFile: scratch.file(name), encoding: .utf8)
        }

        @Test(.timeLimit(.minutes(3))) func everyFigureIsDrawn() async throws {
            let folder = try await run("a<b>&\"c\"")
            let calibrated = try CalibratedResults(folder)
            try calibrated.writeDistributions()
            try edit(folder, calibrated.describe)
            let outcome = try await report([folder])
            try #require(outcome.exitCode == 0, "\(outcome.report)")
            let names = [
                "predicted", "residual", "histogram", "metrics-over-redshift", "metrics-over-photometric-redshift",
                "metrics-over-magnitude", "pit", "coverage", "normalised", "coverage-over-redshift",
                "coverage-over-photometric-redshift", "coverage-over-magnitude", "redshift-distribution",
                "worst-galaxies", "ranks",
            ]
            for width in [1200, 390, Browser.paper] {
                let page = try await Browser.open(scratch.file("page.html"), width: width, in: scratch)
                #expect(page.errors.isEmpty)
                #expect(page.requests == 0)
                #expect(page.overflow <= 0, "the page is wider than a window of \(width)")
                #expect(width == 390 || page.cut == 0, "a table is wider than a page of \(width)")
                #expect(page.drawings.map(\.figure) == names)
                for drawing in page.drawings {
                    #expect(drawing.shapes > 0 && drawing.visible == drawing.shapes, "\(drawing)")
                    #expect(drawing.width > 300 && drawing.height > 100, "\(drawing)")
                }
            }
            let files = try FileManager.default.contentsOfDirectory(atPath: scratch.file("page-figures")).sorted()
            let expected = names.flatMap { name in ["csv", "pdf", "svg"].map { "\(name).\($0)" } }
            #expect(files == expected.sorted())
            for name in names {
                let (svg, pdf) = (try figure(name + ".svg"), try figure(name + ".pdf"))
                #expect(XMLParser(data: svg).parse(), "\(name).svg is not XML")
                #expect(PDFOutline(pdf)?.isWhole ?? false, "\(name).pdf is not whole")
                // No program but a browser knows style sheets with variables.
                #expect(!String(decoding: svg, as: UTF8.self).contains("var("))
            }
        }

        @Test func thePageNeedsNoNetwork() async throws {
            #expect(try await report([run("plain")]).exitCode == 0)
            let page = try text("page.html")
            #expect(!page.contains("<script") && !page.contains("<link") && !page.contains("url("))
            let addresses = page.components(separatedBy: "http").dropFirst()
            #expect(addresses.allSatisfy { $0.hasPrefix("://www.w3.org/2000/svg\"") })
            #expect(page.contains("prefers-color-scheme:dark") && page.contains("@media print"))
        }

        @Test(.timeLimit(.minutes(3))) func tenMillionGalaxies() async throws {
            let folder = try await run("many")
            try replacePredictions(folder, count: 10_000_000, residual: 0.0215)
            let outcome = try await report([folder], limit: 120)
            try #require(outcome.exitCode == 0, "\(outcome.report)")
            let page = try text("page.html")
            #expect(page.utf8.count < 2_000_000)
            // One residual for all: one bar, and level lines.
            let histogram = try text("page-figures/histogram.svg")
            #expect(histogram.components(separatedBy: "0\u{202F}000\u{202F}000</title>").count - 1 == 1)
            #expect(histogram.contains(": 10\u{202F}000\u{202F}000</title>"))
            let medians = try text("page-figures/residual.csv").split(separator: "\n").dropFirst(2).map {
                $0.split(separator: ",")
            }
            #expect(medians.count > 20)
            #expect(medians.allSatisfy { abs((Double($0[1]) ?? 0) - 0.0215) < 1e-6 })
            #expect(medians.reduce(0) { $0 + (Int($1[4]) ?? 0) } == 10_000_000)
        }

        @Test(.timeLimit(.minutes(3))) func runsBesideEachOther() async throws {
            let original = try await run("original")
            let runs = [(1, 1000.0, 64), (2, 1800.0, 64), (4, 2800.0, 64), (1, 1200.0, 256)]
            var folders: [String] = []
            for (index, (ranks, speed, batch)) in runs.enumerated() {
                let folder = scratch.file("run\(index)")
                try FileManager.default.copyItem(atPath: original, toPath: folder)
                try edit(folder) {
                    $0["world_size"] = ranks
                    $0["sample_persec"] = speed
                    $0["batch_size"] = batch
                }
                folders.append(folder)
            }
            #expect(try await report(folders).exitCode == 0)
            let page = try text("page.html")
            // 1800/2/1000 and 2800/4/1000; the fourth is the smallest world of its own settings.
            for efficiency in ["90.0 %", "70.0 %", "100.0 %"] { #expect(page.contains("<td>\(efficiency)</td>")) }
            let findings = try await Browser.open(scratch.file("page.html"), width: 1200, in: scratch)
            #expect(findings.errors.isEmpty)
            #expect(
                findings.drawings.map(\.figure) == [
                    "throughput-over-ranks", "time-over-ranks", "efficiency-over-ranks", "cost-over-ranks",
                    "throughput-over-batch-size", "time-over-batch-size", "cost-over-batch-size",
                ])
            for drawing in findings.drawings {
                #expect(drawing.shapes >= 4 && drawing.visible == drawing.shapes, "\(drawing)")
            }
        }

        @Test func withoutSpectroscopicRedshifts() async throws {
            var variation = MockSurvey.Variation()
            variation.hasRedshift = false
            #expect(try await report([run("unknown", variation)]).exitCode == 0)
            let page = try text("page.html")
            #expect(page.contains("nothing to compare with") && !page.lowercased().contains(">nan"))
            let findings = try await Browser.open(scratch.file("page.html"), width: 1200, in: scratch)
            let names = [
                "redshift-distribution", "redshift-over-magnitude", "colours", "magnitudes", "some-galaxies", "ranks",
            ]
            #expect(findings.drawings.map(\.figure) == names)
            for drawing in findings.drawings {
                #expect(drawing.shapes > 0 && drawing.visible == drawing.shapes, "\(drawing)")
            }
            // Each of the 256 galaxies is counted once in each band, and a dozen have an image.
            let counts = try text("page-figures/magnitudes.csv").split(separator: "\n").dropFirst(2).map {
                $0.split(separator: ",", omittingEmptySubsequences: false)
            }
            #expect(Set(counts.map { $0[0] }).count == 5 && counts.allSatisfy { Double($0[4]) != nil })
            let galaxies = counts.compactMap { Int($0[3]) }
            #expect(galaxies.reduce(0, +) > 5 * 250)
            #expect(try text("page-figures/some-galaxies.svg").components(separatedBy: "<image").count == 13)
            let first = try figure("some-galaxies.csv")
            #expect(try await report([scratch.file("unknown")]).exitCode == 0)
            #expect(try figure("some-galaxies.csv") == first)
        }

        @Test func whatIsNoResult() async throws {
            let folder = try await run("good")
            func expect(
                _ code: Int, _ words: String, page: String = "bad.html", from folder: String,
                _ spot: SourceLocation = #_sourceLocation
            ) async throws {
                let outcome = try await report([folder], page: page)
                #expect(
                    outcome.exitCode == code && outcome.error.contains(words), "\(outcome.report)", sourceLocation: spot
                )
                #expect(!FileManager.default.fileExists(atPath: scratch.file("bad.html")), sourceLocation: spot)
            }
            func damaged(_ name: String, _ damage: (String) throws -> Void) throws -> String {
                let copy = scratch.file(name)
                try FileManager.default.copyItem(atPath: folder, toPath: copy)
                try damage(copy)
                return copy
            }
            let remove = { (file: String) in { try FileManager.default.removeItem(atPath: $0 + file) } }
            try await expect(66, "no such folder", from: scratch.file("nowhere"))
            try await expect(73, "nowhere is not a folder", page: "nowhere/page.html", from: folder)
            #expect(!FileManager.default.fileExists(atPath: scratch.file("nowhere")))
            try await expect(66, "predictions.h5", from: damaged("unpredicted", remove("/predictions.h5")))
            try await expect(66, "Results.json", from: damaged("unfinished", remove("/Results.json")))
            try await expect(
                65, "predictions.h5", from: damaged("cut") { truncate($0 + "/predictions.h5", 1000) })
            try await expect(
                65, "Results.json tells of 99 galaxies",
                from: damaged("other") { try edit($0) { $0["num_samples"] = 99 } })
            try await expect(65, "\"world_size\"", from: damaged("keyless") { try edit($0) { $0["world_size"] = nil } })
            try await expect(65, "Results.json", from: damaged("cut-json") { truncate($0 + "/Results.json", 100) })
            try await expect(
                65, "pz.hdf5: locs has shape",
                from: damaged("short-pz") { try CalibratedResults($0).writeDistributions(rows: 5) })
            try await expect(
                65, "pz.hdf5: quants does not hold",
                from: damaged("odd-pz") { try CalibratedResults($0).writeDistributions(levels: [0, 1, 0.5]) })
            try await expect(
                65, "pz.hdf5", from: damaged("no-pz") { try Data("no".utf8).write(to: URL(filePath: $0 + "/pz.hdf5")) })
            try await expect(73, "Results.json is not a folder", page: "good/Results.json/page.html", from: folder)
            try Data().write(to: URL(filePath: scratch.file("bad-figures")))
            try await expect(73, "cannot be written", from: folder)
            try await expect(64, ".html", page: "page.pdf", from: folder)
        }
    }
}
