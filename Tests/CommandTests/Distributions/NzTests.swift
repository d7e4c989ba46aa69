import Foundation
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// `photoz nz`.
    @Suite(.serialized) struct NzTests {
        private let folder: TemporaryFolder

        init() throws { folder = try TemporaryFolder() }

        private func run(_ arguments: [String], ranks: Int = 1) async throws -> Outcome {
            try await Launch.mpirun(ranks: ranks, Photoz.path, ["nz"] + arguments, limit: 60)
        }

        private func written(_ distributions: DistributionsFile, _ name: String = "pz.hdf5") throws -> String {
            let path = folder.file(name)
            try distributions.write(path)
            return path
        }

        /// The densities of all bins, and of all galaxies, by the plain definitions.
        private func plainStack(
            _ distributions: DistributionsFile, by column: String, edges: [Double], cells: [Double]
        ) -> (densities: [[Double]], counts: [Int]) {
            var sums = [[Double]](repeating: [Double](repeating: 0, count: cells.count - 1), count: edges.count)
            var counts = [Int](repeating: 0, count: edges.count)
            for (row, redshift) in (distributions.columns[column] ?? []).enumerated() {
                let redshift = Double(redshift)
                let last = edges.count - 2
                let bin = (0...last).first {
                    redshift >= edges[$0] && ($0 == last ? redshift <= edges[$0 + 1] : redshift < edges[$0 + 1])
                }
                let below = cells.compactMap { distributions.cumulative(row, at: $0) }
                guard let bin, !below.isEmpty else { continue }
                for bin in [bin, edges.count - 1] {
                    counts[bin] += 1
                    for cell in sums[bin].indices { sums[bin][cell] += below[cell + 1] - below[cell] }
                }
            }
            let densities = sums.map { sum in
                sum.indices.map { sum[$0] / sum.reduce(0, +) / (cells[$0 + 1] - cells[$0]) }
            }
            return (densities, counts)
        }

        private func rows(_ dataset: Dataset) throws -> [[Double]] {
            let values: [Double] = try dataset.readAll()
            return (0..<dataset.rows).map {
                Array(values[$0 * dataset.rowCount..<($0 + 1) * dataset.rowCount])
            }
        }

        private func expectNear(_ found: [[Double]], _ expected: [[Double]], _ comment: Comment) {
            #expect(found.count == expected.count && found.map(\.count) == expected.map(\.count), comment)
            for (found, expected) in zip(found, expected) {
                let farthest = zip(found, expected).map { abs($0 - $1) }.max() ?? .nan
                #expect(farthest < 1e-6, comment)
            }
        }

        /// Grid points from 0 to 1.6, where all made-up distributions lie, and the cells that they stand for.
        private static let points = (0...40).map { Double($0) / 25 }
        private static let around = [0] + zip(points, points.dropFirst()).map { ($0 + $1) / 2 } + [1.6]

        @Test("A plain stack, in either form, of whatever form is read", arguments: ["quant", "interp", "hist"])
        func plain(form: String) async throws {
            let distributions =
                form == "quant" ? DistributionsFile.quantiles(300) : DistributionsFile.densities(form, 200)
            let path = try written(distributions)
            let edges = [0.1, 0.4, 0.45, 0.9]
            for (output, name, cells) in [("hist", "pdfs", Self.points), ("interp", "yvals", Self.around)] {
                let outcome = try await run([
                    path, "--bins", "0.1, 0.4,0.45,0.9", "--grid", "0:1.6:41", "--form", output, "--output",
                    folder.file("\(output).hdf5"),
                ])
                #expect(outcome.exitCode == 0, "\(outcome.report)")
                let file = try File.open(folder.file("\(output).hdf5"))
                #expect(try file.dataset("qp/meta/pdf_name").readStrings(rows: 0..<1) == [output])
                let grid = try file.dataset(output == "hist" ? "qp/meta/bins" : "qp/meta/xvals")
                #expect(grid.shape == [1, 41])
                expectNear([try grid.readAll()], [Self.points], "\(output)")
                let expected = plainStack(distributions, by: "zmode", edges: edges, cells: cells)
                let found = try rows(file.dataset("qp/data/\(name)"))
                expectNear(found, expected.densities, "\(form) as \(output)")
                #expect(try file.dataset("qp/ancil/n_objects").readAll(as: Int.self) == expected.counts)
                #expect(try file.dataset("qp/ancil/bin_idx").readAll(as: Int.self) == [0, 1, 2, -2])
                for row in found {
                    let integral =
                        output == "hist"
                        ? row.reduce(0, +) / 25 : zip(row, row.dropFirst()).reduce(0) { $0 + ($1.0 + $1.1) / 50 }
                    #expect(abs(integral - 1) < 1e-12)
                }
                #expect(outcome.output.contains("Left out: ") && outcome.output.contains("without a distribution"))
                let (all, without) = (distributions.rows.count, (distributions.rows.count + 24) / 29)
                #expect(try file.attribute("galaxies", as: Int.self) == all)
                #expect(try file.attribute("galaxies_without_distribution", as: Int.self) == without)
                let outside = all - without - (expected.counts.last ?? 0)
                #expect(try file.attribute("galaxies_outside_bins", as: Int.self) == outside)
                #expect(try file.attributeString("weights_sha256") == "ab12")
            }
        }

        @Test("The same bytes for any number of ranks")
        func ranks() async throws {
            let results = folder.file("results")
            try FileManager.default.createDirectory(atPath: results, withIntermediateDirectories: true)
            try DistributionsFile.quantiles(1000).write(results + "/pz.hdf5")
            for choice in [["--equal", "3"], ["--bins", "0.2,0.5,0.8", "--by", "zmedian"]] {
                var first: Data?
                for ranks in 1...3 {
                    let outcome = try await run([results, "--grid", "0:2:51"] + choice, ranks: ranks)
                    #expect(outcome.exitCode == 0, "\(outcome.report)")
                    let bytes = try Data(contentsOf: URL(fileURLWithPath: results + "/nz.hdf5"))
                    #expect(bytes == first ?? bytes, "\(ranks) ranks")
                    first = bytes
                }
            }
        }

        @Test("Bins of equally many galaxies")
        func equal() async throws {
            let distributions = DistributionsFile.quantiles(290)
            let outcome = try await run([try written(distributions), "--equal", "4"])
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            let file = try File.open(folder.file("nz.hdf5"))
            #expect(try file.dataset("qp/ancil/n_objects").readAll(as: Int.self) == [70, 70, 70, 70, 280])
            let redshifts = (distributions.columns["zmode"] ?? []).filter(\.isFinite).sorted().map(Double.init)
            let edges = try file.attributeNumbers("bin_edges", as: Double.self)
            #expect(edges == [0, 70, 140, 210, 279].map { redshifts[$0] })
            // The mean of narrow bins of narrow distributions is nowhere far from their galaxies.
            let means: [Double] = try file.dataset("qp/ancil/z_mean").readAll()
            for bin in 0..<4 { #expect(means[bin] > edges[bin] - 0.1 && means[bin] < edges[bin + 1] + 0.1) }
        }

        @Test("photoz inspect shows the bins, and names a row that is no density")
        func inspection() async throws {
            let outcome = try await run([try written(.quantiles(290)), "--equal", "4"])
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            let path = folder.file("nz.hdf5")
            let shown = try await Photoz.alone(["inspect", path])
            #expect(shown.exitCode == 0, "\(shown.report)")
            #expect(shown.output.contains("n(z) of photoz nz") && shown.output.contains("binned by zmode"))
            #expect(shown.output.split(separator: "\n").filter { $0.contains(": 70 galaxies") }.count == 4)
            #expect(shown.output.contains("all: 280 galaxies"))

            let file = try File.openForWriting(path)
            let densities = try file.dataset("qp/data/yvals")
            let row = [Double](repeating: -1, count: densities.rowCount)
            try densities.write(rows: 2..<3, from: row)
            try file.close()
            let refused = try await Photoz.alone(["inspect", path])
            #expect(refused.exitCode == 65 && refused.error.contains("row 2"), "\(refused.report)")
        }

        /// Errors against those of a bootstrap that draws galaxy by galaxy.
        @Test func errors() async throws {
            let distributions = DistributionsFile.quantiles(4000)
            let path = try written(distributions)
            let outcome = try await run([
                path, "--bins", "0,1", "--grid", "0:1.6:41", "--form", "hist", "--bootstrap", "400", "--seed", "9",
            ])
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            let file = try File.open(folder.file("nz.hdf5"))
            let found = try rows(file.dataset("qp/ancil/error"))[0]
            // Of a mean over galaxies a bootstrap leads to its standard deviation over the root of their number.
            let redshifts = try #require(distributions.columns["zmode"])
            let masses = redshifts.indices.filter { redshifts[$0].isFinite }.map { row in
                let below = Self.points.compactMap { distributions.cumulative(row, at: $0) }
                return zip(below, below.dropFirst()).map { ($1 - $0) * 25 }
            }
            let count = Double(masses.count)
            for cell in 5..<20 {
                let values = masses.map { $0[cell] }
                let mean = values.reduce(0, +) / count
                let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
                let ratio = found[cell] / (variance / count).squareRoot()
                // Good to 7 %: 128 parts and 400 resamples.
                #expect(ratio > 0.75 && ratio < 1.25, "\(cell): \(ratio)")
            }
            let again = try await run([path, "--bins", "0,1", "--bootstrap", "0"])
            #expect(again.exitCode == 0 && !again.output.contains("±"), "\(again.report)")
            #expect(try !File.open(folder.file("nz.hdf5")).contains("qp/ancil/error"))
        }

        @Test("Galaxies are left out by their flags when that is asked for")
        func flags() async throws {
            let path = try written(DistributionsFile.quantiles(100))
            let outcome = try await run([path, "--bins", "0,1", "--leave-out", "image_blank, magnitude_outside"])
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            let file = try File.open(folder.file("nz.hdf5"))
            // Every 7th from 2; every 29th from 4 has no distribution, and 62 is none of the latter.
            #expect(try file.attribute("galaxies_left_out", as: Int.self) == 14)
            #expect(try file.attribute("galaxies_without_distribution", as: Int.self) == 4)
            #expect(try file.dataset("qp/ancil/n_objects").readAll(as: Int.self) == [82, 82])
            let kept = try await run([path, "--bins", "0,1"])
            #expect(kept.exitCode == 0 && kept.output.contains("n(z) of 96 galaxies"), "\(kept.report)")
        }

        @Test("What the grid cuts off is told")
        func outside() async throws {
            let outcome = try await run([try written(DistributionsFile.quantiles(200)), "--grid", "0:0.8:51"])
            #expect(outcome.exitCode == 0 && outcome.error.contains("lies outside of the grid"), "\(outcome.report)")
            let file = try File.open(folder.file("nz.hdf5"))
            let outside: [Double] = try file.dataset("qp/ancil/outside_grid").readAll()
            #expect(outside[3] > 0.2 && abs(outside[0]) < 1e-6, "\(outside)")
        }
    }
}
