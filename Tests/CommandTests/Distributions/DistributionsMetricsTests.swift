import Foundation
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// How the distributions of a labelled survey fare, as a run says it.
    @Suite(.serialized) struct DistributionsMetricsTests {
        private let scratch = try! TemporaryFolder()

        private func run(_ more: [String] = []) async throws -> (output: Output, outcome: Outcome) {
            let calibrated = try await CalibratedSurvey.shared.value
            let output = Output(folder: scratch.file("out"))
            let outcome = try await CalibratedSurvey.run(
                calibrated.survey.folder, to: output, calibrated.options + ["--overwrite"] + more)
            try #require(outcome.exitCode == 0, "\(outcome.report)")
            return (output, outcome)
        }

        /// F(z) of each galaxy, from the quantiles in the file.
        private func transforms(_ pz: StoredDistributions) throws -> [Double] {
            try pz.ancil("redshift").enumerated().map { pz.cumulative($0.offset, at: Double($0.element)) }
        }

        @Test("Metrics are those of what pz.hdf5 holds")
        func metrics() async throws {
            let (output, outcome) = try await run()
            let pz = try StoredDistributions(output)
            let redshifts = try pz.ancil("redshift").map(Double.init)
            let pits = try transforms(pz)
            let said = try output.results()["distributions"] as? [String: Any] ?? [:]
            let metrics = said["metrics"] as? [String: Any] ?? [:]
            func number(_ key: String) -> Double { metrics[key] as? Double ?? .nan }
            #expect(metrics["N"] as? Int == CalibratedSurvey.galaxies)
            let count = Double(pits.count)
            for interval in metrics["coverage"] as? [[String: Double]] ?? [] {
                let (level, fraction) = (interval["level"] ?? .nan, interval["fraction"] ?? .nan)
                let within = Double(pits.count { abs(2 * $0 - 1) <= level })
                // At the edge of an interval a PIT may be rounded either way.
                #expect(abs(fraction - within / count) < 3 / count, "\(level)")
            }
            #expect((metrics["coverage"] as? [Any])?.count == 5)
            let sorted = pits.sorted()
            let distance = sorted.enumerated().map {
                max(Double($0.offset + 1) / count - $0.element, $0.element - Double($0.offset) / count)
            }
            #expect(abs(number("pit_ks") - distance.max()!) < 1e-5)
            let scores = redshifts.indices.map { Self.scores(pz.row($0), pz.axis, redshifts[$0]) }
            #expect(abs(number("cde_loss") / (scores.reduce(0) { $0 + $1.loss } / count) - 1) < 1e-5)
            #expect(abs(number("crps") / (scores.reduce(0) { $0 + $1.crps } / count) - 1) < 1e-5)
            let bins = said["metrics_in_bins"] as? [String: [[String: Any]]] ?? [:]
            #expect(Set(bins.keys) == ["redshift_predicted", "redshift", "magnitude"])
            for (name, bins) in bins {
                #expect(bins.reduce(0) { $0 + ($1["N"] as? Int ?? 0) } == pits.count, "\(name)")
            }
            for words in [
                "distributions (quant) by ", "cells, 3000 labelled galaxies", "within 68 %", "CRPS", "PIT KS",
            ] {
                #expect(outcome.output.contains(words), "\(outcome.report)")
            }
            #expect(outcome.output.contains("\(output.folder)/pz.hdf5"), "\(outcome.report)")
        }

        /// ∫p² - 2 p(z) and ∫(F - [x >= z])² of one distribution, the latter by many small steps.
        private static func scores(_ locations: [Double], _ levels: [Double], _ z: Double) -> (
            loss: Double, crps: Double
        ) {
            var (loss, crps) = (0.0, max(locations[0] - z, 0) + max(z - locations[28], 0))
            for stretch in 0..<28 {
                let (from, to) = (locations[stretch], locations[stretch + 1])
                let mass = levels[stretch + 1] - levels[stretch]
                loss += mass * mass / (to - from)
                if from <= z, z < to { loss -= 2 * mass / (to - from) }
                // On either side of z, where what is integrated jumps.
                let middle = min(max(z, from), to)
                for (lower, upper) in [(from, middle), (middle, to)] where lower < upper {
                    let width = (upper - lower) / 200
                    for step in 0..<200 {
                        let x = lower + (Double(step) + 0.5) * width
                        let level = levels[stretch] + mass * (x - from) / (to - from)
                        crps += (level - (x >= z ? 1 : 0)) * (level - (x >= z ? 1 : 0)) * width
                    }
                }
            }
            return (loss, crps)
        }

        @Test("Distributions hold what they promise of galaxies like the labelled ones")
        func coverage() async throws {
            let (output, _) = try await run()
            let pits = try transforms(try StoredDistributions(output))
            // 3000 labelled galaxies were drawn as well: their chance adds to that of the 1500 here.
            for level in [0.5, 0.68, 0.9, 0.95, 0.99] {
                let fraction = Double(pits.count { abs(2 * $0 - 1) <= level }) / 1500
                let chance = (level * (1 - level) * (1 / 1500 + 1 / 3000)).squareRoot()
                #expect(abs(fraction - level) < 3 * chance + 1 / 201, "\(fraction) within \(level)")
            }
        }

        @Test("A grid that is too narrow is told of")
        func cutByTheGrid() async throws {
            let (whole, _) = try await run()
            let pz = try StoredDistributions(whole)
            let cut = (0..<CalibratedSurvey.galaxies).count { galaxy in
                pz.cumulative(galaxy, at: 0.2) - pz.cumulative(galaxy, at: 0.1) < 0.99
            }
            try #require(cut > 100)
            let (output, outcome) = try await run(["--pdf", "hist", "--grid", "0.1:0.2:11"])
            let said = try output.results()["distributions"] as? [String: Any] ?? [:]
            #expect(said["cut_by_grid"] as? Int == cut && said["grid"] as? String == "0.1:0.2:11")
            #expect(said["form"] as? String == "hist")
            #expect(
                outcome.error.contains("\(cut) galaxies have more than 1 % of their probability outside of the grid"))
            // What is written for people who only want to know about quantiles does not depend on the grid.
            let quantiles = try whole.results()["distributions"] as? [String: Any]
            #expect(said["metrics"] as? NSDictionary == quantiles?["metrics"] as? NSDictionary)
            let inspected = try await Photoz.alone(["inspect", output.folder + "/pz.hdf5"])
            #expect(inspected.exitCode == 0 && inspected.output.contains("redshifts of the grid: 11, 0.1 to 0.2"))
        }
    }
}
