import Foundation
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// `photoz split`.
    @Suite(.serialized) struct SplitTests {
        private let folder: TemporaryFolder

        init() throws { folder = try TemporaryFolder() }

        private func run(_ arguments: [String], ranks: Int = 1) async throws -> Outcome {
            try await Launch.mpirun(ranks: ranks, Photoz.path, arguments, limit: 60)
        }

        private func partitions(_ name: String) throws -> [File] {
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.file(name))
                .sorted { (Int($0.dropLast(3)) ?? 0) < (Int($1.dropLast(3)) ?? 0) }
            return try names.map { try File.open(folder.file(name) + "/" + $0) }
        }

        /// A column over all partitions.
        private func column(_ dataset: String, of name: String) throws -> [UInt64] {
            try partitions(name).flatMap { try $0.dataset(dataset).readAll(as: Double.self).map(\.bitPattern) }
        }

        private static let columns = [
            "images", "magnitudes", "redshift", "object_id", "f_dev", "f_bulge", "r_eff_disc", "r_eff_bulge", "q_disc",
            "q_bulge",
            "theta", "x0", "y0",
        ]

        @Test("There and back on some ranks: every column, to the bit, with its attributes", arguments: [1, 2, 3])
        func thereAndBack(ranks: Int) async throws {
            let made = try await run([
                "simulate", "--galaxies", "103", "--partitions", "4", "--output", folder.file("survey"),
            ])
            #expect(made.exitCode == 0, "\(made.report)")
            let split = try await run(
                ["split", "--data", folder.file("survey"), "--partition-mb", "0.5", "--output", folder.file("small")],
                ranks: ranks)
            #expect(split.exitCode == 0, "\(split.report)")
            let sizes = try FileManager.default.contentsOfDirectory(atPath: folder.file("small")).map {
                try FileManager.default.attributesOfItem(atPath: folder.file("small") + "/" + $0)[.size] as? Int ?? 0
            }
            #expect(sizes.count >= 5 && sizes.allSatisfy { $0 <= 500_000 } && sizes.max()! > 400_000, "\(sizes)")
            let joined = try await run(
                [
                    "split", "--data", folder.file("small"), "--partitions", "2", "--gzip", "1", "--output",
                    folder.file("two"),
                ],
                ranks: ranks)
            #expect(joined.exitCode == 0, "\(joined.report)")
            #expect(try partitions("two").map { try $0.dataset("redshift").rows } == [52, 51])
            for name in Self.columns {
                let expected = try column(name, of: "survey")
                #expect(try column(name, of: "small") == expected, "\(name)")
                #expect(try column(name, of: "two") == expected, "\(name)")
            }
            let first = try partitions("two")[0]
            #expect(try first.dataset("images").attributeString("bands") == "ugriz")
            #expect(try first.dataset("images").attributeNumbers("softening", as: Double.self).count == 5)
            #expect(try first.attributeString("generator") == "photoz simulate 2")
        }

        @Test("Identifiers that are strings")
        func strings() async throws {
            var variation = MockSurvey.Variation()
            let names = (0..<20).map { String(repeating: "g", count: $0 % 7) + "\($0)" }
            variation.identifiers = names
            let source = folder.file("one.h5")
            try MockSurvey().write(source, count: 20, variation)
            let outcome = try await run([
                "split", "--data", source, "--partitions", "3", "--output", folder.file("three"),
            ])
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            let found = try partitions("three").flatMap { file in
                let dataset = try file.dataset("object_id")
                return try dataset.readStrings(rows: 0..<dataset.rows)
            }
            #expect(found == names)
        }

        @Test("What cannot be dealt")
        func refusals() async throws {
            let source = Repository.fixture("partition.h5")
            func refused(_ more: [String], code: Int, _ message: String) async throws {
                let outcome = try await run(["split", "--output", folder.file("out")] + more)
                #expect(outcome.exitCode == code && outcome.error.contains(message), "\(outcome.report)")
            }
            try await refused(["--data", source, "--partitions", "65"], code: 64, "there are 64 galaxies")
            try await refused(["--data", source], code: 64, "either --partition-mb or --partitions")
            try await refused(["--data", source, "--partitions", "2", "--images", "x"], code: 65, "x is missing")
            try await refused(["--data", folder.file("no"), "--partitions", "2"], code: 66, "no such file or folder")
            let other = try await run(["simulate", "--galaxies", "4", "--output", folder.file("other")])
            #expect(other.exitCode == 0, "\(other.report)")
            try await refused(
                ["--data", source, folder.file("other/1.h5"), "--partitions", "2"], code: 65,
                "partitions of one data set are alike")
            try Data().write(to: URL(fileURLWithPath: folder.file("out/x")))
            try await refused(["--data", source, "--partitions", "2"], code: 73, "is not empty")
        }
    }
}
