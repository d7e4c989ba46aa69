import CHDF5
import Foundation
import HDF5
import TestSupport
import Testing

extension HDF5Suite {
    /// Fields of compounds and elements that are arrays; see Tests/Fixtures/README.md.
    @Suite struct FieldTests {
        let file: File

        init() throws { file = try File.open(Repository.fixture("tables/compound.h5")) }

        @Test(arguments: ["table", "deep/packed"]) func numbers(table: String) throws {
            func numbers(_ field: String) throws -> [Double] { try file.dataset(table + ":" + field).readAll() }
            #expect(try numbers("big") == [1.5, -2.25, 1e300])
            #expect(try numbers("half") == [0.5, -99.875, 60000])
            #expect(try numbers("mag") == (0..<6).map { 17 + Double($0) / 16 })
            #expect(try numbers("z") == [0, 0.03125, 0.0625])
            #expect(try numbers("grid") == (0..<18).map { Double($0 - 9) })
            // A field may have a colon in its name, and a data set too.
            #expect(try numbers("a:b") == [4, 5, 6])
            #expect(try file.dataset(table + ":id").readAll(as: UInt64.self) == [1 << 63 + 1, 1 << 63, 7])
            #expect(try file.dataset(table + ":half").readAll(as: Float.self) == [0.5, -99.875, 60000])
        }

        @Test func namesAndForms() throws {
            let table = try file.dataset("table")
            let fields = [
                "big", "half", "mag", "z", "id", "text", "fixed", "words", "grid", "inner", "flag", "a:b",
            ]
            #expect(table.fields == fields && table.elementType == .other("compound") && !table.isField)
            let magnitudes = try file.dataset("deep/packed:mag")
            #expect(magnitudes.shape == [3, 2] && magnitudes.elementType == .float(bits: 32) && magnitudes.isField)
            #expect(magnitudes.name == "deep/packed:mag" && magnitudes.chunk == [2] && magnitudes.fields == [])
            #expect(try file.group("deep").dataset("packed:z").shape == [3])
            #expect(try file.dataset("table:grid").shape == [3, 2, 3])
            #expect(try file.dataset("table:inner").elementType == .other("compound"))
            #expect(try file.dataset("table:flag").elementType == .other("enumeration"))
            #expect(try file.dataset("plain:name").readAll(as: Int.self) == [0, 1, 2])
            #expect(try file.dataset("plain:z").readAll(as: Float.self) == [0, 0.03125, 0.0625])
            for name in ["table:z", "/deep/packed:z", "table:a:b"] { #expect(file.contains(name), "\(name)") }
            for name in ["table:", ":z", "table:zz", "table:z:z", "images:z", "deep:z", "absent:z", "table:inner:a"] {
                #expect(!file.contains(name), "\(name)")
                try expectError(.missingObject) { _ = try file.dataset(name) }
            }
        }

        @Test func blocks() throws {
            let grid = try file.dataset("table:grid")
            #expect(try grid.read(rows: 1..<2, as: Int.self) == Array(-3..<3))
            #expect(try grid.read([1..<3, 0..<2, 1..<3], as: Int.self) == [-2, -1, 1, 2, 4, 5, 7, 8])
            #expect(try grid.read([0..<3, 1..<2, 0..<1], as: Double.self) == [-6, 0, 6])
            let images = try file.dataset("images")
            #expect(images.shape == [3, 2, 4, 4] && images.elementType == .float(bits: 32))
            #expect(try images.readAll(as: Float.self) == (0..<96).map { Float($0) / 8 })
            #expect(
                try images.read([2..<3, 1..<2, 1..<3, 3..<4], as: Float.self) == [Float(87) / 8, Float(91) / 8])
            #expect(try file.dataset("halves").readAll(as: Float.self) == (0..<6).map { 17 + Float($0) / 16 })
            // All rows in one element.
            let one = try file.dataset("one")
            #expect(one.shape == [3, 2] && one.reasonNotToCopy != nil)
            #expect(try one.read(rows: 1..<2, as: Float.self) == [17.125, 17.1875])
            try expectError(.mismatch) { _ = try grid.read([0..<4, 0..<2, 0..<3], as: Int.self) }
        }

        @Test(arguments: ["table", "deep/packed"]) func strings(table: String) throws {
            let texts = try file.dataset(table + ":text")
            #expect(texts.elementType == .string && texts.stringForm?.length == nil)
            #expect(try texts.readStrings(rows: 0..<3) == ["SDSS J0001", "", "ß"])
            #expect(try texts.readBytes(rows: 1..<3) == [[], Array("ß".utf8)])
            let fixed = try file.dataset(table + ":fixed")
            #expect(fixed.stringLength == 4)
            #expect(try fixed.readStrings(rows: 0..<3) == ["ab", "abcd", ""])
            #expect(try fixed.readBytes(rows: 1..<2) == [Array("abcd".utf8)])
            let words = try file.dataset(table + ":words")
            #expect(words.shape == [3, 2])
            #expect(try words.readStrings(rows: 0..<3) == ["a", "bc", "", "def", "g", ""])
        }

