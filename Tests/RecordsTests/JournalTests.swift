import Foundation
import PhotozRecords
import TestSupport
import Testing

/// Journals: whole records are found, whatever stands between them.
@Suite struct JournalTests {
    private static let identity = [UInt8](repeating: 9, count: Journal.identitySize)
    private static let start = Journal.magic + identity

    private static func record(_ galaxies: Range<Int>, _ value: Float) -> [UInt8] {
        var batch = Journal.Batch()
        batch.add(galaxies, columns: (0..<4).map { column in galaxies.map { value + Float($0 * column) } })
        return batch.bytes
    }

    /// Galaxies of the records that are found when the file comes in pieces of at most so many bytes.
    private func found(
        _ bytes: [UInt8], total: Int = 100, pieces: Int = .max
    ) throws -> [Range<Int>] {
        var scanner = JournalScanner(columns: 4, total: total) { place, room in
            // Not more than a few megabytes at a time, however large the file.
            #expect(room.count <= 4 * Journal.largestBody)
            let part = bytes.dropFirst(place).prefix(min(pieces, room.count))
            room.copyBytes(from: part)
            return part.count
        }
        var galaxies: [Range<Int>] = []
        while let (head, place) = try scanner.next() {
            galaxies.append(head.galaxies)
            let record = Array(bytes[place..<place + head.recordSize])
            let columns = try #require(record.withUnsafeBytes { Journal.columns(of: $0, head: head) })
            #expect(columns.map(\.count) == [Int](repeating: head.count, count: 4))
        }
        return galaxies
    }

    private static let three = [0..<3, 3..<10, 40..<41]
    private static var records: [[UInt8]] { [record(0..<3, 0.5), record(3..<10, 0.25), record(40..<41, 1)] }

    @Test(arguments: [1, 7, .max]) func damageCostsOnlyTheRecord(pieces: Int) throws {
        let whole = Self.start + Self.records.joined()
        #expect(try found(whole, pieces: pieces) == Self.three)
        #expect(try found(whole, total: 40, pieces: pieces) == [0..<3, 3..<10])
        for length in whole.indices {
            let part = try found(Array(whole[..<length]), pieces: pieces)
            #expect(part == Array(Self.three.prefix(part.count)) && part.count < 3)
        }
        var numbers = SeededNumbers(seed: 4)
        // Heads of 32 bytes, and 4 columns of 3, 7 and 1 numbers.
        let ends = [40 + 80, 40 + 80 + 144, 40 + 80 + 144 + 48]
        #expect(whole.count == ends[2])
        for place in Self.start.count..<whole.count {
            var damaged = whole
            damaged[place] ^= UInt8(1) << UInt8.random(in: 0..<8, using: &numbers)
            var left = Self.three
            left.remove(at: ends.count { place >= $0 })
            #expect(try found(damaged, pieces: pieces) == left, "\(place)")
        }
    }

    /// A process is killed, or the disk is full, while it writes; the other ranks of the node go on.
    @Test func tornRecordsHideNothing()
        throws
    {
        let (first, torn, last) = (Self.records[0], Self.records[1], Self.records[2])
        for length in torn.indices {
            let file = Self.start + first + torn[..<length] + last
            #expect(try found(file) == [0..<3, 40..<41], "\(length)")
            // Two of them, and the whole record after all, as its writer does when it took only a part.
            let again = Self.start + torn[..<length] + torn[..<length] + torn + last
            #expect(try found(again) == [3..<10, 40..<41], "\(length)")
            let end = Self.start + first + last + torn[..<length]
            #expect(try found(end) == [0..<3, 40..<41], "\(length)")
        }
    }

    /// What a file system leaves of a file that was written when the machine lost its power, and more than is held at
    /// once.
    @Test func gapsArePassed() throws {
        for gap in [1, 4095, 1 << 16, (1 << 16) - 7, 5 * Journal.largestBody + 3] {
            let file = Self.start + Self.records[0] + [UInt8](repeating: 0, count: gap) + Self.records[1]
            #expect(try found(file) == [0..<3, 3..<10], "\(gap)")
            let markers = Array([[UInt8]](repeating: Array(Journal.marker.prefix(7)), count: min(gap, 9000)).joined())
            #expect(try found(Self.start + markers + Self.records[1]) == [3..<10])
        }
    }

    @Test func manyGalaxiesAreSeveralRecords() throws {
        let total = 3 * Journal.largestCount(columns: 4) + 5
        var batch = Journal.Batch()
        let values = (0..<total).map { Float($0 % 1013) }
        batch.add(0..<total, columns: [values, values, values, values.reversed()])
        #expect(batch.ends.count == 4 && batch.ends.last == batch.bytes.count)
        let galaxies = try found(Self.start + batch.bytes, total: total)
        #expect(galaxies.map(\.count).max() == 65536)
        #expect(galaxies.first?.lowerBound == 0 && galaxies.last?.upperBound == total)
        #expect(zip(galaxies, galaxies.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
    }

