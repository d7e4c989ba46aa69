import Foundation
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// What the three result files hold.
    @Suite(.serialized) struct ResultTests {
        let input = try! TemporaryFolder()
        let scratch = try! TemporaryFolder()

        private func results(_ data: [String], _ more: [String] = [], ranks: Int = 2) async throws -> Output {
            let output = Output(folder: scratch.file("out"))
            let outcome = try await Photoz.run(ranks: ranks, data: data, output: output.folder, more, limit: 30)
            try #require(outcome.exitCode == 0, "\(outcome.report)")
            return output
        }

        @Test func everyKeyOfTheContract() async throws {
            let output = try await results(try MockSurvey().folder(input, counts: [30, 20]))
            let keys: Set<String> = [
                "schema", "world_size", "num_samples", "num_partitions", "batch_size", "num_batches", "device",
                "precision",
                "total_cpu_time (seconds)", "total_cpu_memory (MB)", "execution_time (seconds/batch)", "throughput_bps",
                "sample_persec", "wall_time (seconds)", "ranks", "metrics", "metrics_in_bins", "distributions",
                "cpu_info",
                "ram_info (GB)", "provenance", "cost", "missing", "skipped", "resumed_samples", "flags", "warnings",
                "bands", "views",
            ]
            let results = try output.results()
            #expect(Set(results.keys) == keys)
            #expect(results["schema"] as? String == "photoz.results/1")
            #expect(results["bands"] as? [String] == ["u", "g", "r", "i", "z"])
            let phases = results["wall_time (seconds)"] as? [String: Double] ?? [:]
            #expect(Set(phases.keys) == ["total", "mpi", "startup", "load", "inference", "reduce", "write"])
            let metrics = results["metrics"] as? [String: Any] ?? [:]
            #expect(
                Set(metrics.keys) == [
                    "N", "MAE", "MSE", "Bias", "Precision", "R2", "median_bias", "sigma_mad", "sigma_iqr",
                    "outlier_fraction_0.15", "outlier_fraction_0.05", "outlier_fraction_iqr", "sigma_mad_error",
                    "Bias_error", "median_bias_error", "outlier_fraction_0.15_error", "outlier_fraction_0.05_error",
                ])
            let bins = results["metrics_in_bins"] as? [String: [[String: Any]]] ?? [:]
            #expect(Set(bins.keys) == ["redshift_predicted", "redshift", "magnitude"])
            for (name, bins) in bins {
                #expect(bins.allSatisfy { Set($0.keys) == Set(metrics.keys).union(["from", "to"]) }, "\(name)")
                #expect(bins.reduce(0) { $0 + ($1["N"] as? Int ?? 0) } == 50, "\(name)")
            }
            for rank in try output.ranks() {
                #expect(rank["device"] as? String == "cpu")
                #expect(rank["num_batches"] as? Int == 1)
                #expect(rank["throughput_bps"] as? Double ?? 0 > 0)
            }
            // The published relation between time, samples and bits, on the wall time of the inference phase.
            let rate = results["sample_persec"] as? Double ?? .nan
            #expect(abs(rate * 20_520 * 8 - (results["throughput_bps"] as? Double ?? 0)) < 1e-3 * rate)
            #expect(abs(rate * (phases["inference"] ?? .nan) - 50) < 1e-6)
        }

        @Test func metricsOfTheMockSurvey() async throws {
            let output = try await results([Repository.galaxies])
            let predicted = try output.floats("redshift_predicted").map(Double.init)
            let spectroscopic = try output.floats("redshift").map(Double.init)
            let errors = zip(predicted, spectroscopic).map { ($0 - $1) / (1 + $1) }
            let metrics = try output.results()["metrics"] as? [String: Double] ?? [:]
            let (bias, nmad) = (try #require(metrics["Bias"]), try #require(metrics["sigma_mad"]))
            let mean = errors.reduce(0, +) / 256
            #expect(abs(bias - mean) < 1e-12)
            let median = Self.median(errors)
            let deviation = Self.median(errors.map { abs($0 - median) })
            #expect(abs(nmad - 1.4826 * deviation) < 1e-12)
            // The model card's accuracy: a survey read in the wrong order would be far off.
            #expect(nmad < 0.02)
        }

        private static func median(_ values: [Double]) -> Double {
            let sorted = values.sorted()
            return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
        }

        @Test func noRedshiftsNoMetrics() async throws {
            try MockSurvey().write(input.file("1.h5"), count: 10, .init(hasRedshift: false))
            let output = try await results([input.path])
            #expect(try output.results()["metrics"] is NSNull)
            #expect(try output.floats("redshift").allSatisfy(\.isNaN))
        }

        @Test func redshiftsOfSomePartitions() async throws {
            try MockSurvey().write(input.file("1.h5"), count: 10, .init(hasRedshift: false))
            try MockSurvey().write(input.file("2.h5"), count: 6)
            let output = try await results([input.path])
            #expect((try output.results()["metrics"] as? [String: Any])?["N"] as? Int == 6)
        }

        @Test func identifiersAreCarried() async throws {
            let names = (0..<12).map { "SDSS J\($0)\u{2606}" }
            try MockSurvey().write(input.file("1.h5"), count: 12, .init(identifiers: names))
            let output = try await results([input.path], ranks: 3)
            let carried = try File.open(output.folder + "/predictions.h5").dataset("object_id")
            #expect(try carried.readStrings(rows: 0..<12) == names)

            try MockSurvey().write(scratch.file("2.h5"), first: 5, count: 12, .init(integerIdentifiers: true))
            let other = try await results([scratch.file("2.h5")], ["--overwrite"], ranks: 3)
            #expect(try other.integers("object_id") == (5..<17).map { $0 << 40 })
        }

        @Test func partitionNamesAndProvenance() async throws {
            let output = try await results(try MockSurvey().folder(input, counts: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]))
            let file = try File.open(output.folder + "/predictions.h5")
            #expect(try file.attributeStrings("partitions") == (1...11).map { "\($0).h5" })
            let provenance = try output.results()["provenance"] as? [String: Any] ?? [:]
            #expect((provenance["weights_sha256"] as? String)?.count == 64)
            #expect(try file.attributeStrings("weights_sha256").first == provenance["weights_sha256"] as? String)
            #expect((provenance["hosts"] as? [String])?.count == 1)
            #expect(provenance["bfloat16_products"] is NSNull)
        }

        @Test(arguments: ["bf16", "int8"]) func howBFloat16WasComputedIsSaid(precision: String) async throws {
            try MockSurvey().write(input.file("1.h5"), count: 3)
            let output = try await results([input.path], ["--precision", precision], ranks: 2)
            let provenance = try output.results()["provenance"] as? [String: Any] ?? [:]
            let way = provenance["bfloat16_products"] as? String ?? ""
            #expect(["as float32", "by its own instruction"].contains(way))
            let processor = try await Photoz.alone(["inspect", "--cpu"])
            #expect(processor.output.contains("bfloat16 \(way): "), "\(processor.report)")
        }

        @Test func fileLimitTakesTheFirstFiles() async throws {
            let output = try await results(
                try MockSurvey().folder(input, counts: [1, 2, 3, 1, 1, 1, 1, 1, 1, 9]), ["--file-limit", "3"])
            #expect(try output.integers("partition") == [0, 1, 1, 2, 2, 2])
        }

        @Test func filesTakenTwiceAndMissingIdentifiersAreSaid() async throws {
            try MockSurvey().write(input.file("1.h5"), count: 3, .init(integerIdentifiers: true))
            try MockSurvey().write(input.file("2.h5"), count: 3)
            symlink(input.file("2.h5"), input.file("3.h5"))
            let outcome = try await Photoz.run(
                ranks: 2, data: [input.path], output: scratch.file("out"), limit: 30)
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            #expect(outcome.error.contains("3.h5 is the same file as 2.h5"), "\(outcome.report)")
            #expect(outcome.error.contains("2.h5 has no object_id"), "\(outcome.report)")
        }

        @Test func aloneWithoutARemoteShell() async throws {
            // Containers often have none, and nothing is started elsewhere.
            let outcome = try await Launch.run(
                Photoz.path,
                [
                    "run", "--weights", Repository.weights, "--data", Repository.galaxies, "--output",
                    scratch.file("out"),
                ],
                limit: 30, environment: ["PATH": "/nowhere"])
            #expect(outcome.exitCode == 0, "\(outcome.report)")
        }

        @Test func predictionsThatOverflowAreSaid() async throws {
            try MockSurvey().write(
                input.file("1.h5"), count: 10,
                .init(changeImage: { for pixel in MockSurvey.pixels * 7..<MockSurvey.pixels * 8 { $0[pixel] = 3e38 } }))
            let output = scratch.file("out")
            let outcome = try await Photoz.run(ranks: 3, data: [input.path], output: output, limit: 30)
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            #expect(outcome.error.contains("1 predictions are not finite, the first in"), "\(outcome.report)")
            #expect(outcome.error.contains("1.h5, row 7"), "\(outcome.report)")
            #expect((try Output(folder: output).results()["metrics"] as? [String: Any])?["N"] as? Int == 9)
        }

        @Test func quietRunsPrintNothing() async throws {
            let outcome = try await Photoz.run(
                ranks: 2, data: try MockSurvey().folder(input, counts: [3]), output: scratch.file("out"), ["--quiet"],
                limit: 30)
            #expect(outcome.exitCode == 0 && outcome.output.isEmpty && outcome.error.isEmpty, "\(outcome.report)")
        }

        @Test func otherNamesAxesAndSizes() async throws {
            let survey = try MockSurvey()
            try survey.write(input.file("plain.h5"), count: 4)
            try survey.writeForeign(input.file("foreign.h5"), count: 4)
            let plain = try await results([input.file("plain.h5")])
            let expected = try plain.floats("redshift_predicted")
            let foreign = try await results(
                [input.file("foreign.h5")],
                [
                    "--images", "image", "--magnitudes", "u_mag,g_mag,r_mag,i_mag,z_mag", "--redshift", "specz",
                    "--layout", "nhwc", "--crop", "--overwrite",
                ])
            #expect(try foreign.floats("redshift_predicted") == expected)
        }
    }
}

