import Foundation
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// Two identifiers never become one, in `predictions.h5` and in the table.
    @Suite(.serialized) struct IdentifierTests {
        private let input = try! TemporaryFolder()
        private let scratch = try! TemporaryFolder()

        /// A partition without identifiers, to which `add` gives some.
        private func write(_ name: String, count: Int = 4, _ add: (File) throws -> Void) throws {
            try MockSurvey().write(input.file(name), count: count)
            let file = try File.openForWriting(input.file(name))
            try add(file)
            try file.close()
        }

        private func write<T: Scalar>(_ name: String, integers: [T]) throws {
            try write(name, count: integers.count) {
                try $0.createDataset("object_id", of: T.self, shape: [integers.count])
                    .write(rows: 0..<integers.count, from: integers)
            }
        }

        private func write(_ name: String, strings: [[UInt8]], form: StringForm) throws {
            try write(name, count: strings.count) {
                try $0.createStringDataset("object_id", shape: [strings.count], form: form)
                    .write(rows: 0..<strings.count, bytes: strings)
            }
        }

        private func run(ranks: Int = 1) async throws -> Outcome {
            try await Photoz.run(
                ranks: ranks, data: [input.path], output: scratch.file("out"),
                weights: Repository.fixture("small-weights.h5"), ["--csv", "--overwrite", "--quiet"])
        }

        private var carried: Dataset {
            get throws { try File.open(scratch.file("out/predictions.h5")).dataset("object_id") }
        }

        /// The third field of each line of the table.
        private func table() throws -> [String] {
            let text = try String(contentsOfFile: scratch.file("out/predictions.csv"), encoding: .utf8)
            return text.split(separator: "\n").dropFirst().map {
                String($0.split(separator: ",", omittingEmptySubsequences: false)[2])
            }
        }

        private static let fixed = StringForm.fixed(8)

        @Test("Integers without a sign are kept, also beside others that fit")
        func unsigned() async throws {
            let large: [UInt64] = [.max, 0x8000_0000_0000_0000, 0x8000_0000_0000_0001, 7]
            try write("1.h5", integers: large)
            let alone = try await run()
            #expect(alone.exitCode == 0 && alone.error == "", "\(alone.report)")
            #expect(try carried.elementType == .integer(bits: 64, signed: false))
            #expect(try carried.readAll(as: UInt64.self) == large && table() == large.map(String.init))
            try write("2.h5", integers: [Int32(3), 4])
            let mixed = try await run(ranks: 2)
            #expect(mixed.exitCode == 0, "\(mixed.report)")
            #expect(try carried.readAll(as: UInt64.self) == large + [3, 4])
            try write("2.h5", integers: [Int64(-3), 4])
            let neither = try await run()
            #expect(neither.exitCode == 65 && neither.error.contains("no type holds both"), "\(neither.report)")
            try write("1.h5", integers: [UInt64(5), 6])
            let signed = try await run()
            #expect(signed.exitCode == 0, "\(signed.report)")
            #expect(try carried.readAll(as: Int64.self) == [5, 6, -3, 4])
        }

        @Test("Bytes are kept: zeros within, Latin-1, spaces in front; no two have the same text")
        func bytes() async throws {
            let names: [[UInt8]] = [
                Array("ab\0c".utf8), Array("ab\0d".utf8), [0xe9], [0xe8], [0xff], Array("é".utf8), Array("\\xE9".utf8),
                Array("  x".utf8),
            ]
            try write("1.h5", strings: names, form: Self.fixed)
            let outcome = try await run()
            #expect(outcome.exitCode == 0 && outcome.error == "", "\(outcome.report)")
            #expect(try carried.stringForm == Self.fixed && carried.readBytes(rows: 0..<8) == names)
            let texts = ["ab\\x00c", "ab\\x00d", "\\xE9", "\\xE8", "\\xFF", "é", "\\\\xE9", "  x"]
            #expect(try table() == texts && Set(texts).count == 8)
            // Beside strings of another length, and of any.
            try write("2.h5", strings: [Array("0123456789abcdef".utf8)], form: .fixed(16))
            #expect(try await run().exitCode == 0)
            #expect(try carried.stringForm == .fixed(16) && carried.readBytes(rows: 0..<8) == names)
            try write("2.h5", strings: [[0xfe, 0x41]], form: .any)
            let refused = try await run()
            #expect(
                refused.exitCode == 65 && refused.error.contains("row 0 is ab\\x00c, with a zero"), "\(refused.report)")
            try write("1.h5", strings: Array(names[2...]), form: Self.fixed)
            #expect(try await run().exitCode == 0)
            #expect(
                try carried.stringLength == nil
                    && carried.readBytes(rows: 0..<7) == Array(names[2...]) + [[0xfe, 0x41]])
        }

        @Test("Floating-point numbers are refused by name")
        func floats() async throws {
            try write("1.h5", integers: [Double(0x1p53), Double(0x1p53) + 2])
            let outcome = try await run()
            #expect(outcome.exitCode == 65 && outcome.error.contains("object_id: holds float64"), "\(outcome.report)")
        }

        @Test("Identifiers that galaxies have in common are warned of", arguments: [1, 3])
        func duplicates(ranks: Int) async throws {
            try write("1.h5", integers: (0..<40).map { Int64($0) })
            var others = (100..<120).map { Int64($0) }
            (others[4], others[9]) = (17, 17)
            try write("2.h5", integers: others)
            let outcome = try await run(ranks: ranks)
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            #expect(
                outcome.error.contains(
                    "object_id: 2 galaxies have the identifier of another one, such as row 17 of 1.h5 and row 4"
                ),
                "\(outcome.report)")
            // For those who have only the results.
            let warnings = try Output(folder: scratch.file("out")).results()["warnings"] as? [String] ?? []
            #expect(warnings.count { $0.hasPrefix("object_id: 2 galaxies have the identifier") } == 1, "\(warnings)")
            let page = scratch.file("page.html")
            let report = try await Photoz.alone(["report", scratch.file("out"), "--output", page])
            #expect(report.exitCode == 0, "\(report.report)")
            #expect(try String(contentsOfFile: page, encoding: .utf8).contains("2 galaxies have the identifier"))
        }
    }
}
