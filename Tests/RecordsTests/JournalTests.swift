import Foundation
import PhotozRecords
import TestSupport
import Testing

/// Journals: whole records are found, and nothing behind what is damaged.
@Suite struct JournalTests {
    private static let identity = [UInt8](repeating: 9, count: Journal.identitySize)

    private static func record(_ galaxies: Range<Int>, _ value: Float) -> [UInt8] {
        let head = Journal.Head(galaxies: galaxies, columns: 4)
        let body = [Float](repeating: value, count: 4 * galaxies.count)
        return body.withUnsafeBytes { body in
            head.bytes + withUnsafeBytes(of: head.checksum(body)) { Array($0) } + body
        }
    }

    private func found(_ bytes: [UInt8], total: Int = 100) -> [Range<Int>] {
        bytes.withUnsafeBytes { Journal.records($0, columns: 4, total: total).map(\.head.galaxies) }
    }

    @Test func damageEndsAJournal() {
        let start = Journal.magic + Self.identity
        let whole = start + Self.record(0..<3, 0.5) + Self.record(3..<10, 0.25) + Self.record(40..<41, 1)
        #expect(found(whole) == [0..<3, 3..<10, 40..<41])
        #expect(found(whole, total: 40) == [0..<3, 3..<10])
        for length in whole.indices {
            let part = found(Array(whole[..<length]))
            #expect([0..<3, 3..<10].starts(with: part))
        }
        var numbers = SeededNumbers(seed: 4)
        for place in start.count..<whole.count {
            var damaged = whole
            damaged[place] ^= UInt8(1) << UInt8.random(in: 0..<8, using: &numbers)
            // Heads of 20 bytes, and 4 columns of 3 and of 7 numbers.
            let ends = [start.count + 20 + 48, start.count + 20 + 48 + 20 + 112]
            let damagedRecord = ends.count { place >= $0 }
            #expect(found(damaged) == Array([0..<3, 3..<10, 40..<41].prefix(damagedRecord)))
        }
    }

    @Test func sizesThatNoJournalHas() {
        for (first, count, columns) in [
            (Int64.max, Int32(1), Int32(4)), (.min, 1, 4), (-1, 1, 4), (0, 0, 4), (0, -1, 4), (0, .max, 4), (99, 2, 4),
            (0, 1, 5), (0, 1, -4), (0, .max, .max),
        ] {
            var bytes = Journal.magic + Self.identity
            withUnsafeBytes(of: first) { bytes += $0 }
            for number in [count, columns, 0, 0] { withUnsafeBytes(of: number) { bytes += $0 } }
            #expect(found(bytes + [UInt8](repeating: 0, count: 64)) == [])
        }
    }

    @Test func whoseItIs() {
        func origin(_ bytes: [UInt8]) -> Journal.Origin {
            bytes.withUnsafeBytes { Journal.origin($0, identity: Self.identity) }
        }
        #expect(origin([]) == .unknown && origin(Array(Journal.magic.dropLast())) == .unknown)
        #expect(origin(Journal.magic + Self.identity.dropLast()) == .unknown)
        #expect(origin(Journal.magic + Self.identity) == .same)
        #expect(origin(Journal.magic + Self.identity.map { $0 + 1 }) == .other)
    }
}
