import Foundation
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// `photoz split` keeps every column in its own type, bit for bit, or refuses it by name.
    @Suite(.serialized) struct ColumnTests {
        private let folder = try! TemporaryFolder()

        private func split(_ source: String, _ more: [String] = []) async throws -> Outcome {
            try await Photoz.alone(
                ["split", "--data", Repository.fixture("layouts/" + source), "--partitions", "3", "--output"]
                    + [folder.file("out")] + more)
        }

        /// The elements of some rows as h5dump would show them, with their type; the tool of HDF5 is an independent
        /// reader.
        private func dump(_ path: String, _ column: String, rows: Range<Int>) async throws -> [String] {
            let outcome = try await Launch.run(
                "/usr/bin/env",
                ["h5dump", "-y", "-w", "0", "-d", column + "[\(rows.lowerBound);;\(rows.count);]", path], limit: 30)
            guard outcome.exitCode == 0 else { return [outcome.report] }
            return outcome.output.split(separator: "\n").map(String.init)
                .filter { !$0.contains("HDF5 ") && !$0.contains("DATASPACE") && !$0.contains("START") }
        }

        @Test(
            "Every type: bfloat16 and other floats, Latin-1, zeros within, long doubles, booleans, tables, any length")
        func everyType() async throws {
            let outcome = try await split("every-column.h5")
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            #expect(outcome.output.contains("left out, without a row for each galaxy: scalar, short"))
            let source = Repository.fixture("layouts/every-column.h5")
            let columns = [
                "images", "float8", "packed", "latin", "long_double", "flag", "complex", "big", "wide", "table",
                "names",
                "bytes", "ragged", "void", "photometry/deep/u", "soft",
            ]
            let original = try File.open(source)
            for part in 0..<3 {
                let first = UInt64(0x8000_0000_0000_0000) + UInt64(2 * part)
                let path = folder.file("out/\(part + 1).h5")
                let copy = try File.open(path)
                for name in columns {
                    let (mine, theirs) = (try copy.dataset(name), try original.dataset(name))
                    #expect(mine.hasSameType(as: theirs) && mine.rows == 2, "\(name)")
                    #expect(mine.typeDescription == theirs.typeDescription)
                }
                #expect(
                    try copy.dataset("latin").readBytes(rows: 0..<2)
                        == original.dataset("latin").readBytes(rows: 2 * part..<2 * part + 2))
                #expect(
                    try copy.dataset("bytes").readBytes(rows: 0..<2)
                        == original.dataset("bytes").readBytes(rows: 2 * part..<2 * part + 2))
                #expect(
                    try copy.dataset("wide").readAll(as: UInt64.self) == [first, first + 1])
                #expect(
                    try copy.dataset("photometry/deep/u").readAll(as: Double.self) == [
                        Double(part) / 4, Double(part) / 4 + 0.125,
                    ])
                #expect(try copy.group("photometry").attributeString("system") == "AB")
                #expect(try copy.dataset("flag").attributeString("meaning") == "even")
            }
            // Numbers that are no float16: too large, too small.
            let images: [Float] = try (1...3).flatMap {
                try File.open(folder.file("out/\($0).h5")).dataset("images").readAll(as: Float.self)
            }
            let expected: [Float] = try original.dataset("images").readAll()
            #expect(images == expected && images[0] > 9e29 && images[1] > 9e-31 && images[3] == 70144)
            #expect(try original.dataset("images").elementType.description == "bfloat16")
            guard FileManager.default.fileExists(atPath: "/usr/bin/h5dump") else { return }
            for name in columns {
                for part in 0..<3 {
                    let mine = try await dump(folder.file("out/\(part + 1).h5"), "/" + name, rows: 0..<2)
                    let theirs = try await dump(source, "/" + name, rows: 2 * part..<2 * part + 2)
                    #expect(mine == theirs && mine.count > 3, "\(name)")
                }
            }
        }

        @Test("What cannot be copied is refused by name before anything is written, or left out when asked")
        func refusals() async throws {
            let outcome = try await split("odd-columns.h5")
            #expect(outcome.exitCode == 65, "\(outcome.report)")
            for words in [
                "pointer: holds references", "nowhere: is a link to /missing, which is not there",
                "hole: rows 2..<4 of 6 were never written", "caf\\xE9: has a name that is not UTF-8", "--without",
            ] { #expect(outcome.error.contains(words), "\(words) in: \(outcome.report)") }
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: folder.file("out")).filter { $0.hasSuffix(".h5") }
                    == [])
            let without = try await split("odd-columns.h5", ["--without", "pointer,nowhere,hole,caf\\xE9"])
            #expect(without.exitCode == 0, "\(without.report)")
            #expect(try File.open(folder.file("out/3.h5")).members().map(\.name) == ["images"])
        }
    }
}
