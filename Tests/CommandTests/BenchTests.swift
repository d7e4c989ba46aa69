import Foundation
import TestSupport
import Testing

extension CommandTests {
    /// `photoz bench`, `photoz inspect --cpu` and the cap on instruction sets.
    @Suite(.serialized) struct BenchTests {
        let scratch = try! TemporaryFolder()

        @Test func oneObjectWithTheKeysOfTheContract() async throws {
            let outcome = try await Photoz.alone(
                ["bench", "--weights", Repository.weights, "--threads", "2", "--batch-size", "64", "--json"])
            #expect(outcome.exitCode == 0 && outcome.seconds < 10, "\(outcome.report)")
            let report = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any] ?? [:]
            let rate = report["galaxies_per_second"] as? Double ?? .nan
            let gflops = report["gflops"] as? Double ?? .nan
            let peak = report["peak_gflops"] as? Double ?? .nan
            #expect(abs(gflops / rate - 0.2144) < 2e-4)
            #expect(abs((report["fraction_of_peak"] as? Double ?? .nan) - gflops / peak) < 1e-12)
            #expect(gflops / peak > 0.2 && gflops / peak < 1)
            #expect(report["instruction_set"] is String)
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
