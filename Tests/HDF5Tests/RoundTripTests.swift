import HDF5
import TestSupport
import Testing

extension HDF5Suite {
    /// What is written is what is read, for every type of number and every way to store it.
    @Suite struct RoundTripTests {
        static let storages: [Storage] = [
            .contiguous, .chunked(rows: 1), .chunked(rows: 4), .chunked(rows: 100), .chunked(rows: 3, compression: 1),
            .chunked(rows: 5, compression: 9, checksum: true), .chunked(rows: 2, checksum: true),
        ]

        @Test(arguments: storages) func everyType(storage: Storage) throws {
            try roundTrip([Int8.min, -1, 0, 1, 2, .max], storage)
            try roundTrip([Int16.min, -1, 0, 1, 2, .max], storage)
            try roundTrip([Int32.min, -1, 0, 1, 2, .max], storage)
            try roundTrip([Int64.min, -1, 0, 1, 2, .max], storage)
            try roundTrip([Int.min, -1, 0, 1, 2, .max], storage)
            try roundTrip([UInt8.min, 1, 2, 3, 4, .max], storage)
            try roundTrip([UInt16.min, 1, 2, 3, 4, .max], storage)
            try roundTrip([UInt32.min, 1, 2, 3, 4, .max], storage)
            try roundTrip([UInt64.min, 1, 2, 3, 4, .max], storage)
            try roundTrip([-Float.infinity, -.pi, -0.0, .leastNonzeroMagnitude, 1, .greatestFiniteMagnitude], storage)
            try roundTrip([-Double.infinity, -.pi, -0.0, .leastNonzeroMagnitude, 1, .greatestFiniteMagnitude], storage)
        }

        private func roundTrip<T: Scalar>(_ few: [T], _ storage: Storage) throws {
            let folder = try TemporaryFolder()
            let values = (0..<7).flatMap { few[($0 % 6)...] + few[..<($0 % 6)] }
            do {
                let file = try File.create(folder.file("a.h5"))
                try file.createDataset("x", of: T.self, shape: [7, 3, 2], storage: storage)
                    .write(rows: 0..<7, from: values)
                try file.close()
            }
            let dataset = try File.open(folder.file("a.h5")).dataset("x")
            #expect(dataset.shape == [7, 3, 2] && dataset.rows == 7 && dataset.rowCount == 6 && dataset.count == 42)
            #expect(dataset.chunk == storage.chunk?.first.map { [min($0, 7), 3, 2] })
            #expect(try dataset.readAll(as: T.self) == values, "\(T.self)")
            // Ranges that fit no chunk.
            for rows in [0..<1, 1..<6, 2..<3, 3..<7, 6..<7, 4..<4, 7..<7] {
                #expect(
                    try dataset.read(rows: rows, as: T.self) == Array(values[rows.lowerBound * 6..<rows.upperBound * 6])
                )
            }
        }

        @Test func typesAreNamed() throws {
            let folder = try TemporaryFolder()
            let file = try File.create(folder.file("a.h5"))
            #expect(
                try file.createDataset("a", of: Int8.self, shape: [1]).elementType == .integer(bits: 8, signed: true))
            let wide = try file.createDataset("b", of: UInt64.self, shape: [1])
            #expect(wide.elementType == .integer(bits: 64, signed: false))
            #expect(try file.createDataset("c", of: Int.self, shape: [1]).elementType.description == "int64")
            #expect(try file.createDataset("d", of: Float.self, shape: [1]).elementType == .float(bits: 32))
            #expect(try file.createDataset("e", of: Double.self, shape: [1]).elementType.description == "float64")
            #expect(try file.createStringDataset("f", shape: [1]).elementType == .string)
            #expect(wide.elementType.isNumeric && !ElementType.string.isNumeric)
        }

        @Test(arguments: storages) func blocks(storage: Storage) throws {
            let folder = try TemporaryFolder()
            let shape = [9, 5, 7]
            let file = try File.create(folder.file("a.h5"))
            let dataset = try file.createDataset("x", of: Int32.self, shape: shape, storage: storage)
            try dataset.write(rows: 0..<9, from: (0..<315).map { Int32($0) })
            var numbers = SeededNumbers(seed: 1)
            for _ in 0..<200 {
                let ranges = shape.map { size in
                    let first = Int.random(in: 0..<size, using: &numbers)
                    return first..<Int.random(in: first...size, using: &numbers)
                }
                let expected = ranges[0].flatMap { z in
                    ranges[1].flatMap { y in ranges[2].map { x in Int32((z * 5 + y) * 7 + x) } }
                }
                let block = try [Int32](unsafeUninitializedCapacity: expected.count) { buffer, count in
                    count = expected.count
                    try dataset.read(ranges, into: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
                }
                #expect(block == expected, "\(ranges)")
            }
        }

        @Test func rowsWrittenInAnyOrder() throws {
            let folder = try TemporaryFolder()
            let file = try File.create(folder.file("a.h5"))
            for (name, storage) in zip("abcdefg", Self.storages) {
                let dataset = try file.createDataset(String(name), of: Int64.self, shape: [11, 2], storage: storage)
                for rows in [8..<11, 0..<3, 3..<4, 4..<4, 4..<8] {
                    try dataset.write(rows: rows, from: (rows.lowerBound * 2..<rows.upperBound * 2).map { Int64($0) })
                }
                #expect(try dataset.readAll(as: Int64.self) == Array(0..<22))
            }
        }

        @Test(arguments: storages) func withoutRows(storage: Storage) throws {
            let folder = try TemporaryFolder()
            do {
                let file = try File.create(folder.file("a.h5"))
                try file.createDataset("x", of: Float.self, shape: [0, 5], storage: storage)
                    .write(rows: 0..<0, from: [Float]())
                try file.createStringDataset("t", shape: [0], storage: storage).write(rows: 0..<0, strings: [])
                try file.close()
            }
            let again = try File.open(folder.file("a.h5"))
            let dataset = try again.dataset("x")
            #expect(dataset.shape == [0, 5] && dataset.rows == 0 && dataset.count == 0)
            #expect(try dataset.readAll(as: Float.self) == [])
            #expect(try dataset.read(rows: 0..<0, as: Double.self) == [])
            #expect(try again.dataset("t").readStrings(rows: 0..<0) == [])
        }

        @Test func numbersConvert() throws {
            let folder = try TemporaryFolder()
            let file = try File.create(folder.file("a.h5"))
            let doubles = try file.createDataset("d", of: Double.self, shape: [5])
            try doubles.write(rows: 0..<5, from: [0.1, -2.75, 1e300, .nan, 3])
            let floats = try doubles.readAll(as: Float.self)
            #expect(floats[0] == Float(0.1) && floats[1] == -2.75 && floats[2] == .infinity && floats[3].isNaN)
            // Whole numbers drop the fraction and stop at the ends of their range.
            let small = try doubles.read(rows: 0..<3, as: Int8.self)
            #expect(small == [0, -2, .max])
            let integers = try file.createDataset("i", of: Int64.self, shape: [3])
            try integers.write(rows: 0..<3, from: [Int64.min, 300, 7])
            #expect(try integers.readAll(as: UInt8.self) == [0, 255, 7])
            #expect(try integers.readAll(as: Float.self) == [-0x1p63, 300, 7])
        }
    }
}
