import Foundation
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// What the pages of `photoz report` say: the numbers behind figures, what is no longer there, and older results.
    @Suite(.serialized) struct ReportContentTests {
        private let runs: EditedRuns

        init() async throws { runs = try await EditedRuns() }

        private func calibrated(_ name: String, scale: Double = 0.01) throws -> (
            folder: String, what: CalibratedResults
        ) {
            let folder = try runs.copy(name, ranks: 1, speed: 1000)
            let what = try CalibratedResults(folder, scale: scale)
            try what.writeDistributions()
            var results = try Output(folder: folder).results()
            what.describe(&results)
            try JSONSerialization.data(withJSONObject: results).write(to: URL(filePath: folder + "/Results.json"))
            return (folder, what)
        }

        @Test func figuresShowWhatResultsSay() async throws {
            let (folder, what) = try calibrated("calibrated")
            let page = try await runs.report([folder])
            #expect(page.contains("<i>± 0.00012</i>") && page.contains("<i>± 0.00340</i>"))
            #expect(page.contains("20\u{202F}000 labelled galaxies") && page.contains("47 cells"))
            #expect(page.contains("3 galaxies lie outside of what the calibration"))
            let transform = try runs.numbers("pit")
            #expect(transform.map { Int($0[3]) } == what.histogram.map(Optional.init))
            let total = Double(what.transforms.count)
            #expect(transform.allSatisfy { abs((Double($0[4]) ?? 0) - total / 20) < 1e-4 * total })
            #expect(
                transform.allSatisfy { abs((Double($0[5]) ?? 0) - (total * 0.05 * 0.95).squareRoot()) < 1e-4 * total })
            #expect(try runs.numbers("coverage").map { $0[1] } == ["0.5", "0.68", "0.9", "0.95", "0.99"])
            let bins = try runs.numbers("coverage-over-redshift")
            #expect(!bins.isEmpty && bins.allSatisfy { $0[2] != "0" && Double($0[3]) != nil && $0[4] == "0.02" })
            let errors = try runs.numbers("metrics-over-redshift").map { $0[4] }
            #expect(!errors.isEmpty && Set(errors) == ["0.001"])
            // All labelled galaxies lie in a bin or are told to lie beyond.
            let inside = try runs.numbers("normalised").reduce(0) { $0 + (Int($1[2]) ?? 0) }
            let beyond = page.components(separatedBy: " galaxies lie beyond ±5").count > 1
            #expect(inside > 0 && (inside == what.transforms.count || beyond))
        }

        @Test func distributionsAddUpToOne() async throws {
            let (folder, _) = try calibrated("stacked")
            _ = try await runs.report([folder])
            let rows = try runs.numbers("redshift-distribution").map { $0.map { Double($0) ?? .nan } }
            let width = rows[0][1] - rows[0][0]
            for column in 2..<rows[0].count {
                let mass = rows.reduce(0) { $0 + $1[column] * width }
                #expect(mass > 0.9 && mass < 1 + 1e-3, "column \(column): \(mass)")
            }
        }

        /// The worst galaxies are those of the largest residuals, with the transform that their distribution has.
        @Test(arguments: ["quant", "interp", "hist"]) func theWorstComeFirst(_ form: String) async throws {
            let (folder, what) = try calibrated("worst")
            if form != "quant" { try what.writeDensities(form) }
            _ = try await runs.report([folder])
            let output = Output(folder: folder)
            let (p, z) = (try output.floats("redshift_predicted"), try output.floats("redshift"))
            let residuals = zip(p, z).map { abs(Double($0 - $1) / (1 + Double($1))) }
            let wanted = residuals.indices.sorted { residuals[$0] > residuals[$1] }.prefix(20)
            let rows = try runs.numbers("worst-galaxies")
            #expect(rows.map { Int($0[0]) } == wanted.map(Optional.init))
            for row in rows {
                let galaxy = try #require(Int(row[0]))
                let expected = 1 / (1 + exp(-Double(z[galaxy] - p[galaxy]) / (what.scale * (1 + Double(p[galaxy])))))
                // What is kept is joined by straight lines; beyond the quantiles that is a long way.
                #expect(abs((Double(row[7]) ?? -1) - expected) < (form == "quant" ? 0.02 : 1e-4), "\(row)")
            }
        }

        @Test func olderResultsShowWhatTheyHave() async throws {
            let folder = try runs.copy("older", ranks: 1, speed: 1000) { results in
                for key in ["skipped", "missing", "flags", "warnings", "cost", "bands", "distributions"] {
                    results[key] = nil
                }
                results["uncertainty"] = ["views": 4, "N": 10, "within_1_sigma": 0.5, "within_2_sigma": 0.75]
                var provenance = results["provenance"] as? [String: Any] ?? [:]
                for key in ["partitions", "working_directory", "sources", "schedule"] { provenance[key] = nil }
                results["provenance"] = provenance
                for key in ["metrics", "metrics_in_bins"] {
                    results[key] = Self.withoutErrors(results[key] ?? NSNull())
                }
            }
            let page = try await runs.report([folder])
            #expect(page.contains("With 4 views, 50.0 % lie within one and 75.0 % within two"))
            #expect(
                page.contains("id=\"metrics-over-redshift\"") && page.contains("These results have no errors of them."))
            #expect(!page.contains("id=\"pit\"") && !page.contains("<i>±"))
        }

        private static func withoutErrors(_ value: Any) -> Any {
            if let list = value as? [Any] { return list.map(withoutErrors) }
            guard let entries = value as? [String: Any] else { return value }
            return entries.filter { !$0.key.hasSuffix("_error") && $0.key != "redshift_predicted" }.mapValues(
                withoutErrors)
        }

        @Test func whatIsGoneIsSaid() async throws {
            let folder = try runs.copy("gone", ranks: 1, speed: 1000) { results in
                var provenance = results["provenance"] as? [String: Any] ?? [:]
                for key in ["data", "partitions"] { provenance[key] = ["/nowhere/galaxies.h5"] }
                results["provenance"] = provenance
            }
            let page = try await runs.report([folder])
            #expect(page.contains("/nowhere/galaxies.h5: is not there any more"))
            #expect(page.contains("no image") && page.contains("id=\"worst-galaxies\""))
            #expect(!page.contains("<image"))
        }

        /// A partition of the same name with other galaxies must not lend its images.
        @Test func otherGalaxiesAreNotShown() async throws {
            let other = runs.scratch.file("other.h5")
            try MockSurvey().write(other, first: 1000, count: 64)
            let folder = try runs.copy("swapped", ranks: 1, speed: 1000) { results in
                var provenance = results["provenance"] as? [String: Any] ?? [:]
                for key in ["data", "partitions"] { provenance[key] = [other] }
                results["provenance"] = provenance
            }
            let page = try await runs.report([folder])
            #expect(
                page.contains("other.h5: ") && page.contains("than when the run read it") && !page.contains("<image"))
        }

        @Test func runsOverTheSameGalaxiesAreCompared() async throws {
            let (one, _) = try calibrated("one")
            let (two, _) = try calibrated("two", scale: 0.02)
            let same = try await runs.report([one, two])
            #expect(
                same.contains("<td class=\"name\">two</td><td>") && same.contains("<td>100.000</td><td>0.0000000</td>"))
            let predicted = try Output(folder: two).floats("redshift_predicted")
            let file = try File.openForWriting(two + "/predictions.h5")
            try file.dataset("redshift_predicted").write(
                rows: 0..<predicted.count, from: predicted.enumerated().map { $0 % 2 == 0 ? $1 : $1 + 0.005 * (1 + $1) }
            )
            try file.close()
            let page = try await runs.report([one, two])
            #expect(
                page.contains("<td>0.0050000</td><td>50.000</td><td>0.000</td>"), "half of the galaxies change by 0.005"
            )
            for name in ["change-of-redshift", "change-over-redshift", "redshift-distribution", "pit", "coverage"] {
                #expect(page.contains("<figure id=\"\(name)\""), "\(name)")
            }
            let sizes = try runs.numbers("change-of-redshift").filter { $0[3] != "0" }
            #expect(
                sizes.allSatisfy { $0[1] == "-2.4" }
                    && sizes.reduce(0) { $0 + (Int($1[3]) ?? 0) } == predicted.count / 2)
        }

        @Test func filesOfOthersAreKept() async throws {
            let folder = try runs.copy("kept", ranks: 1, speed: 1000)
            _ = try await runs.report([folder])
            for name in ["predicted.svg", "predicted.pdf", "predicted.csv"] {
                let path = runs.scratch.file("page-figures/" + name)
                let before = try Data(contentsOf: URL(filePath: path))
                try Data("mine".utf8).write(to: URL(filePath: path))
                let outcome = try await Photoz.alone(["report", folder, "--output", runs.scratch.file("page.html")])
                #expect(outcome.exitCode == 73 && outcome.error.contains(name), "\(outcome.report)")
                #expect(try Data(contentsOf: URL(filePath: path)) == Data("mine".utf8))
                try before.write(to: URL(filePath: path))
            }
        }
    }
}
