import Foundation
import HDF5
import Survey
import TestSupport
import Testing

extension SurveySuite {
    /// Every fault of a partition file is found and named.
    @Suite struct PartitionFaultTests {
        let folder: TemporaryFolder
        let path: String

        init() throws {
            folder = try TemporaryFolder()
            path = folder.file("1.h5")
        }

        private func faults(
            _ change: (inout SamplePartition) throws -> Void = { _ in },
            schema: PartitionSchema = SamplePartition.schema
        ) throws -> [String] {
            var partition = SamplePartition()
            try change(&partition)
            try partition.write(path)
            let error = try #require(throws: PartitionError.self) { try PartitionFile(path, schema: schema) }
            #expect(error.file == path && error.description.hasPrefix(path))
            return error.faults
        }

        @Test func missingDatasets() throws {
            #expect(try faults { $0.images = nil } == ["images: is missing"])
            #expect(try faults { $0.magnitudes = nil } == ["magnitudes: is missing"])
            // All at once.
            let both = try faults {
                $0.images = nil
                $0.magnitudes = nil
                $0.redshift = [3, 2]
            }
            #expect(both.count == 3, "\(both)")
        }

        @Test(arguments: [
            [3], [3, 2, 16], [3, 4, 4, 2], [3, 2, 4, 5], [3, 2, 3, 4], [3, 3, 4, 4], [3, 2, 4, 4, 1],
        ])
        func shapeOfImages(shape: [Int]) throws {
            let faults = try faults { $0.images = shape }
            #expect(faults.count == 1 && faults[0].hasPrefix("images: has shape \(shape)"), "\(faults)")
            #expect(faults[0].contains("[N, 2, 4, 4]"))
        }

        @Test func largerImagesNeedCrop() throws {
            let faults = try faults { $0.images = [3, 2, 6, 4] }
            #expect(faults.count == 1 && faults[0].contains("--crop"), "\(faults)")
            var schema = SamplePartition.schema
            schema.crop = true
            #expect(try self.faults({ $0.images = [3, 2, 3, 4] }, schema: schema).count == 1)
        }

        @Test(arguments: [[3], [3, 3], [3, 2, 1]]) func shapeOfMagnitudes(shape: [Int]) throws {
            let faults = try faults { $0.magnitudes = shape }
            #expect(faults == ["magnitudes: has shape \(shape) instead of [N, 2]"])
        }

        @Test func lengthsThatDiffer() throws {
            for change: (inout SamplePartition) -> Void in [
                { $0.images = [2, 2, 4, 4] }, { $0.magnitudes = [4, 2] }, { $0.redshift = [2] }, { $0.integers = [1] },
                { $0.strings = ["a", "b", "c", "d"] }, { $0.images = [0, 2, 4, 4] },
            ] {
                let faults = try faults(change)
                #expect(faults.count == 1 && faults[0].contains("differ in length"), "\(faults)")
            }
        }

        @Test func typesThatDoNotServe() throws {
            func replacing(_ name: String, _ make: (File) throws -> Void) throws -> [String] {
                let file = try File.create(path)
                for (other, shape) in [("images", [3, 2, 4, 4]), ("magnitudes", [3, 2]), ("redshift", [3])]
                where other != name {
                    try file.createZeros(other, of: Float.self, shape: shape)
                }
                try make(file)
                try file.close()
                return try #require(throws: PartitionError.self) {
                    try PartitionFile(path, schema: SamplePartition.schema)
                }.faults
            }
            let images = try replacing("images") { try $0.createTexts("images", shape: [3, 2, 4, 4]) }
            #expect(images == ["images: holds string, not numbers"])
            let magnitudes = try replacing("magnitudes") {
                try $0.createZeros("magnitudes", of: Int32.self, shape: [3, 2])
            }
            #expect(magnitudes.count == 1 && magnitudes[0].hasPrefix("magnitudes: holds int32"))
            let redshift = try replacing("redshift") { try $0.createTexts("redshift", shape: [3]) }
            #expect(redshift == ["redshift: holds string, not numbers"])
            let identifiers = try replacing("object_id") {
                try $0.createZeros("object_id", of: Double.self, shape: [3])
            }
            #expect(identifiers.count == 1 && identifiers[0].hasPrefix("object_id: holds float64"))
        }

        @Test func magnitudesOfSeveralDatasets() throws {
            var schema = SamplePartition.schema
            schema.magnitudes = ["magnitudes", "absent", "r"]
            let faults = try faults(schema: schema)
            #expect(faults.contains { $0 == "absent: is missing" } && faults.contains { $0 == "r: is missing" })
            #expect(faults.contains { $0.hasPrefix("3 data sets of magnitudes") })
            #expect(faults.contains { $0.hasPrefix("magnitudes: has shape [3, 2] instead of [N]") })
        }

        @Test(arguments: [Float.nan, .infinity, -.infinity]) func valuesThatAreNoNumbers(value: Float) throws {
            for (row, place) in [(0, 0), (1, 32), (1, 63), (2, 95)] {
                var partition = SamplePartition()
                partition.imageValues[place] = value
                try expectFault("images: row \(row) holds \(value)", row: row, partition)
            }
        }

        @Test func everyBadGalaxyIsListed() throws {
            var partition = SamplePartition(rows: 600)
            for row in [0, 255, 256, 599] { partition.imageValues[row * 32 + 5] = .nan }
            try partition.write(path)
            let file = try PartitionFile(path, schema: SamplePartition.schema)
            let error = try #require(throws: PartitionError.self) { try file.checkValues() }
            let rows = error.faults.compactMap { $0.split(separator: " ").dropFirst(2).first.flatMap { Int($0) } }
            #expect(rows == [0, 255, 256, 599], "\(error)")
            #expect(error.description.contains("4 faults"))
            let good = folder.file("2.h5")
            try SamplePartition(rows: 600).write(good)
            try PartitionFile(good, schema: SamplePartition.schema).checkValues()
        }

        private func expectFault(_ start: String, row: Int, _ partition: SamplePartition) throws {
            let schema = SamplePartition.schema
            try partition.write(path)
            let file = try PartitionFile(path, schema: schema)
            for rows in [0..<3, row..<row + 1] {
                let error = try #require(throws: PartitionError.self) {
                    try Galaxies(file, rows: rows, schema: schema)
                }
                #expect(error.faults.count == 1 && error.faults[0].hasPrefix(start), "\(error)")
            }
            // The other galaxies can be read.
            for other in 0..<3 where other != row {
                _ = try Galaxies(file, rows: other..<other + 1, schema: schema)
            }
        }
    }
}
