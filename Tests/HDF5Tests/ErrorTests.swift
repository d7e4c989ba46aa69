import Foundation
import HDF5
import TestSupport
import Testing

extension HDF5Suite {
    /// Failures are told apart, name what they are about, and print nothing.
    @Suite struct ErrorTests {
        let folder: TemporaryFolder
        let path: String

        init() throws {
            folder = try TemporaryFolder()
            path = folder.file("good.h5")
            let file = try File.create(path)
            try file.createDataset("x", of: Float.self, shape: [4, 3]).write(
                rows: 0..<4, from: [Float](repeating: 1, count: 12))
            try file.createStringDataset("t", shape: [2]).write(rows: 0..<2, strings: ["a", "b"])
            try file.close()
        }

        @Test func files() throws {
            let other = folder.file("notes.txt")
            try Data("no HDF5 here".utf8).write(to: URL(fileURLWithPath: other))
            let empty = folder.file("empty.h5")
            try Data().write(to: URL(fileURLWithPath: empty))
            let missing = folder.file("missing.h5")
            let cases: [(String, HDF5Error.Kind)] = [
                (missing, .unreadable), (folder.path, .unreadable), (other + "/x.h5", .unreadable), ("", .unreadable),
                ("/dev/null", .unreadable), (other, .notHDF5), (empty, .notHDF5),
            ]
            for (path, kind) in cases {
                let error = try failure { _ = try File.open(path) }
                #expect(error.kind == kind && error.file == path && error.description.hasPrefix(path), "\(error)")
            }
            #expect(try failure { _ = try File.open(missing) }.description.contains("No such file"))
            #expect(try failure { _ = try File.create(folder.file("absent/new.h5")) }.kind == .unwritable)
            #expect(try failure { _ = try File.create(folder.path) }.kind == .unwritable)
        }

        @Test func ranges() throws {
            let dataset = try File.open(path).dataset("x")
            for rows in [0..<5, 4..<5, -1..<2, 100..<101, Int.max - 1..<Int.max] {
                let error = try failure { _ = try dataset.read(rows: rows, as: Float.self) }
                #expect(error.kind == .mismatch && error.object == "x", "\(error)")
            }
            var room = [Float](repeating: 0, count: 13)
            for count in [0, 11, 13] {
                let error = try failure {
                    try room.withUnsafeMutableBufferPointer {
                        try dataset.read(rows: 0..<4, into: UnsafeMutableBufferPointer(rebasing: $0[..<count]))
                    }
                }
                #expect(error.kind == .mismatch, "\(error)")
            }
            for ranges in [[0..<4], [0..<1, 0..<1, 0..<1], [0..<1, 2..<4], [0..<1, -1..<0]] {
                let size = ranges.reduce(1) { $0 * $1.count }
                let error = try failure {
                    try room.withUnsafeMutableBufferPointer {
                        try dataset.read(ranges, into: UnsafeMutableBufferPointer(rebasing: $0[..<size]))
                    }
                }
                #expect(error.kind == .mismatch, "\(ranges): \(error)")
            }
            #expect(room.allSatisfy { $0 == 0 })
        }

        @Test func types() throws {
            let file = try File.open(path)
            let (numbers, texts) = (try file.dataset("x"), try file.dataset("t"))
            #expect(try failure { _ = try numbers.readStrings(rows: 0..<1) }.description.contains("float32"))
            #expect(try failure { _ = try texts.readAll(as: Float.self) }.description.contains("string"))
            #expect(try failure { _ = try texts.readStrings(rows: 1..<3) }.kind == .mismatch)
        }

        @Test func writing() throws {
            let file = try File.create(folder.file("new.h5"))
            let dataset = try file.createDataset("x", of: Float.self, shape: [4])
            let texts = try file.createStringDataset("t", shape: [2])
            #expect(try failure { try dataset.write(rows: 0..<2, from: [Float(1)]) }.kind == .mismatch)
            #expect(try failure { try dataset.write(rows: 3..<5, from: [Float(1), 2]) }.kind == .mismatch)
            #expect(try failure { try dataset.write(rows: 0..<1, strings: ["a"]) }.kind == .mismatch)
            #expect(try failure { try texts.write(rows: 0..<1, from: [Float(1)]) }.kind == .mismatch)
            #expect(try failure { try texts.write(rows: 0..<2, strings: ["a"]) }.kind == .mismatch)
            #expect(try failure { _ = try file.createDataset("x", of: Int8.self, shape: [1]) }.kind == .unwritable)
            // A file opened for reading stays as it is.
            let readOnly = try File.open(path)
            #expect(try failure { try readOnly.setAttribute("a", 1) }.kind == .unwritable)
            #expect(
                try failure { try readOnly.dataset("x").write(rows: 0..<1, from: [Float](repeating: 2, count: 3)) }.kind
                    == .unwritable)
        }

        @Test func nothingIsPrinted() throws {
            let damaged = try DamageTests.fileWithDamagedChunk(in: folder)
            let printed = try hdf5Prints {
                try files()
                try ranges()
                try types()
                try writing()
                try OddStorageTests().unknownFilter()
                try OddStorageTests().neitherValueNorDataset()
                try AttributeTests().mismatches()
                #expect(throws: HDF5Error.self) { try File.open(damaged).dataset("x").readAll(as: Int32.self) }
            }
            #expect(!printed)
        }

        @Test func nothingIsPrintedOnAnotherThread() throws {
            // A reader thread may use what another thread opened.
            let dataset = try File.open(DamageTests.fileWithDamagedChunk(in: folder)).dataset("x")
            final class Outcome: @unchecked Sendable {
                let dataset: Dataset
                var error: (any Error)?
                init(_ dataset: Dataset) { self.dataset = dataset }
            }
            let outcome = Outcome(dataset)
            let printed = try hdf5Prints {
                let done = DispatchSemaphore(value: 0)
                Thread.detachNewThread {
                    do { _ = try outcome.dataset.readAll(as: Int32.self) } catch { outcome.error = error }
                    done.signal()
                }
                done.wait()
            }
            #expect((outcome.error as? HDF5Error)?.kind == .failed)
            #expect(!printed)
        }

        @Test func openingAndClosingLeavesNothing() throws {
            func descriptors() throws -> Int {
                try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").filter {
                    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + $0)) == path
                }.count
            }
            for _ in 0..<5000 {
                let file = try File.open(path)
                let dataset = try file.dataset("x")
                #expect(try dataset.read(rows: 0..<1, as: Float.self) == [1, 1, 1])
                #expect(throws: HDF5Error.self) { try file.dataset("absent") }
            }
            #expect(try descriptors() == 0)
            // A data set keeps its file open, and no longer.
            var dataset: Dataset? = try File.open(path).dataset("x")
            #expect(try descriptors() == 1 && dataset?.rows == 4)
            dataset = nil
            #expect(try descriptors() == 0)
        }
    }
}
