import Foundation
import HDF5
import TestSupport
import Testing

extension HDF5Suite {
    /// Files that were cut short or damaged give errors, never a crash.
    @Suite struct DamageTests {
        /// A small file with everything in it.
        private static func sample(in folder: TemporaryFolder) throws -> [UInt8] {
            let path = folder.file("sample.h5")
            let file = try File.create(path)
            try file.setAttribute("format", "astromae")
            try file.setAttribute("num_heads", 12)
            try file.setAttribute("names", ["1.h5", "2.h5"])
            try file.createDataset("plain", of: Float.self, shape: [6, 4])
                .write(rows: 0..<6, from: (0..<24).map { Float($0) })
            try file.createDataset(
                "packed", of: Int32.self, shape: [40, 4], storage: .chunked(rows: 16, compression: 6)
            )
            .write(rows: 0..<40, from: (0..<160).map { Int32($0) })
            try file.createDataset("checked", of: Double.self, shape: [9], storage: .chunked(rows: 4, checksum: true))
                .write(rows: 0..<9, from: (0..<9).map { Double($0) })
            try file.createStringDataset("texts", shape: [3]).write(rows: 0..<3, strings: ["a", "bc", "def"])
            try file.close()
            return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        }

        /// A file whose data set `x` has a checksum and one wrong byte in the second of three chunks.
        static func fileWithDamagedChunk(in folder: TemporaryFolder) throws -> String {
            let path = folder.file("damaged.h5")
            let file = try File.create(path)
            let values = (0..<12).map { Int32($0) * 0x0101_0101 }
            try file.createDataset("x", of: Int32.self, shape: [12], storage: .chunked(rows: 4, checksum: true))
                .write(rows: 0..<12, from: values)
            try file.close()
            var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            let chunk = Data(values[4..<8].flatMap { value in (0..<4).map { UInt8(value >> (8 * $0) & 0xff) } })
            let place = try #require(bytes.range(of: chunk)).lowerBound
            bytes[place + 5] ^= 0x10
            try bytes.write(to: URL(fileURLWithPath: path))
            return path
        }

        @Test func checksumsAreChecked() throws {
            let folder = try TemporaryFolder()
            let path = try Self.fileWithDamagedChunk(in: folder)
            let dataset = try File.open(path).dataset("x")
            #expect(try dataset.read(rows: 0..<4, as: Int32.self) == (0..<4).map { $0 * 0x0101_0101 })
            for rows in [4..<5, 0..<12, 7..<9] {
                let error = try failure { _ = try dataset.read(rows: rows, as: Int32.self) }
                #expect(error.kind == .failed && error.file == path && error.object == "x")
                #expect(error.description.contains(path) && error.description.contains("x: rows"), "\(error)")
                #expect(error.frames.count > 1, "\(error.frames)")
            }
            #expect(try dataset.read(rows: 8..<12, as: Int32.self) == (8..<12).map { $0 * 0x0101_0101 })
        }

        @Test func moreThanMemoryHas() throws {
            // A file of some bytes may claim any size; nobody allocates it.
            let folder = try TemporaryFolder()
            let file = try File.create(folder.file("a.h5"))
            for (name, storage) in [("chunked", Storage.chunked(rows: 1024)), ("whole", .contiguous)] {
                let dataset = try file.createDataset(name, of: Float.self, shape: [1 << 45], storage: storage)
                let error = try failure { _ = try dataset.readAll(as: Float.self) }
                #expect(error.kind == .failed && error.object == name, "\(error)")
                // Nor are the fill values given that HDF5 has for what nobody wrote.
                let part = try failure { _ = try dataset.read(rows: 1 << 44..<(1 << 44) + 2, as: Float.self) }
                #expect(part.kind == .failed && part.reason.contains("no data"), "\(part)")
            }
            // What compresses well is no such claim.
            let storage = Storage.chunked(rows: 1 << 20, compression: 9)
            let zeros = try file.createDataset("zeros", of: Float.self, shape: [1 << 24], storage: storage)
            try zeros.write(rows: 0..<1 << 24, from: [Float](repeating: 0, count: 1 << 24))
            #expect(try zeros.readAll(as: Float.self).count == 1 << 24)
        }

        @Test func cutShort() throws {
            let folder = try TemporaryFolder()
            let bytes = try Self.sample(in: folder)
            let path = folder.file("cut.h5")
            for length in stride(from: 0, to: bytes.count, by: 7) {
                try Data(bytes[..<length]).write(to: URL(fileURLWithPath: path))
                #expect(try failure { _ = try File.open(path) }.kind == .notHDF5, "\(length) of \(bytes.count) bytes")
            }
        }

        @Test func randomDamage() throws {
            let folder = try TemporaryFolder()
            let bytes = try Self.sample(in: folder)
            let path = folder.file("mutant.h5")
            var numbers = SeededNumbers(seed: 4)
            var (readable, refused) = (0, 0)
            for _ in 0..<3000 {
                var mutant = bytes
                for _ in 0..<Int.random(in: 1...4, using: &numbers) {
                    // Half of the damage goes to the superblock and the first headers.
                    let end = Bool.random(using: &numbers) ? mutant.count : min(1024, mutant.count)
                    let place = Int.random(in: 0..<end, using: &numbers)
                    mutant[place] = UInt8.random(in: 0...255, using: &numbers)
                }
                if Int.random(in: 0..<8, using: &numbers) == 0 {
                    mutant.removeLast(Int.random(in: 1...mutant.count - 1, using: &numbers))
                }
                try Data(mutant).write(to: URL(fileURLWithPath: path))
                do {
                    try readNumbers(path)
                    readable += 1
                } catch is HDF5Error {
                    refused += 1
                }
            }
            #expect(readable > 100 && refused > 100, "\(readable) readable, \(refused) refused")
        }

        /// Everything but text: sizes and places of strings of any length stand in the file without a checksum, and
        /// with wrong ones HDF5 1.10.8 itself copies past its memory and crashes.
        private func readNumbers(_ path: String) throws {
            let file = try File.open(path)
            _ = try file.attribute("num_heads", as: Int.self)
            for member in try file.members() where member.isDataset {
                let dataset = try file.dataset(member.name)
                guard dataset.elementType != .string else { continue }
                _ = try dataset.readAll(as: Double.self)
            }
        }
    }
}
