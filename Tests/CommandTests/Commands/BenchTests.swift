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
