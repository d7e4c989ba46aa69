import Foundation
import HDF5
import Testing

extension HDF5Suite {
    @Suite struct StorageTests {
        static let storages: [Storage] = [
            .contiguous, .chunked(rows: 3), .chunked(rows: 4, compression: 4, checksum: true),
            Storage(chunk: [2, 2], compression: 1, shuffles: false), Storage(allocatesEarly: true),
        ]

        @Test(arguments: storages)
        func everyType(storage: Storage) throws {
            let types: [any Scalar.Type] = [
                Int8.self, Int16.self, Int32.self, Int64.self, Int.self, UInt8.self, UInt16.self, UInt32.self,
                UInt64.self, Float.self, Double.self,
            ]
            for type in types { try roundTrip(type, storage) }
        }

        private func roundTrip<T: Scalar>(_ type: T.Type, _ storage: Storage) throws {
            let scratch = try ScratchFile()
            let values = (0..<35).map { T(exactly: $0)! }
            let file = try File.create(scratch.path)
            let written = try file.createDataset("a.b", of: T.self, shape: [7, 5], storage: storage)
            try written.write(rows: 0..<4, from: Array(values[..<20]))
            try written.write(rows: 4..<7, from: Array(values[20...]))
            try file.close()

            let dataset = try File.open(scratch.path).dataset("a.b")
            #expect(dataset.shape == [7, 5])
            #expect(dataset.elementType == written.elementType)
            #expect(try dataset.readAll(as: T.self) == values)
            #expect(try dataset.readAll(as: Double.self) == (0..<35).map(Double.init))
            // Rows that begin and end within chunks.
            #expect(try dataset.read(rows: 2..<6, as: T.self) == Array(values[10..<30]))
            #expect(try dataset.read([1..<4, 1..<3], as: T.self) == [6, 7, 11, 12, 16, 17].map { values[$0] })
            #expect(try dataset.read(rows: 3..<3, as: T.self) == [])
        }

        @Test func scalarAndEmpty() throws {
            let scratch = try ScratchFile()
            let file = try File.create(scratch.path)
            try file.createDataset("scalar", of: Double.self, shape: []).write(rows: 0..<1, from: [2.5])
            _ = try file.createDataset(
                "empty", of: Float.self, shape: [0, 4], storage: .chunked(rows: 8, compression: 1))
            try file.createStringDataset("text", shape: []).write(rows: 0..<1, strings: ["α"])
            try file.close()
            let opened = try File.open(scratch.path)
            #expect(try opened.dataset("scalar").shape == [])
            #expect(try opened.dataset("scalar").readAll() == [2.5])
            #expect(try opened.dataset("empty").shape == [0, 4])
            #expect(try opened.dataset("empty").readAll(as: Float.self) == [])
            #expect(try opened.dataset("text").readStrings(rows: 0..<1) == ["α"])
        }

        @Test func sameDataMakeTheSameFile() throws {
            let files = try (0..<2).map { _ in
                let scratch = try ScratchFile()
                let file = try File.create(scratch.path)
                let numbers = try file.createGroup("g").createDataset("x", of: Int.self, shape: [2])
                try numbers.write(rows: 0..<2, from: [1, 2])
                try file.setAttribute("texts", ["a", "b"])
                try file.close()
                usleep(1_100_000)
                return try scratch.bytes
            }
            #expect(files[0] == files[1])
        }

        @Test func halfPrecision() throws {
            let scratch = try ScratchFile()
            let file = try File.create(scratch.path)
            let dataset = try file.createDataset("half", of: Float.self, shape: [4], storedAs: .float(bits: 16))
            #expect(dataset.elementType == .float(bits: 16))
            try dataset.write(rows: 0..<4, from: [1.5, -0.333_333_34, 65504, 1e9] as [Float])
            #expect(try dataset.readAll(as: Float.self) == [1.5, -0.333_251_95, 65504, .infinity])
            #expect(dataset.storageSize == 8)
            try expectError(.mismatch) {
                _ = try file.createDataset("text", of: Float.self, shape: [1], storedAs: .string)
            }
        }

        @Test func everyNumberOfHalfPrecision() throws {
            let scratch = try ScratchFile()
            let numbers = (0...UInt16.max).map { Float(Float16(bitPattern: $0)) }.filter { !$0.isNaN }
            let dataset = try File.create(scratch.path).createDataset(
                "half", of: Float.self, shape: [numbers.count], storedAs: .float(bits: 16))
            try dataset.write(rows: 0..<numbers.count, from: numbers)
            #expect(try dataset.readAll(as: Float.self).map(\.bitPattern) == numbers.map(\.bitPattern))
            #expect(try dataset.readAll(as: Double.self) == numbers.map { Double($0) })
        }

        @Test func storageIsDescribed() throws {
            let scratch = try ScratchFile()
            let file = try File.create(scratch.path)
            let dataset = try file.createDataset(
                "x", of: Float.self, shape: [100, 8], storage: .chunked(rows: 10, compression: 6, checksum: true))
            #expect(dataset.chunk == [10, 8])
            #expect(dataset.filters.map(\.name) == ["shuffle", "deflate", "fletcher32"])
            #expect(dataset.isDecodable)
            #expect(dataset.storageSize == 0)
            try dataset.write(rows: 0..<100, from: [Float](repeating: 1, count: 800))
            try file.flush()
            #expect((1..<3200).contains(dataset.storageSize))
        }

