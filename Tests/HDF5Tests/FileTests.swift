import Foundation
import HDF5
import TestSupport
import Testing

extension HDF5Suite {
    @Suite struct FileTests {
        @Test func fileThatIsNotThere() throws {
            let scratch = try ScratchFile()
            let error = try expectError(.unreadable) { _ = try File.open(scratch.path) }
            #expect(error.description.contains("No such file") && error.description.contains(scratch.path))
            try expectError(.unreadable) { _ = try File.open(scratch.folder.path) }
            mkfifo(scratch.path, 0o600)
            try expectError(.unreadable) { _ = try File.open(scratch.path) }
        }

        @Test func fileThatIsNotHDF5() throws {
            let scratch = try ScratchFile()
            for bytes in [[], Array("no HDF5".utf8), [UInt8](repeating: 0, count: 5000)] {
                try scratch.write(bytes)
                #expect(!File.isHDF5(scratch.path))
                try expectError(.notHDF5) { _ = try File.open(scratch.path) }
            }
        }

        @Test func fileThatCannotBeCreated() throws {
            let scratch = try ScratchFile()
            try expectError(.unwritable) { _ = try File.create(scratch.folder.file("none/file.h5")) }
            try File.create(scratch.path, exclusively: true).close()
            let error = try expectError(.unwritable) { _ = try File.create(scratch.path, exclusively: true) }
            #expect(error.frames.first?.function == "H5Fcreate")
            #expect(error.frames.allSatisfy { !$0.text.isEmpty && !$0.major.isEmpty && !$0.minor.isEmpty })
        }

        @Test func namesThatAreTaken() throws {
            let scratch = try ScratchFile()
            let file = try File.create(scratch.path)
            _ = try file.createGroup("a")
            try expectError(.unwritable) { _ = try file.createGroup("a") }
            try expectError(.unwritable) { _ = try file.createDataset("a", of: Int.self, shape: [1]) }
            try expectError(.unwritable) { _ = try file.createDataset("b\0c", of: Int.self, shape: [1]) }
        }

        @Test func useAfterClosing() throws {
            let scratch = try ScratchFile()
            let file = try File.create(scratch.path)
            let dataset = try file.createDataset("x", of: Int.self, shape: [1])
            try file.close()
            try file.close()
            try expectError(.unwritable) { try dataset.write(rows: 0..<1, from: [1]) }
            #expect(!file.contains("x"))
            let again = try File.openForWriting(scratch.path)
            try again.dataset("x").write(rows: 0..<1, from: [9])
            try again.close()
            #expect(try File.open(scratch.path).dataset("x").readAll() == [9])
        }

        /// Two readers of one file in one process: closing one leaves the other open.
        @Test func openTwice() throws {
            let (one, other) = (
                try File.open(Repository.fixture("hdf5-types.h5")), try File.open(Repository.fixture("hdf5-types.h5"))
            )
            let dataset = try other.dataset("int32")
            try one.close()
            #expect(try dataset.readAll(as: Int.self).count == 12)
        }

        @Test func fullDisk() throws {
            let scratch = try ScratchFile()
            let result = try ChildProcess.run(["full disk", scratch.path], folder: scratch.folder.path, limit: 30)
            #expect(result.status == 0, "\(result.output)")
            #expect(!result.output.contains("HDF5-DIAG"))
        }
    }
}