    @Test func theNumbersComeBack() throws {
        var batch = Journal.Batch()
        let columns: [[Float]] = [[0.1, .nan], [.infinity, -0.0], [Float(bitPattern: 3), 2], [1, 0]]
        batch.add(7..<9, columns: columns)
        let head = try #require(batch.bytes.withUnsafeBytes { Journal.Head($0, columns: nil, total: 9) })
        let read = try #require(batch.bytes.withUnsafeBytes { Journal.columns(of: $0, head: head) })
        #expect(read.map { $0.map(\.bitPattern) } == columns.map { $0.map(\.bitPattern) })
        #expect(head.galaxies == 7..<9 && head.columns == 4)
    }

    /// With the right checksums, whatever the head says.
    @Test func sizesThatNoJournalHas() throws {
        func read(_ first: Int64, _ count: Int32, _ columns: Int32) throws -> [Range<Int>] {
            let body = [UInt8](repeating: 0, count: 4 * 4)
            var head = Journal.marker
            withUnsafeBytes(of: first) { head += $0 }
            for number in [count, columns] { withUnsafeBytes(of: number) { head += $0 } }
            for _ in 0..<2 {
                // Of the columns, and then of all before it.
                let sum = (head.count == 24 ? body : head).withUnsafeBytes { checksum($0) }
                withUnsafeBytes(of: sum) { head += $0 }
            }
            return try found(Self.start + head + body)
        }
        #expect(try read(7, 1, 4) == [7..<8])
        for (first, count, columns) in [
            (Int64.max, Int32(1), Int32(4)), (.min, 1, 4), (-1, 1, 4), (100, 1, 4), (0, 0, 4), (0, -1, 4), (0, .max, 4),
            (0, 2, 4), (0, 4, 1), (0, 1, -4), (0, .max, .max), (0, 1, .max),
        ] {
            #expect(try read(first, count, columns) == [], "\(first), \(count), \(columns)")
        }
    }

    @Test func whoseItIs() {
        func origin(_ bytes: [UInt8]) -> Journal.Origin {
            bytes.withUnsafeBytes { Journal.origin($0, identity: Self.identity) }
        }
        #expect(origin([]) == .unknown && origin(Array(Journal.magic.dropLast())) == .unknown)
        #expect(origin(Array(Self.start.dropLast())) == .unknown)
        #expect(origin(Self.start) == .same)
        #expect(origin(Journal.magic + Self.identity.map { $0 + 1 }) == .other)
        #expect(origin(Array("photozJ2".utf8) + Self.identity) == .otherFormat)
    }

    /// From a file, in the order in which 64 ranks take turns: at most a microsecond a galaxy, and a few megabytes of
    /// it at once.
    @Test func aJournalOfTenMillionGalaxies() throws {
        let (ranks, count, turns) = (64, 1250, 125)
        let folder = try TemporaryFolder()
        let path = folder.file("1-0")
        try Data(Self.start).write(to: URL(fileURLWithPath: path))
        let file = try #require(FileHandle(forWritingAtPath: path))
        try file.seekToEnd()
        let columns = (0..<4).map { column in (0..<count).map { Float($0 * (column + 1)) / 977 } }
        for turn in 0..<turns {
            var batch = Journal.Batch()
            for rank in 0..<ranks {
                let first = (rank * turns + turn) * count
                batch.add(first..<first + count, columns: columns)
            }
            try file.write(contentsOf: Data(batch.bytes))
        }
        let total = ranks * turns * count
        #expect(total == 10_000_000)
        let start = ContinuousClock.now
        let journal = try #require(try RegularFile(path))
        var scanner = JournalScanner(columns: 4, total: total) { place, room in
            #expect(room.count <= 4 * Journal.largestBody)
            return try journal.read(at: place, into: room)
        }
        var spans: [JournalSpan] = []
        while let (head, place) = try scanner.next() {
            spans.append(JournalSpan(head.galaxies, file: 0, place: place))
        }
        let finished = FinishedSpans(spans)
        let time = ContinuousClock.now - start
        #expect(finished.left(of: 0..<total).isEmpty && finished.spans.count == ranks * turns)
        print("a journal of \(total) galaxies, \(journal.byteCount) bytes: read in \(time)")
        #expect(time < .seconds(10))
    }

    /// CRC-32 of the digits, as everybody has it.
    @Test func theChecksum() {
        #expect(Array("123456789".utf8).withUnsafeBytes { checksum($0) } == 0xcbf4_3926)
    }
}
