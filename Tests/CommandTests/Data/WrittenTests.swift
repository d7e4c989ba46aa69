import Foundation
import Glibc
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// Numbers that nobody wrote are never taken for data, and no file is read that is not the user's to be read. The
    /// files of `Tests/Fixtures/layouts` lead to others, which the tests write.
    @Suite(.serialized) struct WrittenTests {
        private let input = try! TemporaryFolder()
        private let scratch = try! TemporaryFolder()
        private let weights = Repository.fixture("small-weights.h5")

        /// Puts a file of the fixtures into the input folder.
        private func take(_ name: String) throws -> String {
            try FileManager.default.copyItem(
                atPath: Repository.fixture("layouts/" + name), toPath: input.file(name))
            return input.file(name)
        }

        /// Galaxies 0 to 5 as `s0.h5`, 6 to 11 as `s1.h5`, in a folder.
        private func writeSources(to folder: TemporaryFolder) throws {
            var variation = MockSurvey.Variation(integerIdentifiers: true)
            variation.isCompressed = false
            variation.chunkRows = 4
            for half in 0..<2 {
                try MockSurvey().write(folder.file("s\(half).h5"), first: 6 * half, count: 6, variation)
            }
        }

        private func run(_ data: [String], _ more: [String] = [], weights: String? = nil) async throws -> Outcome {
            try await Photoz.alone(
                ["run", "--weights", weights ?? self.weights, "--data"] + data
                    + ["--output", scratch.file("out"), "--quiet", "--overwrite"] + more, limit: 30)
        }

        private func predictions() throws -> [Float] {
            try Output(folder: scratch.file("out")).floats("redshift_predicted")
        }

        private func expectRefused(_ data: String, _ words: [String], code: Int = 65) async throws {
            for outcome in [try await run([data]), try await Photoz.alone(["inspect", data], limit: 30)] {
                #expect(outcome.exitCode == code, "\(outcome.report)")
                for word in words { #expect(outcome.error.contains(word), "\(word) in: \(outcome.report)") }
            }
            let split = try await Photoz.alone([
                "split", "--data", data, "--partitions", "1", "--output", scratch.file("split"),
            ])
            #expect(split.exitCode == code && split.error.contains(words[0]), "\(split.report)")
            let left = (try? FileManager.default.contentsOfDirectory(atPath: scratch.file("split"))) ?? []
            #expect(left.filter { $0.hasSuffix(".h5") } == [])
        }

        @Test("Virtual data sets: the galaxies of their sources, as if they were given plainly")
        func virtualDatasets() async throws {
            try writeSources(to: input)
            #expect(try await run([input.file("s0.h5"), input.file("s1.h5")]).exitCode == 0)
            let plain = try predictions()
            #expect(plain.count == 12 && Set(plain).count == 12)
            let outcome = try await run([try take("virtual.h5")])
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            #expect(try predictions() == plain)
            #expect(try Output(folder: scratch.file("out")).integers("object_id") == (0..<12).map { $0 << 40 })
            let interlaced = try await run([try take("interlaced.h5")])
            #expect(interlaced.exitCode == 0, "\(interlaced.report)")
            #expect(try predictions() == (0..<12).map { plain[$0 / 2 + 6 * ($0 % 2)] })
            let linked = try await run([try take("linked.h5")])
            #expect(linked.exitCode == 0, "\(linked.report)")
            #expect(try predictions() == Array(plain[..<6]))
            // Raw numbers behind 16 other bytes, by a path from the folder that the program is in.
            let images: [Float] = try File.open(input.file("s0.h5")).dataset("images").readAll()
            try (Data(count: 16) + images.withUnsafeBytes { Data($0) }).write(
                to: URL(fileURLWithPath: input.file("pixels.raw")))
            let path = try take("raw.h5")
            let raw = try await Launch.run(
                "/bin/sh",
                [
                    "-c", "cd \(input.path) && exec \"$@\"", "sh", Photoz.path, "run", "--weights", weights, "--data",
                    path, "--output", scratch.file("out"), "--quiet", "--overwrite",
                ], limit: 30)
            #expect(raw.exitCode == 0, "\(raw.report)")
            #expect(try predictions() == Array(plain[..<6]))
        }

        @Test("Sources that are gone, renamed, short, unfinished, cut, or do not make up the whole")
        func sourcesAtFault() async throws {
            try writeSources(to: input)
            let path = try take("virtual.h5")
            let source = input.file("s1.h5")
            try await expectRefused(try take("gap.h5"), ["images: row 6 of 12 has no source", "redshift: row 6"])
            try await expectRefused(try take("endless.h5"), ["images: ", "without end"])
            let whole = try Data(contentsOf: URL(fileURLWithPath: source))
            try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: source))
            try await expectRefused(path, ["images: leads to \(source), which is cut short"])
            try FileManager.default.removeItem(atPath: source)
            try await expectRefused(path, ["images: leads to s1.h5, which is not there", "magnitudes: leads"])
            try MockSurvey().write(source, count: 6, .init(omit: ["images"]))
            try await expectRefused(path, ["images: source 1 is at fault", "images: is missing"])
            try MockSurvey().write(source, count: 5, .init(integerIdentifiers: true))
            try await expectRefused(path, ["images: source 1 has shape [5, 5, 32, 32]"])
            let file = try File.create(source)
            let images = try file.createDataset(
                "images", of: Float.self, shape: [6, 5, 32, 32], storage: .chunked(rows: 2))
            try images.write(rows: 0..<2, from: [Float](repeating: 1, count: 2 * MockSurvey.pixels))
            try images.write(rows: 4..<6, from: [Float](repeating: 1, count: 2 * MockSurvey.pixels))
            try file.close()
            try await expectRefused(path, ["images: source 1 is at fault", "rows 2..<4 of 6 were never written"])
        }

        @Test("A file of raw numbers that is shorter than declared, by a byte or altogether, or not there")
        func rawFileThatIsShort() async throws {
            let path = input.file("1.h5")
            let raw = input.file("pixels.raw")
            let images: [Float] = try File.open(Repository.galaxies).dataset("images").readAll()
            let bytes = images[..<(6 * MockSurvey.pixels)].withUnsafeBytes { Data($0) }
            try MockSurvey().write(path, count: 6, .init(omit: ["images"]))
            RawHDF5.add(to: path) { file in
                RawHDF5.write(
                    file, "images", shape: [6, 5, 32, 32], images[..<(6 * MockSurvey.pixels)].map(Double.init),
                    RawHDF5.Number(), .raw(raw))
            }
            #expect(try Data(contentsOf: URL(fileURLWithPath: raw)) == bytes)
            #expect(try await run([path]).exitCode == 0)
            for count in [bytes.count - 1, bytes.count / 2, 0] {
                try bytes.prefix(count).write(to: URL(fileURLWithPath: raw))
                try await expectRefused(
                    path, ["images: leads to \(raw), which has \(count) bytes instead of \(bytes.count)"])
            }
            try FileManager.default.removeItem(atPath: raw)
            try await expectRefused(path, ["images: leads to \(raw), which is not there"])
        }

        @Test("Chunks that were never written, in images, magnitudes, redshifts and identifiers")
        func chunksThatNobodyWrote() async throws {
            for (name, odd) in [("images", 0), ("magnitudes", 1), ("redshift", 2), ("object_id", 3)] {
                let file = try File.create(input.file("1.h5"))
                func write<T: Scalar>(_ index: Int, _ name: String, _ shape: [Int], _ value: T) throws {
                    let dataset = try file.createDataset(
                        name, of: T.self, shape: [9] + shape, storage: .chunked(rows: 3, compression: 1))
                    let values = [T](repeating: value, count: 3 * shape.reduce(1, *))
                    for first in [0, 3, 6] where index != odd || first != 3 {
                        try dataset.write(rows: first..<first + 3, from: values)
                    }
                }
                try write(0, "images", [5, 32, 32], Float(1))
                try write(1, "magnitudes", [5], 17.0)
                try write(2, "redshift", [], Float(0.1))
                try write(3, "object_id", [], Int64(7))
                try file.close()
                try await expectRefused(input.file("1.h5"), ["\(name): rows 3..<6 of 9 were never written"])
            }
            try MockSurvey().write(input.file("2.h5"), count: 4)
            let skipping = try await run([input.path], ["--on-error", "skip"])
            #expect(skipping.exitCode == 65, "\(skipping.report)")
            #expect(try predictions().count == 4)
        }

        @Test("Weights whose writer did not finish a tensor")
        func halfATensor() async throws {
            let source = try File.open(weights)
            let file = try File.create(input.file("w.h5"))
            try file.copyAttributes(from: source)
            for member in try source.members() {
                let tensor = try source.dataset(member.name)
                guard member.name == "concat_block.0.weight" else {
                    try tensor.copyRows(
                        0..<tensor.rows, to: try file.createDataset(member.name, like: tensor, rows: tensor.rows), at: 0
                    )
                    continue
                }
                let copy = try file.createDataset(
                    member.name, like: tensor, rows: tensor.rows, storage: .chunked(rows: 1))
                try tensor.copyRows(0..<tensor.rows - 1, to: copy, at: 0)
            }
            try file.close()
            for outcome in [
                try await run([Repository.galaxies], weights: input.file("w.h5")),
                try await Photoz.alone(["inspect", input.file("w.h5")]),
            ] {
                #expect(outcome.exitCode == 65, "\(outcome.report)")
                #expect(
                    outcome.error.contains("concat_block.0.weight: rows ") && outcome.error.contains("never written"))
            }
        }

        @Test("What leads out of the data's folder is read only when asked for; partitions may be symbolic links")
        func outOfTheFolder() async throws {
            let elsewhere = try TemporaryFolder()
            try writeSources(to: elsewhere)
            for name in ["s0.h5", "s1.h5"] {
                try FileManager.default.createSymbolicLink(
                    atPath: input.file(name), withDestinationPath: elsewhere.file(name))
            }
            let plain = try await run([input.path])
            #expect(plain.exitCode == 0, "\(plain.report)")
            let expected = try predictions()
            let path = try take("virtual.h5")
            try await expectRefused(path, ["images: leads to \(elsewhere.file("s0.h5"))", "outside", "--follow-links"])
            let followed = try await run([path], ["--follow-links"])
            #expect(followed.exitCode == 0, "\(followed.report)")
            #expect(try predictions() == expected)
            // A partition that is itself a link leads to what lies beside the file that it stands for.
            try FileManager.default.moveItem(atPath: path, toPath: elsewhere.file("virtual.h5"))
            for name in ["s0.h5", "s1.h5"] { try FileManager.default.removeItem(atPath: input.file(name)) }
            try FileManager.default.createSymbolicLink(
                atPath: input.file("1.h5"), withDestinationPath: elsewhere.file("virtual.h5"))
            let linked = try await run([input.path])
            #expect(linked.exitCode == 0, "\(linked.report)")
            #expect(try predictions() == expected)
        }

        @Test("Pipes are never opened, whatever leads to them")
        func pipes() async throws {
            #expect(mkfifo(input.file("s0.h5"), 0o600) == 0 && mkfifo(input.file("pixels.raw"), 0o600) == 0)
            for name in ["virtual.h5", "linked.h5"] {
                try await expectRefused(
                    try take(name), ["images: leads to \(input.file("s0.h5")), which is not a file"])
            }
            try await expectRefused(input.file("s0.h5"), ["s0.h5: is not a file"], code: 66)
            let weights = try await run([Repository.galaxies], weights: input.file("s0.h5"))
            #expect(weights.exitCode == 66 && weights.error.contains("s0.h5: is not a file"), "\(weights.report)")
        }

        @Test("Files that a program has not closed, or of a newer format, say so")
        func unfinishedAndNewer() async throws {
            try await expectRefused(
                try take("left-open.h5"), ["was not closed by the program that wrote it", "h5clear -s"])
            try await expectRefused(
                try take("newer.h5"), ["images: is of a newer format", Library.version, "h5repack"])
            let path = input.file("1.h5")
            try MockSurvey().write(path, count: 3)
            // As a writer of HDF5 does.
            let descriptor = open(path, O_RDWR)
            defer { close(descriptor) }
            #expect(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
            try await expectRefused(path, ["is open for writing in another program"])
        }
    }
}
