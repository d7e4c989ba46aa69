import Foundation
import HDF5
import Survey
import TestSupport
import Testing

extension SurveySuite {
    /// Folders and lists of partition files.
    @Suite struct DataSetTests {
        let folder: TemporaryFolder
        let schema = SamplePartition.schema

        init() throws { folder = try TemporaryFolder() }

        private func failure(_ paths: [String]) throws -> String {
            let error = try #require(throws: DataSet.Failure.self) { try DataSet.open(paths, schema: schema) }
            return error.description
        }

        @Test func folderInNaturalOrder() throws {
            for (rows, name) in ["10.h5", "2.h5", "1.hdf5", "03.h5"].enumerated() {
                try SamplePartition(rows: rows).write(folder.file(name))
            }
            // Neither hidden files nor other ones; they are no HDF5 files.
            for name in [".hidden.h5", "notes.txt", "1.h5.part", "h5", "2.H5"] {
                try Data("text".utf8).write(to: URL(fileURLWithPath: folder.file(name)))
            }
            for path in [folder.path, folder.path + "/"] {
                let dataSet = try DataSet.open([path], schema: schema)
                #expect(dataSet.partitions.map(\.name) == ["1.hdf5", "2.h5", "03.h5", "10.h5"])
                #expect(dataSet.partitions.map(\.rows) == [2, 1, 3, 0] && dataSet.rows == 6)
                #expect(dataSet.folder == path && dataSet.path(of: 2) == folder.file("03.h5"))
            }
            let two = try DataSet.open([folder.path], fileLimit: 2, schema: schema)
            #expect(two.partitions.map(\.name) == ["1.hdf5", "2.h5"])
            #expect(try DataSet.open([folder.path], fileLimit: 9, schema: schema).partitions.count == 4)
        }

        @Test func listsKeepTheirOrder() throws {
            let paths = ["b.h5", "a.dat", "c.h5"].map { folder.file($0) }
            for (rows, path) in paths.enumerated() { try SamplePartition(rows: rows + 1).write(path) }
            let dataSet = try DataSet.open(paths, schema: schema)
            #expect(dataSet.partitions.map(\.name) == paths && dataSet.partitions.map(\.rows) == [1, 2, 3])
            #expect((0..<3).map { dataSet.path(of: $0) } == paths)
            #expect(try DataSet.open([paths[1]], schema: schema).rows == 2)
            #expect(try DataSet.open(paths, fileLimit: 1, schema: schema).rows == 1)
        }

        @Test func pathsThatDoNotServe() throws {
            let file = folder.file("1.h5")
            let missing = folder.file("missing")
            #expect(try failure([folder.path]).contains("holds no partitions"))
            try SamplePartition().write(file)
            #expect(try failure([missing]).hasPrefix(missing + ":"))
            #expect(try failure([file, missing]).hasPrefix(missing + ":"))
            #expect(try failure([file, folder.path]).contains("is a folder"))
            #expect(try failure([folder.path, folder.path]).contains("is a folder"))
            #expect(try failure([folder.path, file]).contains("is a folder"))
        }

        @Test func oneBadFileIsNamed() throws {
            for name in ["1.h5", "2.h5", "3.h5"] { try SamplePartition().write(folder.file(name)) }
            try Data("no HDF5".utf8).write(to: URL(fileURLWithPath: folder.file("2.h5")))
            let damaged = try #require(throws: HDF5Error.self) { try DataSet.open([folder.path], schema: schema) }
            #expect(damaged.file == folder.file("2.h5"))
            var partition = SamplePartition()
            partition.magnitudes = nil
            try partition.write(folder.file("2.h5"))
            let faulty = try #require(throws: PartitionError.self) { try DataSet.open([folder.path], schema: schema) }
            #expect(faulty.file == folder.file("2.h5"))
            // Files behind the limit are not looked at.
            #expect(try DataSet.open([folder.path], fileLimit: 1, schema: schema).rows == 3)
        }

        @Test func whatTheGalaxiesHave() throws {
            var (plain, integers, strings) = (SamplePartition(), SamplePartition(), SamplePartition())
            plain.redshift = nil
            integers.integers = [5, -6, 7]
            strings.strings = ["a", "", "ß"]
            var none = SamplePartition(rows: 0)
            none.redshift = nil
            func open(_ partitions: [SamplePartition]) throws -> DataSet {
                let paths = try partitions.enumerated().map { index, partition in
                    try partition.write(folder.file("\(index).h5"))
                    return folder.file("\(index).h5")
                }
                return try DataSet.open(paths, schema: schema)
            }
            #expect(try open([plain]).identifiers == .none && !open([plain]).hasRedshift)
            #expect(try open([integers, integers]).identifiers == .integers)
            #expect(try open([strings, strings]).identifiers == .strings)
            // Identifiers are of use only when all galaxies have them; files without galaxies do not count.
            #expect(try open([integers, plain]).identifiers == .none)
            #expect(try open([plain, strings]).identifiers == .none)
            #expect(try open([none, strings, none]).identifiers == .strings)
            #expect(try open([none]).identifiers == .none && open([none]).rows == 0)
            #expect(try open([plain, integers]).hasRedshift)
            #expect(throws: DataSet.Failure.self) { try open([integers, strings]) }
            #expect(throws: DataSet.Failure.self) { try open([strings, plain, integers]) }
        }
    }
}
