import Foundation
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// `photoz selftest`, and whether it notices what is wrong.
    @Suite(.serialized) struct SelftestTests {
        private let folder = try! TemporaryFolder()

        /// The shipped files, the galaxies changed.
        private func data(_ change: (File) throws -> Void = { _ in }) throws -> String {
            for name in ["selftest.h5", "astromae-mock-sdss.h5"] {
                try? FileManager.default.removeItem(atPath: folder.file(name))
                try FileManager.default.copyItem(atPath: Repository.root + "/Data/" + name, toPath: folder.file(name))
            }
            let file = try File.openForWriting(folder.file("selftest.h5"))
            try change(file)
            try file.close()
            return folder.path
        }

        private func selftest(_ data: String) async throws -> Outcome {
            try await Photoz.alone(["selftest", "--data", data])
        }

        @Test func allIsGood() async throws {
            let outcome = try await selftest(Repository.root + "/Data")
            #expect(outcome.exitCode == 0 && outcome.output.contains("All good"), "\(outcome.report)")
            let sets = try await Photoz.alone(["inspect", "--cpu"]).output
            let lines = outcome.output.split(separator: "\n").filter { $0.hasSuffix(": good") }
            #expect(!lines.isEmpty, "\(outcome.report)")
            for line in lines { #expect(sets.contains(line.prefix { $0 != "," }), "\(line) in: \(sets)") }
            // Every precision of each; some have another way of computing bfloat16.
            for set in Set(lines.map { $0.prefix { $0 != "," } }) {
                for precision in ["f32", "bf16", "int8"] {
                    #expect(lines.contains { $0.hasPrefix("\(set), \(precision) ") }, "\(set), \(precision)")
                }
            }
        }

        @Test("The answers are the reference's, not this program's")
        func provenance() throws {
            let shipped = try File.open(Repository.root + "/Data/selftest.h5")
            let (galaxies, expected) = (
                try File.open(Repository.fixture("partition.h5")), try File.open(Repository.fixture("expected.h5"))
            )
            let redshifts: [Double] = try shipped.dataset("redshift_float64").readAll()
            let golden: [Double] = try expected.dataset("redshift_float64").readAll()
            #expect(redshifts == Array(golden.prefix(32)))
            let images: [Float] = try shipped.dataset("images").readAll()
            #expect(try images == Array(galaxies.dataset("images").readAll(as: Float.self).prefix(images.count)))
            let magnitudes: [Double] = try shipped.dataset("magnitudes").readAll()
            #expect(try magnitudes == Array(galaxies.dataset("magnitudes").readAll(as: Double.self).prefix(160)))
        }

        @Test(arguments: [4e-3, -4e-3, .nan]) func anAnswerThatIsOff(by difference: Double) async throws {
            let data = try data { file in
                let redshifts = try file.dataset("redshift_float64")
                var values: [Double] = try redshifts.readAll()
                values[17] += difference
                try redshifts.write(rows: 0..<32, from: values)
            }
            let outcome = try await selftest(data)
            #expect(outcome.exitCode == 70, "\(outcome.report)")
            #expect(outcome.output.contains("WRONG") && !outcome.output.contains(": good"), "\(outcome.report)")
        }

        @Test("The image of another galaxy: what the smallest network precision must still notice")
        func anImageThatIsOff() async throws {
            let data = try data { file in
                let images = try file.dataset("images")
                let values: [Float] = try images.readAll()
                let image = values.count / 32
                try images.write(rows: 0..<32, from: Array(values[image...] + values[..<image]))
            }
            let outcome = try await selftest(data)
            #expect(outcome.exitCode == 70, "\(outcome.report)")
            #expect(!outcome.output.contains(": good"), "\(outcome.report)")
        }

        @Test func damagedWeights() async throws {
            let data = try data()
            let path = folder.file("astromae-mock-sdss.h5")
            var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            bytes[bytes.count / 2] ^= 1
            try bytes.write(to: URL(fileURLWithPath: path))
            let outcome = try await selftest(data)
            #expect(outcome.exitCode == 65 && outcome.error.contains("astromae-mock-sdss.h5"), "\(outcome.report)")
        }

        @Test func otherWeightsWhoseHashIsRight() async throws {
            // One bias moved: only the numbers can tell.
            _ = try data()
            let weights = folder.file("astromae-mock-sdss.h5")
            let file = try File.openForWriting(weights)
            let bias = try file.dataset("concat_block.2.bias")
            var values: [Float] = try bias.readAll()
            values[0] += 4e-3
            try bias.write(rows: 0..<1, from: values)
            try file.close()
            let hash = try await Launch.run("sha256sum", [weights], limit: 10).output.prefix(64)
            let answers = try File.openForWriting(folder.file("selftest.h5"))
            try answers.setAttribute("weights_sha256", String(hash))
            try answers.close()
            let outcome = try await selftest(folder.path)
            #expect(outcome.exitCode == 70 && !outcome.output.contains(": good"), "\(outcome.report)")
        }

        @Test func noFiles() async throws {
            let outcome = try await selftest(folder.file("nowhere"))
            #expect(outcome.exitCode == 66, "\(outcome.report)")
        }
    }
}
