import Foundation
import Interchange
import TestSupport
import Testing

/// Damaged files: an error, or numbers of the right count; never a crash, a hang or much memory.
@Suite(.serialized) struct MutationTests {
    @Test(
        "10 000 damaged files", .timeLimit(.minutes(3)),
        arguments: [
            ("partition-half.pt", 3000), ("partition-bfloat16.pt", 2000), ("small-module.pt", 2000),
            ("small-state-dict.pt", 1500), ("arrays.npz", 750), ("columns.npz", 750),
        ])
    func damagedFiles(name: String, count: Int) throws {
        let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: Repository.fixture(name))))
        let places = Mutation.places(of: whole)
        var numbers = SeededNumbers(seed: UInt64(count))
        let path = try TemporaryFolder().file(name)
        var failures = 0
        try read(Repository.fixture(name))
        let before = peakBytes()
        for _ in 0..<count {
            let damaged = Mutation.damage(whole, at: places, &numbers)
            try Data(damaged).write(to: URL(fileURLWithPath: path))
            do { try read(path) } catch let error as InterchangeError {
                #expect(error.description.hasPrefix(path + ": "))
                failures += 1
            }
        }
        // Some changes do no harm, as those in padding or in a number without a checksum.
        #expect(failures > count / 3, "\(failures) of \(count) refused")
        // The allowance of a small file, and what an allocator keeps.
        #expect(peakBytes() - before < 2 * whole.count + (16 << 20))
    }

    /// Reads all that a file holds.
    private func read(_ path: String) throws {
        if path.hasSuffix(".npz") {
            let file = try NumPyFile(path)
            for name in file.names { try file.array(name).map(readRows) }
            return
        }
        let file = try TorchFile(path)
        for place in try file.places() {
            for name in place.names {
                // Views can show a few numbers any number of times: who reads them looks at their size first.
                guard let tensor = try file.tensor(name, of: place), tensor.rowCount <= 1 << 20,
                    tensor.bytesPerRow <= (1 << 22) / max(tensor.rowCount, 1)
                else { continue }
                try readRows(tensor)
            }
        }
    }

    private func readRows(_ array: any NumberArray) throws {
        let step = min(array.preferredRows, max(array.rowCount, 1))
        for first in stride(from: 0, to: array.rowCount, by: step) {
            let rows = first..<min(first + step, array.rowCount)
            let buffer = UnsafeMutableRawBufferPointer.allocate(
                byteCount: rows.count * array.bytesPerRow, alignment: 8)
            defer { buffer.deallocate() }
            try array.read(rows: rows, into: buffer)
        }
    }

    private func peakBytes() -> Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss * 1024
    }
}

/// Ways of damaging a file, most of them where its structure is: in headers, the pickle and the directory.
private enum Mutation {
    /// Places of the structure: around every signature of a zip record, and within the pickle.
    static func places(of bytes: [UInt8]) -> [Int] {
        var places: [Int] = []
        for place in 0..<bytes.count - 4 where bytes[place] == 0x50 && bytes[place + 1] == 0x4b && bytes[place + 2] < 8
        {
            places += place..<min(place + 64, bytes.count)
        }
        let pickle = find("data.pkl", in: bytes)
        if let pickle { places += pickle..<min(pickle + 8000, bytes.count) }
        return places
    }

    private static func find(_ text: String, in bytes: [UInt8]) -> Int? {
        let wanted = Array(text.utf8)
        return (0...bytes.count - wanted.count).first { bytes[$0..<$0 + wanted.count].elementsEqual(wanted) }
    }

    static func damage(_ bytes: [UInt8], at places: [Int], _ numbers: inout SeededNumbers) -> [UInt8] {
        var bytes = bytes
        switch Int.random(in: 0..<8, using: &numbers) {
        case 0: bytes.removeLast(Int.random(in: 1..<bytes.count, using: &numbers))
        case 1:
            let start = Int.random(in: 0..<bytes.count - 1, using: &numbers)
            bytes.removeSubrange(start..<min(start + Int.random(in: 1...64, using: &numbers), bytes.count))
        case 2:
            let start = places.randomElement(using: &numbers)!
            bytes.insert(contentsOf: (0..<8).map { _ in UInt8.random(in: 0...255, using: &numbers) }, at: start)
        case 3:
            for _ in 0..<4 {
                bytes[Int.random(in: 0..<bytes.count, using: &numbers)] = .random(in: 0...255, using: &numbers)
            }
        case 4:
            let start = places.randomElement(using: &numbers)!
            for place in start..<min(start + 4, bytes.count) { bytes[place] = 0xff }
        default:
            for _ in 0..<Int.random(in: 1...3, using: &numbers) {
                bytes[places.randomElement(using: &numbers)!] = .random(in: 0...255, using: &numbers)
            }
        }
        // Without checksums the damage reaches what they would have kept it from.
        if Bool.random(using: &numbers) { forgetChecksums(&bytes) }
        return bytes
    }

    private static func forgetChecksums(_ bytes: inout [UInt8]) {
        guard bytes.count > 20 else { return }
        for place in 0..<bytes.count - 20 where bytes[place..<place + 4].elementsEqual([0x50, 0x4b, 1, 2]) {
            bytes.replaceSubrange(place + 16..<place + 20, with: [0, 0, 0, 0])
        }
    }
}
