import HDF5
import TestSupport
import Testing

extension HDF5Suite {
    /// A file that h5py wrote.
    @Suite struct FixtureTests {
        let file: File

        init() throws { file = try File.open(Repository.fixture("hdf5-types.h5")) }

        @Test(arguments: [
            ("float16", -2.5), ("float16-be", -2.5), ("float32", -2.5), ("float32-be", -2.5), ("float64", -2.5),
            ("float64-be", -2.5), ("int8", -2), ("uint8", 0), ("int16-be", -2), ("uint16", 0), ("int32", -2),
            ("int32-be", -2), ("uint32-be", 0), ("int64", -2), ("int64-be", -2), ("uint64", 0), ("gzip", 0),
        ])
        func numbers(name: String, first: Double) throws {
            let dataset = try file.dataset(name)
            let expected = (0..<12).map { first + Double($0) }
            #expect(dataset.shape == [3, 4])
            if let type = name.split(separator: "-").first, type != "gzip" {
                #expect(dataset.elementType.description == type)
            }
            #expect(try dataset.readAll(as: Double.self) == expected)
            #expect(try dataset.readAll(as: Float.self) == expected.map { Float($0) })
            #expect(try dataset.readAll(as: Int16.self) == expected.map { Int16($0) })
            #expect(try dataset.read([1..<3, 1..<3], as: Double.self) == [5, 6, 9, 10].map { expected[$0] })
        }

        @Test func strings() throws {
            let expected = [
                "variable": ["", "α Centauri", "M31"], "variable-ascii": ["NGC", "M 87", "\u{FFFD}\u{FFFD}"],
                "fixed": ["ab", "abcd", ""], "fixed-utf8": ["α", "abcd", "\u{FFFD}"],
                "space-padded": ["a", "abc", ""], "null-terminated": ["a", "abc", ""],
            ]
            for (name, texts) in expected {
                #expect(try file.dataset(name).readStrings(rows: 0..<3) == texts, "\(name)")
            }
        }

        @Test func attributes() throws {
            #expect(try file.attribute("int8", as: Int.self) == -3)
            #expect(try file.attribute("uint16-be", as: Int.self) == 65535)
            #expect(try file.attribute("int64", as: Int64.self) == 1 << 40)
            #expect(try file.attribute("float32", as: Double.self) == 0.5)
            #expect(try file.attribute("one", as: Int.self) == 4)
            #expect(try file.attributeNumbers("numbers", as: Double.self) == [1.5, 2.5])
            #expect(try file.attributeString("text") == "grüße")
            #expect(try file.attributeString("bytes") == "fixed")
            #expect(try file.attributeStrings("texts") == ["a", "bc"])
            #expect(try file.attributeStrings("fixed texts") == ["x", "yz"])
            #expect(try file.attributeNumbers("nothing", as: Int.self) == [])
            #expect(try file.attributeNames().count == 11)
            #expect(try file.dataset("int8").attributeString("unit") == "mag")
        }

        @Test func members() throws {
            let members = try file.members()
            #expect(
                members.map(\.name) == members.map(\.name).sorted { Array($0.utf8).lexicographicallyPrecedes($1.utf8) })
            let kinds = Dictionary(uniqueKeysWithValues: members.map { ($0.name, $0.kind) })
            #expect(kinds["with.dots.in.it"] == .dataset)
            #expect(kinds["soft"] == .dataset)
            #expect(kinds["group"] == .group)
            for name in ["dangling", "loop", "external", "named type"] { #expect(kinds[name] == .other) }
            #expect(try file.group("group").members().map(\.name) == ["deeper", "inner"])
            #expect(try file.dataset("group/inner").readAll() == [7])
            #expect(try file.group("group").dataset("inner").name == "group/inner")
            #expect(file.contains("group/inner") && file.contains("dangling") && file.contains("/group"))
            #expect(!file.contains("group/none/x") && !file.contains("") && !file.contains("int8\0"))
            for name in ["dangling", "loop", "external", "named type", "group", "absent"] {
                try expectError(.missingObject) { _ = try file.dataset(name) }
            }
            try expectError(.missingObject) { _ = try file.group("int8") }
        }

        @Test func unusualDatasets() throws {
            #expect(try file.dataset("extendible").shape == [0, 4])
            #expect(try file.dataset("extendible").readAll(as: Float.self) == [])
            try expectError(.mismatch) { _ = try file.dataset("null") }
            let lzf = try file.dataset("lzf")
            #expect(lzf.filters.map(\.name) == ["lzf"] && !lzf.isDecodable)
            #expect(try expectError(.failed) { _ = try lzf.readAll(as: Float.self) }.description.contains("lzf"))
            for name in ["boolean", "compound", "opaque", "sequence"] {
                try expectError(.mismatch) { _ = try file.dataset(name).readAll(as: Float.self) }
                try expectError(.mismatch) { _ = try file.dataset(name).readStrings(rows: 0..<1) }
            }
        }
    }
}
