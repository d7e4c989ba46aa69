import Foundation
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// `--resume` when a file that a partition leads to has changed: the partition itself has not.
    @Suite(.serialized) struct LinkedResumeTests {
        private let input = try! TemporaryFolder()
        private let scratch = try! TemporaryFolder()
        private let counts = [600, 900]
        private var whole: Int { counts.reduce(0, +) }

        /// `1.h5` has all of its galaxies from two files in a folder of their own, by virtual data sets or by links.
        private func write(isVirtual: Bool) throws {
            try FileManager.default.createDirectory(
                atPath: input.file("parts"), withIntermediateDirectories: true)
            for (part, count) in counts.enumerated() {
                try MockSurvey().write(source(part), first: 600 * part, count: count, .init(isCompressed: false))
            }
            let halves = [
                ("parts/0.h5", 0..<counts[0]), ("parts/1.h5", counts[0]..<whole),
            ].map { (file: $0.0, rows: $0.1) }
            RawHDF5.create(input.file("1.h5")) { file in
                for (name, shape, number) in [
                    ("images", [5, 32, 32], RawHDF5.Number()), ("magnitudes", [5], RawHDF5.Number(bits: 64)),
                    ("redshift", [], RawHDF5.Number()),
                ] {
                    if isVirtual {
                        RawHDF5.write(file, name, shape: [whole] + shape, [], number, .virtual(halves))
                    } else {
                        RawHDF5.link(file, external: "/" + name, of: "parts/1.h5", as: name)
                    }
                }
            }
        }

        private func source(_ part: Int) -> String { input.file("parts/\(part).h5") }

        private func run(_ name: String, _ more: [String] = []) async throws -> Outcome {
            try await Photoz.run(
                ranks: 2, data: [input.file("1.h5")], output: scratch.file(name),
                ["--batch-size", "50", "--quiet"] + more, limit: 60)
        }

        @Test(arguments: [true, false]) func finishedRun(isVirtual: Bool) async throws {
            try write(isVirtual: isVirtual)
            let first = try await run("out", ["--file-limit", "1"])
            try #require(first.exitCode == 0, "\(first.report)")
            let same = try await run("out", ["--file-limit", "1", "--resume"])
            #expect(same.exitCode == 0, "\(same.report)")
            let output = Output(folder: scratch.file("out"))
            let before = try output.bytes("predictions.h5")
            // The same form and the same number of galaxies, but others.
            try MockSurvey().write(source(1), first: 77, count: counts[1], .init(isCompressed: false))
            let resumed = try await run("out", ["--file-limit", "1", "--resume"])
            #expect(resumed.exitCode == 73 && resumed.error.contains("1.h5 was changed since"), "\(resumed.report)")
            #expect(try output.bytes("predictions.h5") == before)
        }

        @Test(arguments: [true, false]) func halfFinishedRun(isVirtual: Bool) async throws {
            try write(isVirtual: isVirtual)
            let output = Output(folder: scratch.file("out"))
            // With views, so that the run is not at its end before a busy machine has seen its first findings.
            let views = ["--views", "4"]
            async let run = run("out", views)
            try await output.waitForFindings()
            for process in JobProcesses(word: output.folder).all where process.isLauncher { kill(process.id, SIGTERM) }
            let stopped = try await run
            try #require(stopped.exitCode != 0 && output.names.contains("journal"), "\(stopped.report)")
            try MockSurvey().write(source(1), first: 77, count: counts[1], .init(isCompressed: false))
            let resumed = try await self.run("out", views + ["--resume"])
            #expect(resumed.exitCode == 0, "\(resumed.report)")
            #expect(
                resumed.error.contains("1.h5 was changed after the run began: their galaxies are done again"),
                "\(resumed.report)")
            let fresh = try await self.run("fresh", views)
            #expect(fresh.exitCode == 0, "\(fresh.report)")
            #expect(try output.bytes("predictions.h5") == Output(folder: scratch.file("fresh")).bytes("predictions.h5"))
        }
    }
}
