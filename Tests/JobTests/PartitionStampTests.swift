import Foundation
import PhotozJob
import Survey
import TestSupport
import Testing

/// What attempts note of the partitions, and what later ones make of it.
@Suite struct PartitionStampTests {
    /// A partition's rows, and a number that changes with its file.
    private typealias Partition = (rows: Int, version: Int)

    private static func dataSet(_ partitions: [Partition]) -> DataSet {
        DataSet(
            folder: "",
            partitions: PartitionTable(
                names: partitions.indices.map { "\($0).h5" }, rows: partitions.map(\.rows),
                stamps: partitions.enumerated().map { place, partition in
                    FileStamp(
                        bytes: 100 + place, seconds: partition.version, nanoseconds: 999_999_999,
                        linked: place % 3 == 0 ? UInt64.max - UInt64(place) : nil)
                }), hasRedshift: false, identifiers: .none)
    }

    /// The galaxies of partitions that are the same in both.
    private static func same(_ before: [Partition], _ now: [Partition]) -> [Int] {
        var (galaxies, first) = ([Int](), 0)
        for place in now.indices {
            if before[place].version == now[place].version { galaxies += first..<first + now[place].rows }
            first += now[place].rows
        }
        return galaxies
    }

    private static func change(_ partitions: inout [Partition], using numbers: inout SeededNumbers) {
        for place in partitions.indices where Int.random(in: 0..<4, using: &numbers) == 0 {
            // Some come to be again what they were.
            partitions[place].version = Int.random(in: 0..<3, using: &numbers)
        }
    }

    /// Any number of attempts, between which files change; what is damaged costs work, and nothing else.
    @Test(arguments: [false, true]) func whatHasChangedSinceEachAttempt(isDamaged: Bool) throws {
        var numbers = SeededNumbers(seed: isDamaged ? 2 : 1)
        var known = 0
        for _ in 0..<60 {
            let folder = try TemporaryFolder()
            var partitions: [Partition] = (0..<8).map { _ in (Int.random(in: 0...3, using: &numbers), 0) }
            var history: [[Partition]] = [partitions]
            for attempt in 1...5 {
                Self.change(&partitions, using: &numbers)
                history.append(partitions)
                try PartitionStamps(Self.dataSet(partitions), in: folder.path, attempts: attempt - 1)
                    .note(attempt: attempt)
                guard isDamaged, Int.random(in: 0..<3, using: &numbers) == 0 else { continue }
                let url = URL(fileURLWithPath: folder.file("stamps-\(Int.random(in: 1...attempt, using: &numbers))"))
                var bytes = try Data(contentsOf: url)
                bytes[Int.random(in: bytes.indices, using: &numbers)] ^= 16
                try bytes.write(to: url)
            }
            Self.change(&partitions, using: &numbers)
            let stamps = PartitionStamps(Self.dataSet(partitions), in: folder.path, attempts: 5)
            for attempt in 1...5 {
                let found = stamps.unchanged(since: attempt)
                #expect(zip(found, found.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound })
                let expected = Self.same(history[attempt], partitions)
                let galaxies = found.flatMap { Array($0) }
                #expect(galaxies == expected || isDamaged && galaxies.isEmpty)
                known += galaxies == expected ? 1 : 0
            }
            #expect(stamps.unchanged(since: 6).isEmpty)
        }
        // Damage to one file leaves most attempts known.
        #expect(known > 150, "\(known) of 300")
    }

    @Test func anotherNumberOfPartitions() throws {
        let folder = try TemporaryFolder()
        let partitions: [Partition] = [(5, 0), (6, 0)]
        try PartitionStamps(Self.dataSet(partitions), in: folder.path, attempts: 0).note(attempt: 1)
        let more = PartitionStamps(Self.dataSet(partitions + [(1, 0)]), in: folder.path, attempts: 1)
        #expect(more.unchanged(since: 1).isEmpty)
        #expect(PartitionStamps(Self.dataSet(partitions), in: folder.path, attempts: 1).unchanged(since: 1) == [0..<11])
    }

    /// Forty bytes for each partition, once.
    @Test func manyPartitions() throws {
        let folder = try TemporaryFolder()
        var partitions = [Partition](repeating: (10, 0), count: 200_000)
        func size(_ attempt: Int) throws -> Int {
            try Data(contentsOf: URL(fileURLWithPath: folder.file("stamps-\(attempt)"))).count
        }
        let start = ContinuousClock.now
        try PartitionStamps(Self.dataSet(partitions), in: folder.path, attempts: 0).note(attempt: 1)
        #expect(try size(1) == 36 + 40 * 200_000)
        partitions[77_777].version = 1
        let second = PartitionStamps(Self.dataSet(partitions), in: folder.path, attempts: 1)
        #expect(second.unchanged(since: 1) == [0..<777_770, 777_780..<2_000_000])
        try second.note(attempt: 2)
        #expect(try size(2) == 36 + 40)
        let third = PartitionStamps(Self.dataSet(partitions), in: folder.path, attempts: 2)
        #expect(third.unchanged(since: 2) == [0..<2_000_000])
        print("stamps of 200 000 partitions, noted, read twice: \(ContinuousClock.now - start)")
    }
}