        @Test(arguments: storages)
        func strings(storage: Storage) throws {
            let scratch = try ScratchFile()
            let texts = ["", "M31", "α Centauri", String(repeating: "long ", count: 100), "e"]
            let file = try File.create(scratch.path)
            let storage = Storage(chunk: storage.chunk.map { [$0[0]] }, compression: storage.compression)
            let variable = try file.createStringDataset("variable", shape: [5], storage: storage)
            try variable.write(rows: 0..<5, strings: texts)
            let fixed = try file.createStringDataset("fixed", shape: [3], length: 12, storage: storage)
            try fixed.write(rows: 0..<3, strings: Array(texts[..<3]))
            try expectError(.mismatch) { try fixed.write(rows: 0..<1, strings: [texts[3]]) }
            try expectError(.mismatch) { try variable.write(rows: 0..<1, strings: ["a\0b"]) }
            try file.close()
            let opened = try File.open(scratch.path)
            #expect(try opened.dataset("variable").readStrings(rows: 0..<5) == texts)
            #expect(try opened.dataset("variable").readStrings(rows: 1..<3) == Array(texts[1..<3]))
            #expect(try opened.dataset("fixed").readStrings(rows: 0..<3) == Array(texts[..<3]))
            #expect(try opened.dataset("fixed").stringLength == 12)
            #expect(try opened.dataset("variable").stringLength == nil)
        }

        @Test("Reserved data sets have a place at once, and elements written there by hand are theirs")
        func reserved() throws {
            let scratch = try ScratchFile()
            let file = try File.create(scratch.path)
            let numbers = try file.createDataset("numbers", of: Int32.self, shape: [3, 2], storage: .reserved)
            let texts = try file.createStringDataset("texts", shape: [2], length: 4, storage: .reserved)
            let names = try file.createStringDataset("names", shape: [2], storage: .reserved)
            let chunked = try file.createDataset("chunked", of: Int8.self, shape: [9], storage: .chunked(rows: 3))
            let late = try file.createDataset("late", of: Int8.self, shape: [9])
            let empty = try file.createDataset("empty", of: Int8.self, shape: [0], storage: .reserved)
            #expect(chunked.place == nil && late.place == nil && empty.place == nil)
            let places = try [numbers, texts, names].map { try #require($0.place) }
            let spare = try file.lengthen(by: 1000)
            try file.close()
            var bytes = try Data(contentsOf: URL(fileURLWithPath: scratch.path))
            #expect(bytes.count == spare + 1000 && spare >= (places.max() ?? 0) + 32)
            let values: [Int32] = [1, -2, 3, -4, 5, .max]
            values.withUnsafeBytes { bytes.replaceSubrange(places[0]..<places[0] + 24, with: $0) }
            bytes.replaceSubrange(places[1]..<places[1] + 8, with: Array("ab\0\0wxyz".utf8))
            try bytes.write(to: URL(fileURLWithPath: scratch.path))
            let opened = try File.open(scratch.path)
            #expect(try opened.dataset("numbers").readAll(as: Int32.self) == values)
            #expect(try opened.dataset("numbers").chunk == nil && opened.dataset("numbers").place == places[0])
            #expect(try opened.dataset("texts").readStrings(rows: 0..<2) == ["ab", "wxyz"])
            // Nothing was written there: no strings.
            #expect(try opened.dataset("names").readStrings(rows: 0..<2) == ["", ""])
        }

        @Test func roomOnTheDisk() throws {
            let scratch = try ScratchFile()
            try Data("abc".utf8).write(to: URL(fileURLWithPath: scratch.path))
            try File.takeRoom(1 << 20, for: scratch.path)
            #expect(try Data(contentsOf: URL(fileURLWithPath: scratch.path)) == Data("abc".utf8))
            try expectError(.unwritable) { try File.takeRoom(1 << 60, for: scratch.path) }
            try expectError(.unwritable) { try File.takeRoom(1, for: scratch.path + "-not-there") }
        }

        @Test func attributes() throws {
            let scratch = try ScratchFile()
            // Far beyond the 64 KiB that an attribute had in the old format.
            let many = (0..<10_000).map { "partition \($0)" }
            let file = try File.create(scratch.path)
            let holders: [AttributeHolder] = [
                file, try file.createGroup("g"), try file.createDataset("d", of: Int8.self, shape: [1]),
            ]
            for holder in holders {
                try holder.setAttribute("many", many)
                try holder.setAttribute("int", 5)
                try holder.setAttribute("int", 7)
                try holder.setAttribute("double", 0.1)
                try holder.setAttribute("text", "grüße")
                try holder.setAttribute("none", [] as [String])
                try holder.setAttribute("numbers", [1.5, 2.5])
            }
            try file.close()
            let opened = try File.open(scratch.path)
            for holder in [opened, try opened.group("g"), try opened.dataset("d")] as [AttributeHolder] {
                #expect(try holder.attributeStrings("many") == many)
                #expect(try holder.attribute("int", as: Int.self) == 7)
                #expect(try holder.attribute("int", as: UInt8.self) == 7)
                #expect(try holder.attribute("double", as: Double.self) == 0.1)
                #expect(try holder.attributeString("text") == "grüße")
                #expect(try holder.attributeStrings("none") == [])
                #expect(try holder.attributeNumbers("numbers", as: Double.self) == [1.5, 2.5])
                #expect(try holder.attributeNames() == ["double", "int", "many", "none", "numbers", "text"])
                try expectError(.mismatch) { _ = try holder.attribute("numbers", as: Int.self) }
                try expectError(.mismatch) { _ = try holder.attributeStrings("int") }
                try expectError(.missingObject) { _ = try holder.attribute("other", as: Int.self) }
            }
        }
    }
}
