import Foundation
import HDF5
import Survey
import TestSupport
import Testing

extension SurveySuite {
    /// Galaxies in the tables of other programs; see Tests/Fixtures/README.md.
    @Suite struct TablePartitionTests {
        private func schema(
            images: String = "images", _ magnitudes: [String], _ redshift: String, _ objectID: String
        ) -> PartitionSchema {
            var schema = SamplePartition.schema
            (schema.images, schema.magnitudes) = (images, magnitudes)
            (schema.redshift, schema.objectID) = (redshift, objectID)
            return schema
        }

        private static let large = IdentifierValues.unsignedIntegers([1 << 63 + 1, 1 << 63, 7])
        private static let signed = IdentifierValues.integers([.min + 1, .min, 7])
        private static let names = IdentifierValues.strings(["SDSS J0001", "", "ß"].map { Array($0.utf8) })

        private func expectGalaxies(
            _ name: String, _ schema: PartitionSchema, _ identifiers: IdentifierValues
        ) throws {
            let file = try PartitionFile(Repository.fixture("tables/" + name), schema: schema)
            #expect(file.rows == 3 && file.hasRedshift && file.warnings == [], "\(name): \(file.warnings)")
            try file.checkValues()
            for rows in [0..<3, 1..<2, 2..<3] {
                let galaxies = try Galaxies(file, rows: rows, schema: schema)
                #expect(galaxies.images == (rows.lowerBound * 32..<rows.upperBound * 32).map { Float($0) / 8 })
                #expect(galaxies.magnitudes == (rows.lowerBound * 2..<rows.upperBound * 2).map { 17 + Float($0) / 16 })
                #expect(galaxies.redshifts == rows.map { Float($0) / 32 })
            }
            #expect(try file.identifiers(rows: 0..<3, as: file.identifiers) == identifiers)
        }

        @Test func tablesOfPyTables() throws {
            let table = "survey/galaxies:"
            try expectGalaxies("pytables.h5", schema([table + "mag"], table + "z", table + "id"), Self.large)
            try expectGalaxies("pytables.h5", schema([table + "mag"], table + "z", table + "name"), Self.names)
        }

        @Test func framesOfPandas() throws {
            // Blocks have the columns of one type; a single column is a table of one.
            let table = "df/table:values_block_"
            try expectGalaxies("pandas.h5", schema([table + "0"], table + "1", table + "2"), Self.signed)
            let fixed = schema(["df/block0_values"], "df/block1_values", "df/block2_values")
            try expectGalaxies("pandas-fixed.h5", fixed, Self.signed)
        }

        @Test func tablesOfAstropy() throws {
            let all = schema(images: "data:images", ["data:mag"], "data:z", "data:id")
            try expectGalaxies("astropy.h5", all, Self.large)
            var named = all
            named.objectID = "data:name"
            try expectGalaxies("astropy.h5", named, Self.names)
        }

        @Test func redshiftsAndMagnitudesOfDifferentTables() throws {
            // Images are arrays for each row.
            try expectGalaxies("compound.h5", schema(["table:mag"], "deep/packed:z", "table:id"), Self.large)
            try expectGalaxies("compound.h5", schema(["halves"], "plain:z", "deep/packed:text"), Self.names)
        }

        @Test func largerImagesInArrays() throws {
            var schema = PartitionSchema(bands: 2, imageSize: 2)
            (schema.crop, schema.magnitudes, schema.redshift) = (true, ["table:mag"], "table:z")
            let file = try PartitionFile(Repository.fixture("tables/compound.h5"), schema: schema)
            let images = try Galaxies(file, rows: 1..<3, schema: schema).images
            let centre = [5, 6, 9, 10]
            var expected: [Float] = []
            for image in 2..<6 { expected += centre.map { Float(16 * image + $0) / 8 } }
            #expect(images == expected)
        }

        // MARK: Refused by name

        private func error(_ schema: PartitionSchema) throws -> PartitionError {
            try #require(throws: PartitionError.self) {
                try PartitionFile(Repository.fixture("tables/compound.h5"), schema: schema)
            }
        }

        @Test func fieldsThatWillNotDo() throws {
            for (magnitudes, redshift, objectID, words) in [
                ("table:grid", "table:z", "table:id", "table:grid: has shape [3, 2, 3] instead of [N, 2]"),
                ("table:mag", "table:mag", "table:id", "table:mag: has shape [3, 2] instead of [N]"),
                ("table:mag", "table:text", "table:id", "table:text: holds string, not numbers"),
                ("table:mag", "table:z", "table:big", "table:big: holds float64"),
                ("table:mag", "table:inner", "table:id", "table:inner: holds compound, not numbers"),
                (
                    "table:mag", "plain", "table:id",
                    "plain: holds compound, not numbers; name one of its fields: plain:z"
                ),
                ("table:mag", "gap:z", "table:id", "gap:z: rows 2..<3 of 3 were never written"),
                ("one", "table:z", "gap:text", "gap:text: rows 2..<3 of 3 were never written"),
            ] {
                let faults = try error(schema([magnitudes], redshift, objectID)).faults
                #expect(faults.contains { $0.hasPrefix(words) }, "\(words) in \(faults)")
            }
        }

        @Test("What is missing is answered by what there is, the likeliest first")
        func hints() throws {
            let missing = try error(schema(images: "cutouts", ["table:magg"], "table:z", "table:id"))
            #expect(missing.faults == ["cutouts: is missing", "table:magg: is missing"])
            #expect(missing.description.contains("\nIt has deep/packed:mag, gap:mag, table:mag, "), "\(missing)")
            let group = try error(schema(["deep"], "table:z", "table:id"))
            #expect(group.description.contains("deep: is not a data set\nIt has "), "\(group)")
        }

        @Test("A fill value goes for all fields; a scale is of one of them, and nobody knows which")
        func attributesOfTables() throws {
            let folder = try TemporaryFolder()
            let path = folder.file("1.h5")
            try FileManager.default.copyItem(atPath: Repository.fixture("tables/compound.h5"), toPath: path)
            let table = schema(["table:mag"], "table:z", "table:id")
            var file = try File.openForWriting(path)
            try file.dataset("table").setAttribute("_FillValue", 17.1875)
            try file.close()
            let magnitudes = try Galaxies(PartitionFile(path, schema: table), rows: 0..<3, schema: table).magnitudes
            #expect(magnitudes[3].isNaN && magnitudes[2] == 17.125 && magnitudes[4] == 17.25)
            file = try File.openForWriting(path)
            try file.dataset("table").setAttribute("scale_factor", 0.5)
            try file.close()
            let error = try #require(throws: PartitionError.self) { try PartitionFile(path, schema: table) }
            for field in ["table:mag", "table:z", "table:id"] {
                #expect(
                    error.faults.contains { $0.hasPrefix(field + ": the table's attribute scale_factor") }, "\(error)")
            }
        }

        @Test func otherLengths() throws {
            let folder = try TemporaryFolder()
            let path = folder.file("1.h5")
            try FileManager.default.copyItem(atPath: Repository.fixture("tables/compound.h5"), toPath: path)
            let file = try File.openForWriting(path)
            try file.createDataset("four", of: Float.self, shape: [4]).write(
                rows: 0..<4, from: [0, 1, 2, 3] as [Float])
            try file.close()
            let error = try #require(throws: PartitionError.self) {
                try PartitionFile(path, schema: schema(["table:mag"], "four", "table:id"))
            }
            #expect(error.faults == ["the data sets differ in length: images 3, table:mag 3, four 4, table:id 3"])
        }
    }
}
