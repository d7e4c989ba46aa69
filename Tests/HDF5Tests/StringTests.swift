import HDF5
import TestSupport
import Testing

extension HDF5Suite {
    /// Data sets of strings.
    @Suite struct StringTests {
        static let texts = [
            "", "a", "Δz ≤ 0.02", String(repeating: "x", count: 100_000), "two words ", "\u{1F30C}", "7",
        ]

        @Test(arguments: RoundTripTests.storages.filter { !$0.checksum }) func anyLength(storage: Storage) throws {
            let folder = try TemporaryFolder()
            do {
                let file = try File.create(folder.file("a.h5"))
                let dataset = try file.createStringDataset("t", shape: [7], storage: storage)
                try dataset.write(rows: 3..<7, strings: Array(Self.texts[3...]))
                try dataset.write(rows: 0..<3, strings: Array(Self.texts[..<3]))
                try file.close()
            }
            let again = try File.open(folder.file("a.h5")).dataset("t")
            #expect(try again.readStrings(rows: 0..<7) == Self.texts)
            #expect(try again.readStrings(rows: 2..<5) == Array(Self.texts[2..<5]))
        }

        @Test func checksumsAreForNumbersOnly() throws {
            let folder = try TemporaryFolder()
            let file = try File.create(folder.file("a.h5"))
            let error = try failure {
                _ = try file.createStringDataset("t", shape: [7], storage: .chunked(rows: 2, checksum: true))
            }
            #expect(error.kind == .unwritable && error.object == "t", "\(error)")
        }

        @Test func ofSeveralDimensions() throws {
            let folder = try TemporaryFolder()
            let file = try File.create(folder.file("a.h5"))
            let dataset = try file.createStringDataset("t", shape: [3, 2], storage: .chunked(rows: 2))
            try dataset.write(rows: 0..<3, strings: ["a", "b", "c", "d", "e", "f"])
            #expect(try dataset.readStrings(rows: 1..<3) == ["c", "d", "e", "f"])
        }

        @Test(arguments: [
            ("zero_padded", ["", "a", "12345678"]), ("space_padded", ["one", "two   x", ""]),
            ("zero_ended", ["one", "two x", ""]), ("utf8_fixed", ["Δz", "galaxy"]),
            ("variable", ["", "Δz", String(repeating: "x", count: 300)]),
        ]) func ofOtherPrograms(name: String, texts: [String]) throws {
            let dataset = try File.open(Repository.fixture("odd-storage.h5")).dataset(name)
            #expect(try dataset.readStrings(rows: 0..<texts.count) == texts)
            #expect(try dataset.readStrings(rows: 1..<2) == [texts[1]])
        }
    }
}
