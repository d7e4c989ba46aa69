import HDF5
import Survey
import TestSupport
import Testing

extension SurveySuite {
    /// Galaxies come out the same however a file stores them.
    @Suite struct PartitionReadingTests {
        let folder: TemporaryFolder
        let path: String
        let schema = SamplePartition.schema

        init() throws {
            folder = try TemporaryFolder()
            path = folder.file("1.h5")
        }

        @Test(arguments: [Storage.contiguous, .chunked(rows: 4, compression: 4), .chunked(rows: 3, checksum: true)])
        func anyRows(storage: Storage) throws {
            var partition = SamplePartition(rows: 10)
            partition.storage = storage
            partition.integers = (0..<10).map { $0 * $0 - 3 }
            try partition.write(path)
            let file = try PartitionFile(path, schema: schema)
            #expect(file.rows == 10 && file.hasRedshift && file.identifiers == .integers && file.path == path)
            for rows in [0..<10, 0..<1, 3..<8, 9..<10, 5..<5] {
                let galaxies = try Galaxies(file, rows: rows, schema: schema)
                #expect(galaxies.images == (rows.lowerBound * 32..<rows.upperBound * 32).map { Float($0) / 8 })
                #expect(galaxies.magnitudes == (rows.lowerBound * 2..<rows.upperBound * 2).map { 17 + Float($0) / 16 })
                #expect(galaxies.redshifts == rows.map { Float($0) / 32 })
                #expect(try file.integerIdentifiers(rows: rows) == rows.map { Int64($0 * $0 - 3) })
            }
        }

        @Test func withoutRedshiftOrIdentifiers() throws {
            var partition = SamplePartition()
            partition.redshift = nil
            try partition.write(path)
            let file = try PartitionFile(path, schema: schema)
            #expect(!file.hasRedshift && file.identifiers == .none)
            #expect(try Galaxies(file, rows: 0..<3, schema: schema).redshifts.allSatisfy { $0.isNaN })
            #expect(try file.integerIdentifiers(rows: 0..<3) == [] && file.stringIdentifiers(rows: 0..<3) == [])
        }

        @Test func identifiersThatAreStrings() throws {
            var partition = SamplePartition()
            partition.strings = ["SDSS J0001", "", "ß"]
            try partition.write(path)
            let file = try PartitionFile(path, schema: schema)
            #expect(file.identifiers == .strings)
            #expect(try file.stringIdentifiers(rows: 1..<3) == ["", "ß"])
        }

        @Test func redshiftsMayBeUnknown() throws {
            // A NaN among redshifts is a galaxy without one, not a fault.
            let file = try File.create(path)
            try file.createZeros("images", of: Float.self, shape: [2, 2, 4, 4])
            try file.createZeros("magnitudes", of: Double.self, shape: [2, 2])
            try file.createDataset("redshift", of: Double.self, shape: [2]).write(
                rows: 0..<2, from: [Double.nan, 0.25])
            try file.close()
            let redshifts = try Galaxies(PartitionFile(path, schema: schema), rows: 0..<2, schema: schema).redshifts
            #expect(redshifts[0].isNaN && redshifts[1] == 0.25)
        }

        @Test(arguments: [Storage.contiguous, .chunked(rows: 10)]) func withoutGalaxies(storage: Storage) throws {
            var partition = SamplePartition(rows: 0)
            partition.storage = storage
            partition.integers = []
            try partition.write(path)
            let file = try PartitionFile(path, schema: schema)
            #expect(file.rows == 0)
            #expect(try Galaxies(file, rows: 0..<0, schema: schema).images == [])
            #expect(try file.integerIdentifiers(rows: 0..<0) == [])
            try file.checkValues()
        }

        @Test func typesOfImages() throws {
            try write(UInt8.self) { UInt8($0 % 200) }
            try write(Int16.self) { Int16($0) - 40 }
            try write(Int64.self) { Int64($0) << 20 }
            try write(Double.self) { Double($0) / 3 }
            try write(Float.self) { Float($0) / 3 }
        }

