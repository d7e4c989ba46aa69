import Foundation
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// `photoz run --calibration`: what `pz.hdf5` and the predictions hold.
    @Suite(.serialized) struct DistributionsRunTests {
        private let scratch = try! TemporaryFolder()

        private func run(
            _ name: String, ranks: Int = 2, data: String? = nil, _ more: [String] = []
        ) async throws -> Output {
            let calibrated = try await CalibratedSurvey.shared.value
            let output = Output(folder: scratch.file(name))
            let outcome = try await CalibratedSurvey.run(
                data ?? calibrated.survey.folder, to: output, ranks: ranks, calibrated.options + more)
            try #require(outcome.exitCode == 0, "\(outcome.report)")
            return output
        }

        @Test(
            "The same bytes for any number of ranks, any batch, both schedules and whoever writes",
            arguments: [[], ["--pdf", "interp", "--grid", "0:1.5:151"], ["--pdf", "hist", "--grid", "0:1.5:76"]])
        func sameBytes(form: [String]) async throws {
            let alone = try await run("alone", ranks: 1, form + ["--csv", "--quiet"])
            #expect(alone.names == (CalibratedSurvey.finished + ["predictions.csv"]).sorted())
            let runs: [(Int, [String])] = [
                (2, ["--batch-size", "7"]), (3, ["--schedule", "dynamic", "--batch-size", "100"]),
                (8, ["--shard", "files"]), (2, ["--write", "collect", "--threads", "2"]),
            ]
            for (ranks, more) in runs {
                let many = try await run("many", ranks: ranks, form + more + ["--csv", "--overwrite", "--quiet"])
                for name in ["pz.hdf5", "predictions.h5", "predictions.csv"] {
                    #expect(try many.bytes(name) == alone.bytes(name), "\(name) of \(ranks) ranks \(more)")
                }
                let (results, expected) = (try many.results(), try alone.results())
                #expect(results["distributions"] as? NSDictionary == expected["distributions"] as? NSDictionary)
            }
        }

        @Test("Quantiles, summaries and columns agree with each other and with the predictions")
        func contents() async throws {
            let output = try await run("out")
            let pz = try StoredDistributions(output)
            let levels =
                [0, 0.001, 0.005, 0.01, 0.025] + (1...19).map { Double($0) / 20 } + [0.975, 0.99, 0.995, 0.999, 1]
            #expect(zip(pz.axis, levels).allSatisfy { abs($0 - $1) < 1e-15 } && pz.axis.count == 29 && pz.count == 29)
            #expect(try pz.file.dataset("meta/pdf_version").readAll(as: Int.self) == [0])
            #expect(
                try pz.file.dataset("meta/pdf_constructor_name").readStrings(rows: 0..<1) == ["piecewise_linear"])
            let predicted = try output.floats("redshift_predicted")
            let names = ["zmode", "zmean", "zmedian", "z_std", "z_q2p5", "z_q16", "z_q84", "z_97p5"]
            let ancil = try Dictionary(uniqueKeysWithValues: names.map { ($0, try pz.ancil($0)) })
            for name in names {
                let shape = try pz.file.dataset("ancil/" + name).shape
                #expect(shape == (["zmode", "zmean", "zmedian"].contains(name) ? [1500, 1] : [1500]), "\(name)")
            }
            for galaxy in stride(from: 0, to: predicted.count, by: 13) {
                let locations = pz.row(galaxy)
                #expect(zip(locations, locations.dropFirst()).allSatisfy { $0 < $1 }, "\(locations)")
                func near(_ name: String, _ expected: Double) {
                    #expect(abs(Double(ancil[name]![galaxy]) - expected) < 1e-6, "\(name) of galaxy \(galaxy)")
                }
                near("zmedian", locations[14])
                near("z_q2p5", locations[4])
                near("z_97p5", locations[24])
                near("z_q16", pz.quantile(galaxy, 0.16))
                near("z_q84", pz.quantile(galaxy, 0.84))
                var (mean, square) = (0.0, 0.0)
                for stretch in 0..<28 {
                    let (from, to) = (locations[stretch], locations[stretch + 1])
                    let mass = pz.axis[stretch + 1] - pz.axis[stretch]
                    mean += mass * (from + to) / 2
                    square += mass * (from * from + from * to + to * to) / 3
                }
                near("zmean", mean)
                near("z_std", (square - mean * mean).squareRoot())
                let mode = Double(ancil["zmode"]![galaxy])
                #expect(mode > locations[5] && mode < locations[23])
            }
            let ends = [
                ("z_lower_68", "z_q16"), ("z_upper_68", "z_q84"), ("z_lower_95", "z_q2p5"), ("z_upper_95", "z_97p5"),
            ]
            for (column, name) in ends { #expect(try output.floats(column) == ancil[name]!, "\(column)") }
            #expect(try pz.ancil("redshift") == output.floats("redshift"))
            #expect(try pz.file.dataset("ancil/flags").readAll(as: Int.self) == output.integers("flags"))
            #expect(try pz.file.dataset("ancil/object_id").readAll(as: Int.self) == output.integers("object_id"))
            #expect(try Set(pz.file.dataset("ancil/distribution_type").readAll(as: Int.self)) == [0])
            #expect(!pz.file.contains("ancil/id"))
            let hash = try output.results()["distributions"] as? [String: Any]
            let origin = hash?["calibration"] as? [String: Any]
            for name in ["pz.hdf5", "predictions.h5"] {
                let file = try File.open(output.folder + "/" + name)
                #expect(try file.attributeString("calibration_sha256") == origin?["sha256"] as? String)
            }
        }

        /// Of each form the probability in the steps of the grid, by galaxy.
        @Test func theThreeFormsAreOfTheSameDistributions() async throws {
            let grid = ["--grid", "0:1.5:151"]
            let pz = try StoredDistributions(try await run("quant", ["--pdf", "quant"]))
            let histogram = try StoredDistributions(try await run("hist", ["--pdf", "hist"] + grid), "hist")
            let points = try StoredDistributions(try await run("interp", ["--pdf", "interp"] + grid), "interp")
            #expect(histogram.axis == points.axis && histogram.count == 150 && points.count == 151)
            let grids: [Double] = (0..<150).map { 1.5 * Double($0) / 150 } + [1.5]
            #expect(points.axis == grids)
            for name in ["zmode", "zmean", "zmedian", "z_std", "z_q16"] {
                #expect(try pz.ancil(name) == histogram.ancil(name) && pz.ancil(name) == points.ancil(name))
            }
            for galaxy in stride(from: 0, to: CalibratedSurvey.galaxies, by: 11) {
                let below = grids.map { pz.cumulative(galaxy, at: $0) }
                let mass = below[150] - below[0]
                try #require(mass > 0)
                let (bins, densities) = (histogram.row(galaxy), points.row(galaxy))
                for bin in 0..<150 {
                    let expected = (below[bin + 1] - below[bin]) / mass
                    #expect(abs(bins[bin] * 0.01 - expected) < 1e-6, "\(galaxy), \(bin)")
                }
                #expect(abs(bins.reduce(0, +) * 0.01 - 1) < 1e-5)
                // What qp makes of densities at points: trapezoids.
                let area = zip(densities, densities.dropFirst()).reduce(0) { $0 + ($1.0 + $1.1) / 2 * 0.01 }
                #expect(abs(area - 1) < 1e-5)
                let center = zip(grids, densities).reduce(0) { $0 + $1.0 * $1.1 * 0.01 }
                let middle = zip(grids, bins).reduce(0) { $0 + ($1.0 + 0.005) * $1.1 * 0.01 }
                #expect(abs(center - middle) < 0.01, "\(center) and \(middle) of galaxy \(galaxy)")
            }
        }

        @Test("Galaxies without a redshift have no distribution, and say so in every form")
        func withoutRedshift() async throws {
            let survey = try await LabelledSurvey(scratch.file("survey"), galaxies: 300, seed: 8)
            try survey.changeMagnitudes { if $0 % 20 == 3 { $1[2] = -99 } }
            let missing = (0..<300).map { $0 % 20 == 3 }
            let grid = ["--grid", "0:2:31"]
            for (form, more) in [("quant", []), ("interp", grid), ("hist", grid)] {
                let output = try await run("out", data: survey.folder, ["--pdf", form, "--overwrite"] + more)
                let pz = try StoredDistributions(output, form)
                for name in ["zmode", "zmean", "zmedian", "z_std", "z_q2p5", "z_q16", "z_q84", "z_97p5"] {
                    #expect(try pz.ancil(name).map(\.isNaN) == missing, "\(name)")
                }
                for name in ["z_lower_68", "z_upper_68", "z_lower_95", "z_upper_95"] {
                    #expect(try output.floats(name).map(\.isNaN) == missing, "\(name)")
                }
                for galaxy in 0..<300 {
                    let row = pz.row(galaxy)
                    if !missing[galaxy] {
                        #expect(row.allSatisfy { $0.isFinite })
                    } else if form == "quant" {
                        // qp reads no file in which a row is no number, or has the same location twice.
                        #expect(
                            row.allSatisfy { $0 <= -1 } && zip(row, row.dropFirst()).allSatisfy { $0 < $1 }, "\(row)")
                    } else {
                        #expect(row.allSatisfy { $0.isNaN })
                    }
                }
                let inspected = try await Photoz.alone(["inspect", output.folder + "/pz.hdf5"])
                #expect(inspected.exitCode == 0, "\(inspected.report)")
                #expect(inspected.output.contains("as qp's \(form)\n  galaxies: 300"), "\(inspected.report)")
                #expect(inspected.output.contains("with a distribution: 285; without a redshift: 15"))
            }
        }

        @Test("Galaxies outside of what was labelled are flagged, counted and warned of")
        func outside() async throws {
            let survey = try await LabelledSurvey(scratch.file("survey"), galaxies: 200, seed: 8)
            try survey.changeMagnitudes { galaxy, magnitudes in
                if galaxy % 4 == 1 { for band in magnitudes.indices { magnitudes[band] += 8 } }
            }
            let output = try await run("out", data: survey.folder)
            let bits = try output.integers("flags").map { $0 & 16384 != 0 }
            for galaxy in stride(from: 1, to: 200, by: 4) { #expect(bits[galaxy], "\(galaxy)") }
            let count = bits.count { $0 }
            #expect(count < 60, "the others are like the labelled ones")
            let results = try output.results()
            #expect((results["flags"] as? [String: Int])?["calibration_outside"] == count)
            #expect((results["distributions"] as? [String: Any])?["outside_calibration"] as? Int == count)
            let warnings = results["warnings"] as? [String] ?? []
            #expect(warnings.contains { $0.hasPrefix("\(count) of 200 galaxies lie outside of what the calibration") })
            let pz = try StoredDistributions(output)
            #expect(try pz.file.dataset("ancil/flags").readAll(as: Int.self) == output.integers("flags"))
            #expect(pz.values.allSatisfy { $0.isFinite })
        }

        @Test("Without identifiers rows have numbers, without labels there are no metrics", arguments: [1, 3])
        func plainSurvey(ranks: Int) async throws {
            let input = try TemporaryFolder()
            try MockSurvey().write(input.file("1.h5"), count: 40, .init(hasRedshift: false))
            let output = try await run("out", ranks: ranks, data: input.path)
            let pz = try StoredDistributions(output)
            #expect(try pz.file.dataset("ancil/id").readAll(as: Int.self) == Array(0..<40))
            #expect(!pz.file.contains("ancil/object_id") && !pz.file.contains("ancil/redshift"))
            let said = try output.results()["distributions"] as? [String: Any] ?? [:]
            #expect(said["metrics"] is NSNull && said["metrics_in_bins"] is NSNull && said["grid"] is NSNull)
            #expect(said["form"] as? String == "quant" && said["cut_by_grid"] is NSNull)
            let origin = said["calibration"] as? [String: Any] ?? [:]
            #expect(Set(origin.keys) == ["file", "sha256", "method", "labelled", "cells", "created"])
            #expect(origin["labelled"] as? Int == 3000 && origin["method"] as? String == "cells")
        }
    }
}