        @Test func partsThatWereNeverWritten() throws {
            for field in ["gap:z", "gap:text", "gap:mag"] {
                let dataset = try file.dataset(field)
                let error = try expectError(.failed) { try dataset.requireWritten() }
                #expect(error.object == field && error.reason.contains("rows 2..<3 of 3"), "\(error)")
            }
            try expectError(.failed) { _ = try file.dataset("gap:z").readAll(as: Float.self) }
            try expectError(.failed) { _ = try file.dataset("gap:text").readBytes(rows: 0..<1) }
        }

        @Test func fieldsAreNotWritten() throws {
            let folder = try TemporaryFolder()
            let path = folder.file("a.h5")
            try FileManager.default.copyItem(atPath: Repository.fixture("tables/compound.h5"), toPath: path)
            let copy = try File.openForWriting(path)
            let column = try copy.dataset("table:z")
            try expectError(.mismatch) { try column.write(rows: 0..<3, from: [Float](repeating: 1, count: 3)) }
            #expect(column.reasonNotToCopy != nil)
            // Arrays are written as they are read.
            try copy.dataset("images").write(rows: 1..<2, from: (0..<32).map { Float(-$0) })
            try copy.close()
            let again = try File.open(path).dataset("images")
            #expect(try again.read(rows: 1..<2, as: Float.self) == (0..<32).map { Float(-$0) })
            #expect(try again.read(rows: 2..<3, as: Float.self) == (64..<96).map { Float($0) / 8 })
        }

        @Test("A field that claims to lie outside of its compound, and one that is there twice")
        func claims() throws {
            let scratch = try ScratchFile()
            try writeCompound(scratch.path, "text")
            let bytes = try scratch.bytes
            #expect(try File.open(scratch.path).dataset("t:y").readAll(as: Double.self) == [0.25])
            // In the description of a type a name is filled up to eight bytes, then comes the offset.
            let place = try #require(
                bytes.indices.first { bytes[$0...].starts(with: [0x79, 0, 0, 0, 0, 0, 0, 0, 8, 0]) })
            for offset in [25, 32, 0x7fff_fff0, 0xffff_fff8] {
                var damaged = bytes
                for byte in 0..<4 { damaged[place + 8 + byte] = UInt8(truncatingIfNeeded: offset >> (8 * byte)) }
                try scratch.write(damaged)
                let error = try failure { _ = try File.open(scratch.path).dataset("t:y").readAll(as: Double.self) }
                #expect(error.file == scratch.path && error.object == "t:y", "\(offset): \(error)")
            }
            var twice = bytes
            twice[place] = 0x7a
            try scratch.write(twice)
            let error = try failure { _ = try File.open(scratch.path).dataset("t:z").readAll(as: Double.self) }
            #expect(error.kind == .failed && error.reason.contains("2 fields"), "\(error)")
        }

        /// Memory of this process that is in use, bytes.
        private func resident() throws -> Int {
            let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
            return (Int(text.split(separator: " ")[1]) ?? 0) * Int(getpagesize())
        }

        @Test("Memory of strings of any length is given back")
        func memory() throws {
            let folder = try TemporaryFolder()
            let path = folder.file("long.h5")
            let text = String(repeating: "x", count: 1 << 20)
            try writeCompound(path, text)
            let column = try File.open(path).dataset("t:text")
            #expect(try column.readStrings(rows: 0..<1) == [text])
            let before = try resident()
            for _ in 0..<150 {
                _ = try column.readStrings(rows: 0..<1)
                _ = try column.readBytes(rows: 0..<1)
            }
            #expect(try resident() - before < 100 << 20)
        }

        /// One row of two numbers and a text.
        private func writeCompound(_ path: String, _ text: String) throws {
            let kind = H5Tcopy(ch5_string())
            H5Tset_size(kind, ch5_variable())
            let type = H5Tcreate(H5T_COMPOUND, 24)
            #expect(H5Tinsert(type, "z", 0, ch5_double()) >= 0 && H5Tinsert(type, "y", 8, ch5_double()) >= 0)
            #expect(H5Tinsert(type, "text", 16, kind) >= 0)
            let file = H5Fcreate(path, ch5_truncate(), ch5_default(), ch5_default())
            var size: hsize_t = 1
            let space = H5Screate_simple(1, &size, nil)
            let dataset = H5Dcreate2(file, "t", type, space, ch5_default(), ch5_default(), ch5_default())
            text.withCString { start in
                let row = [UInt(0.5.bitPattern), UInt(0.25.bitPattern), UInt(bitPattern: start)]
                #expect(H5Dwrite(dataset, type, ch5_all(), ch5_all(), ch5_default(), row) >= 0)
            }
            H5Dclose(dataset)
            H5Sclose(space)
            H5Tclose(type)
            H5Tclose(kind)
            #expect(H5Fclose(file) >= 0)
        }
    }
}