extension MockSurvey {
    /// The first galaxies as another survey might store them: channels last, 64 x 64 pixels around the galaxy, a data
    /// set for each magnitude.
    func writeForeign(_ path: String, count: Int) throws {
        let own = try TemporaryFolder()
        try write(own.file("1.h5"), count: count)
        let source = try File.open(own.file("1.h5"))
        let images: [Float] = try source.dataset("images").readAll()
        let magnitudes: [Double] = try source.dataset("magnitudes").readAll()
        var large = [Float](repeating: 9, count: count * 64 * 64 * 5)
        for galaxy in 0..<count {
            for band in 0..<5 {
                for y in 0..<32 {
                    for x in 0..<32 {
                        large[((galaxy * 64 + y + 16) * 64 + x + 16) * 5 + band] =
                            images[((galaxy * 5 + band) * 32 + y) * 32 + x]
                    }
                }
            }
        }
        let file = try File.create(path)
        try file.createDataset("image", of: Float.self, shape: [count, 64, 64, 5]).write(rows: 0..<count, from: large)
        for (band, name) in ["u", "g", "r", "i", "z"].enumerated() {
            try file.createDataset(name + "_mag", of: Double.self, shape: [count])
                .write(rows: 0..<count, from: (0..<count).map { magnitudes[$0 * 5 + band] })
        }
        let redshifts: [Float] = try source.dataset("redshift").readAll()
        try file.createDataset("specz", of: Float.self, shape: [count]).write(rows: 0..<count, from: redshifts)
        try file.close()
    }
}
