import Foundation
import HDF5
import TestSupport
import Testing

extension HDF5Suite {
    @Suite struct MutationTests {
        @Test func chunkThatFailsItsChecksum() throws {
            let scratch = try ScratchFile()
            let file = try File.create(scratch.path)
            let marks = (0..<64).map { UInt8(0xc0 + $0 % 7) }
            try file.createDataset("x", of: UInt8.self, shape: [64], storage: .chunked(rows: 32, checksum: true))
                .write(rows: 0..<64, from: marks)
            try file.close()
            var bytes = try scratch.bytes
            let place = try #require(bytes.indices.first { bytes[$0...].starts(with: marks[32...]) })
            bytes[place + 5] ^= 0x10
            try scratch.write(bytes)
            let dataset = try File.open(scratch.path).dataset("x")
            #expect(try dataset.read(rows: 0..<32, as: UInt8.self) == Array(marks[..<32]))
            let error = try expectError(.failed) { _ = try dataset.readAll(as: UInt8.self) }
            #expect(error.file == scratch.path && error.object == "x")
            #expect(error.frames.contains { $0.text.contains("checksum") }, "\(error.frames)")
        }

        /// HDF5 1.10.8 itself does not survive every damage: of these mutations two in a hundred end its process, in
        /// the heap of strings of variable length and the tables it makes of attributes (`H5HG_read`,
        /// `H5A__attr_release_table`), or keep it busy. So this counts what is lost in child processes, and holds the
        /// module to the rest; a program that reads hostile files must do so in a process of its own.
        @Test(arguments: [("hdf5-types.h5", 1500), ("tables/compound.h5", 600)])
        func mutations(fixture: String, end: Int) throws {
            let folder = try TemporaryFolder()
            var (next, lost) = (0, 0)
            while next < end {
                let result = try ChildProcess.run(
                    ["mutations", Repository.fixture(fixture), folder.path, "\(next)", "\(end)"],
                    folder: folder.path, limit: 60, stalledAfter: 1)
                #expect(!result.output.contains("HDF5-DIAG"))
                if result.status == 0 { break }
                // A failed expectation is a result; only what the system or the limit ended is a loss.
                try #require(result.isKilled, "\(result.output)")
                next = try #require(Int(String(contentsOfFile: folder.file("number"), encoding: .utf8))) + 1
                lost += 1
            }
            #expect(lost <= end / 25)
        }
    }
}