        /// Images of a type, their numbers made by `value` from their places.
        private func write<T: Scalar>(_ type: T.Type, _ value: (Int) -> T) throws where T: Comparable {
            do {
                let file = try File.create(path)
                try file.createDataset("images", of: type, shape: [3, 2, 4, 4]).write(
                    rows: 0..<3, from: (0..<96).map(value))
                try file.createDataset("magnitudes", of: Float.self, shape: [3, 2])
                    .write(rows: 0..<3, from: [Float](repeating: 17, count: 6))
                try file.close()
            }
            let images = try Galaxies(PartitionFile(path, schema: schema), rows: 0..<3, schema: schema).images
            let expected = (0..<96).map { place -> Float in
                let number = value(place)
                return (number as? any BinaryInteger).map { Float(Int64($0)) } ?? Float("\(number)")!
            }
            #expect(images == expected, "\(T.self)")
        }

        @Test(arguments: ["float16", "big_float32", "big_float64", "big_int16", "szip"])
        func storageOfOtherPrograms(name: String) throws {
            // See Tests/Fixtures/README.md: [3, 2, 4, 4], the n-th number n / 4 or, for integers, n.
            var schema = schema
            schema.images = name
            let file = try PartitionFile(Repository.fixture("odd-partition.h5"), schema: schema)
            let galaxies = try Galaxies(file, rows: 0..<3, schema: schema)
            let isInteger = name == "big_int16" || name == "szip"
            #expect(galaxies.images == (0..<96).map { isInteger ? Float($0) : Float($0) / 4 })
            #expect(galaxies.magnitudes == (0..<6).map { 16 + Float($0) / 2 })
            #expect(galaxies.redshifts == [0, 1, 2])
            #expect(try file.stringIdentifiers(rows: 0..<3) == ["a", "bc", "def"])
            let nextIsThird = try Galaxies(file, rows: 1..<2, schema: schema)
            #expect(nextIsThird.images == Array(galaxies.images[32..<64]))
        }

        @Test func magnitudesOfSeveralDatasets() throws {
            var schema = schema
            schema.magnitudes = ["r", "g"]
            do {
                let file = try File.create(path)
                try file.createZeros("images", of: Float.self, shape: [3, 2, 4, 4])
                try file.createDataset("g", of: Double.self, shape: [3]).write(rows: 0..<3, from: [1.0, 2, 3])
                try file.createDataset("r", of: Float.self, shape: [3]).write(rows: 0..<3, from: [4, 5, Float.nan])
                try file.close()
            }
            let file = try PartitionFile(path, schema: schema)
            #expect(try Galaxies(file, rows: 0..<2, schema: schema).magnitudes == [4, 1, 5, 2])
            let last = try Galaxies(file, rows: 2..<3, schema: schema).magnitudes
            #expect(last[0].isNaN && last[1] == 3)
        }

        @Test(arguments: [(4, 4), (6, 8), (5, 7), (9, 4)]) func layoutsAndCrops(height: Int, width: Int) throws {
            let (rows, bands, size) = (3, 2, 4)
            var numbers = SeededNumbers(seed: UInt64(height * 100 + width))
            let first = (0..<rows * bands * height * width).map { _ in Float.random(in: -1...1, using: &numbers) }
            // The centre; of an odd number of pixels to drop, one more at the end.
            let (top, left) = ((height - size) / 2, (width - size) / 2)
            func place(_ row: Int, _ band: Int, _ y: Int, _ x: Int) -> Int {
                ((row * bands + band) * height + y) * width + x
            }
            var expected: [Float] = []
            for index in 0..<rows * bands * size * size {
                let (row, band) = (index / (bands * size * size), index / (size * size) % bands)
                expected.append(first[place(row, band, top + index / size % size, left + index % size)])
            }
            var last: [Float] = []
            for index in first.indices {
                let (row, band) = (index / (height * width * bands), index % bands)
                last.append(first[place(row, band, index / bands / width % height, index / bands % width)])
            }
            for layout in PartitionSchema.Layout.allCases {
                var schema = schema
                schema.layout = layout
                schema.crop = true
                let isFirst = layout == .nchw
                do {
                    let file = try File.create(path)
                    let shape = isFirst ? [rows, bands, height, width] : [rows, height, width, bands]
                    try file.createDataset("images", of: Float.self, shape: shape, storage: .chunked(rows: 2))
                        .write(rows: 0..<rows, from: isFirst ? first : last)
                    try file.createZeros("magnitudes", of: Float.self, shape: [rows, bands])
                    try file.close()
                }
                let file = try PartitionFile(path, schema: schema)
                #expect(try Galaxies(file, rows: 0..<rows, schema: schema).images == expected, "\(layout)")
                let second = try Galaxies(file, rows: 1..<3, schema: schema).images
                #expect(second == Array(expected[32...]), "\(layout)")
            }
        }
    }
}
