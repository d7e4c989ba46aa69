import TestSupport
import Testing

import Survey

/// Each galaxy goes to one rank, in order and evenly.
@Suite struct ShardingTests {
    /// Rows of partitions: none, few, even, uneven and empty ones.
    static let surveys = [
        [], [0], [1], [7], [0, 0, 0], [4, 4, 4, 4], [1, 2, 3, 4, 5], [0, 5, 0, 0, 3, 1], [1000, 1, 1], [1, 1, 1000],
        Array(repeating: 1, count: 33), (0..<60).map { $0 * 7 % 11 }, [123_456_789, 987_654_321],
    ]
    static let worlds = Array(1...17) + [31, 32, 33, 64, 100, 1000]

    @Test(arguments: Sharding.allCases, surveys) func everyGalaxyOnce(sharding: Sharding, rows: [Int]) {
        for world in Self.worlds {
            var next = 0
            for rank in 0..<world {
                let galaxies = sharding.galaxies(of: rank, worldSize: world, starts: PartitionTable.starts(of: rows))
                #expect(galaxies.lowerBound == next, "rank \(rank) of \(world)")
                next = galaxies.upperBound
            }
            #expect(next == rows.reduce(0, +), "\(world) ranks")
        }
    }

    @Test(arguments: surveys) func rowsAreEven(rows: [Int]) {
        for world in Self.worlds {
            let loads = (0..<world).map {
                Sharding.rows.galaxies(of: $0, worldSize: world, starts: PartitionTable.starts(of: rows)).count
            }
            #expect(loads.max()! - loads.min()! <= 1, "\(world) ranks")
            #expect(loads == loads.sorted(by: >), "the first ranks take the rest")
        }
    }

    @Test(arguments: surveys) func filesAreDealtAsTheServerlessJobDeals(rows: [Int]) {
        for world in Self.worlds {
            var files = rows[...]
            for rank in 0..<world {
                // Rank k takes ceil(files left / ranks left).
                let (left, ranks) = (files.count, world - rank)
                let mine = files.prefix((left + ranks - 1) / ranks)
                let galaxies = Sharding.files.galaxies(
                    of: rank, worldSize: world, starts: PartitionTable.starts(of: rows))
                #expect(galaxies.count == mine.reduce(0, +), "rank \(rank) of \(world)")
                files = files.dropFirst(mine.count)
            }
            #expect(files.isEmpty)
        }
    }

    @Test(arguments: surveys.dropLast()) func piecesAreTheGalaxies(rows: [Int]) {
        // Galaxies as (partition, row), in data-set order.
        let all = rows.enumerated().flatMap { partition, count in (0..<count).map { [partition, $0] } }
        var numbers = SeededNumbers(seed: UInt64(all.count))
        for _ in 0..<30 {
            let first = Int.random(in: 0...all.count, using: &numbers)
            let galaxies = first..<Int.random(in: first...all.count, using: &numbers)
            let shard = Shard(galaxies, starts: PartitionTable.starts(of: rows))
            #expect(shard.galaxies == galaxies && Self.rows(of: shard) == Array(all[galaxies]))
            #expect(shard.pieces.allSatisfy { !$0.rows.isEmpty })
            #expect(Set(shard.pieces.map(\.partition)).count == shard.pieces.count, "one piece of each partition")
        }
    }

    @Test(arguments: surveys.dropLast()) func batchesAreTheShard(rows: [Int]) {
        let total = rows.reduce(0, +)
        for galaxies in [0..<total, total / 3..<total, total / 2..<total / 2] {
            let shard = Shard(galaxies, starts: PartitionTable.starts(of: rows))
            for size in [1, 2, 3, 7, 64, 512, 1 << 40] {
                let batches = shard.batches(of: size)
                #expect(batches.dropLast().allSatisfy { $0.galaxies.count == size })
                #expect(batches.last.map { (1...size).contains($0.galaxies.count) } ?? galaxies.isEmpty)
                #expect(batches.flatMap { Self.rows(of: $0) } == Self.rows(of: shard))
                var next = galaxies.lowerBound
                for batch in batches {
                    #expect(batch.galaxies.lowerBound == next)
                    #expect(batch.galaxies.count == batch.pieces.reduce(0) { $0 + $1.rows.count })
                    next = batch.galaxies.upperBound
                }
                #expect(batches.isEmpty || next == galaxies.upperBound)
            }
        }
    }

    private static func rows(of shard: Shard) -> [[Int]] {
        shard.pieces.flatMap { piece in piece.rows.map { [piece.partition, $0] } }
    }
}
