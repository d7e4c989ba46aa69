import HDF5
import TestSupport
import Testing

extension HDF5Suite {
    /// Data sets that another program stored in its own way; see Tests/Fixtures/README.md.
    @Suite struct OddStorageTests {
        let file: File

        init() throws { file = try File.open(Repository.fixture("odd-storage.h5")) }

        /// One data set: its numbers are 0 to 23, times a factor, plus a shift.
        struct Stored: Sendable {
            let name, type: String
            var factor = 1.0
            var shift = 0.0
        }

        static let stored: [Stored] = [
            Stored(name: "big_float32", type: "float32", factor: 0.125),
            Stored(name: "big_float64", type: "float64", factor: 0.125),
            Stored(name: "float16", type: "float16", factor: 0.125),
            Stored(name: "big_float16", type: "float16", factor: 0.125),
            Stored(name: "big_int16", type: "int16", factor: -300),
            Stored(name: "big_uint32", type: "uint32", shift: 4e9),
            Stored(name: "szip", type: "int32", factor: 3),
            Stored(name: "scale_offset", type: "int32"),
            Stored(name: "odd_chunks", type: "int32"),
            Stored(name: "compact", type: "int32"),
        ]

        @Test(arguments: stored) func numbers(stored: Stored) throws {
            let expected = (0..<24).map { Double($0) * stored.factor + stored.shift }
            let dataset = try file.dataset(stored.name)
            #expect(dataset.shape == [6, 4] && dataset.elementType.description == stored.type)
            #expect(try dataset.readAll(as: Double.self) == expected)
            #expect(try dataset.readAll(as: Float.self) == expected.map { Float($0) })
            #expect(try dataset.read(rows: 3..<5, as: Double.self) == Array(expected[12..<20]))
        }

        @Test func neverWritten() throws {
            // Its fill value is no number that anybody wrote.
            let dataset = try file.dataset("never_written")
            for read in [{ try dataset.readAll(as: Float.self) }, { try dataset.read(rows: 0..<1, as: Float.self) }] {
                let error = try failure { _ = try read() }
                #expect(error.kind == .failed && error.object == "never_written", "\(error)")
            }
        }

        @Test func scalar() throws {
            let scalar = try file.dataset("scalar")
            #expect(scalar.shape == [] && scalar.rows == 1 && scalar.rowCount == 1 && scalar.count == 1)
            #expect(try scalar.readAll(as: Int16.self) == [-7])
            #expect(try scalar.read(rows: 0..<1, as: Int16.self) == [-7])
            #expect(try failure { _ = try scalar.read(rows: 0..<2, as: Int16.self) }.kind == .mismatch)
        }

        @Test func withoutRows() throws {
            #expect(try file.dataset("without_rows").readAll(as: Float.self) == [])
        }

        @Test func unknownFilter() throws {
            let dataset = try file.dataset("lzf")
            let error = try failure { _ = try dataset.readAll(as: Int32.self) }
            #expect(error.kind == .failed && error.object == "lzf" && error.description.contains("odd-storage.h5"))
            #expect(error.frames.contains { $0.text.contains("filter") }, "\(error.frames)")
        }

        @Test(arguments: [("flags", "enumeration"), ("pairs", "compound"), ("ragged", "variable-length sequence")])
        func otherTypesAreNamed(name: String, type: String) throws {
            let dataset = try file.dataset(name)
            #expect(dataset.elementType == .other(type))
            let error = try failure { _ = try dataset.readAll(as: Int8.self) }
            #expect(error.kind == .mismatch && error.description.contains(type), "\(error)")
            #expect(try failure { _ = try dataset.readStrings(rows: 0..<1) }.kind == .mismatch)
        }

        @Test func neitherValueNorDataset() throws {
            #expect(try failure { _ = try file.dataset("nothing") }.object == "nothing")
            #expect(try failure { _ = try file.dataset("folder") }.kind == .missingObject)
            #expect(try failure { _ = try file.dataset("nowhere") }.kind == .missingObject)
            #expect(try failure { _ = try file.dataset("absent") }.kind == .missingObject)
        }

        @Test func members() throws {
            let members = try file.members()
            #expect(members.map(\.name) == members.map(\.name).sorted() && members.count == 25)
            #expect(Set(members.filter { !$0.isDataset }.map(\.name)) == ["folder", "nowhere"])
            #expect(members.allSatisfy { file.contains($0.name) } && !file.contains("absent"))
        }
    }
}
