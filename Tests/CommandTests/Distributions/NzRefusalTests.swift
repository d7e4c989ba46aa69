import Foundation
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// What `photoz nz` does not take.
    @Suite(.serialized) struct NzRefusalTests {
        private let folder: TemporaryFolder

        init() throws { folder = try TemporaryFolder() }

        private func expectRefusal(_ arguments: [String], code: Int, _ words: String, ranks: Int = 1) async throws {
            let outcome =
                ranks == 1
                ? try await Photoz.alone(["nz"] + arguments)
                : try await Launch.mpirun(ranks: ranks, Photoz.path, ["nz"] + arguments, limit: 60)
            #expect(outcome.exitCode == code && outcome.error.contains(words), "\(words): \(outcome.report)")
            #expect(!FileManager.default.fileExists(atPath: folder.file("nz.hdf5")), "\(words)")
        }

        private func written(_ change: (inout DistributionsFile) -> Void) throws -> String {
            var distributions = DistributionsFile.quantiles(60)
            change(&distributions)
            try distributions.write(folder.file("pz.hdf5"))
            return folder.file("pz.hdf5")
        }

        @Test func wordsThatMakeNoSense() async throws {
            let path = try written { _ in }
            for (words, hint) in [
                (["--bins", "0,0.2,0.1"], "ascending"), (["--bins", "0,0.2,0.2"], "ascending"),
                (["--bins", "0.1"], "2 to 101"), (["--bins", "0,x"], "ascending"),
                (["--bins", "0,1", "--equal", "2"], "either"), (["--equal", "0"], "--equal must be 1"),
                (["--grid", "2:0:10"], "--grid"), (["--bootstrap", "1"], "--bootstrap"),
                (["--leave-out", "blurred"], "image_blank"), (["--output", "nz.h5"], ".hdf5"), (["--by", "z"], "--by"),
                (["--equal", "100", "--grid", "0:2:90000"], "memory"),
            ] {
                try await expectRefusal([path] + words, code: 64, hint)
            }
        }

        @Test func foldersAndFilesThatHoldNoDistributions() async throws {
            try await expectRefusal([folder.path], code: 66, "holds no pz.hdf5")
            try await expectRefusal([folder.file("none.hdf5")], code: 66, "cannot be opened")
            try await expectRefusal([Repository.galaxies], code: 65, "pdf_name")
            let text = folder.file("text.hdf5")
            try Data("redshifts".utf8).write(to: URL(fileURLWithPath: text))
            try await expectRefusal([text], code: 65, text)
        }

        @Test func filesOfOtherKinds() async throws {
            try await expectRefusal([try written { $0.form = "mixmod" }], code: 65, "'mixmod'")
            try await expectRefusal(
                [try written { $0.columns["zmode"] = nil }], code: 65,
                "ancil/zmode is missing; choose another with --by")
            try await expectRefusal([try written { $0.columns["zmode"] = [0.1] }], code: 65, "for each of 60 galaxies")
            try await expectRefusal(
                [try written { $0.flags = [] }, "--leave-out", "image_blank"], code: 65, "ancil/flags is missing")
            try await expectRefusal([try written { $0.common[3] = 0.0001 }], code: 65, "meta/quants")
            try await expectRefusal([try written { $0.common[28] = 0.9995 }], code: 65, "does not reach from 0 to 1")
            try await expectRefusal([try written { $0.common.insert(0.0005, at: 1) }], code: 65, "[galaxies, 30]")
        }

        /// Rows that are no distributions, and what the message must say.
        private static let faults: [(change: @Sendable (inout DistributionsFile) -> Void, words: String)] = [
            ({ $0.rows[41].swapAt(3, 20) }, "row 41 of the distributions has quantiles that decrease"),
            ({ $0.rows[17][5] = .nan }, "row 17 of the distributions has numbers that are not finite"),
            (
                {
                    $0 = .densities("interp", 60)
                    $0.rows[58][5] = -0.1
                    $0.rows[59][5] = -0.1
                }, "row 58 of the distributions has densities below 0"
            ),
        ]

        @Test("Rows that are no distributions are named, by whichever rank finds them", arguments: [1, 3])
        func rows(ranks: Int) async throws {
            for fault in Self.faults {
                let path = try written(fault.change)
                try await expectRefusal([path, "--bins", "0,2"], code: 65, fault.words, ranks: ranks)
            }
        }

        @Test func binsWithoutGalaxies() async throws {
            let path = try written { _ in }
            try await expectRefusal([path, "--bins", "0,1.5,2"], code: 65, "zmode from 1.5 to 2.0")
            try await expectRefusal([path, "--bins", "3,4"], code: 65, "no galaxy with a distribution")
            try await expectRefusal([path, "--bins", "0,1", "--grid", "5:6:11"], code: 65, "lie outside of the grid")
            let same = try written { $0.columns["zmode"] = $0.columns["zmode"]?.map { _ in 0.25 } }
            try await expectRefusal([same, "--equal", "2"], code: 65, "too many have the same")
            let none = try written { file in file.rows = file.rows.map { $0.map { _ in .nan } } }
            try await expectRefusal([none, "--bins", "0,1"], code: 65, "no galaxy with a distribution")
        }

        @Test func filesThatAreDamaged() async throws {
            let path = try written { _ in }
            let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            try bytes.prefix(bytes.count / 2).write(to: URL(fileURLWithPath: path))
            try await expectRefusal([path], code: 65, "cut short or damaged")
        }

        @Test func filesOfSomebodyElse() async throws {
            let (path, output) = (try written { _ in }, folder.file("mine.hdf5"))
            try Data("mine".utf8).write(to: URL(fileURLWithPath: output))
            try await expectRefusal([path, "--output", output], code: 73, "is not a file of photoz nz")
            try await expectRefusal([path, "--output", path], code: 73, "holds the distributions")
        }
    }
}
