import Foundation
import TestSupport
import Testing

import Survey

/// The table of a data set's partitions, and what is looked up in it.
@Suite struct PartitionTableTests {
    /// Partitions of few galaxies, many of them empty.
    private static func randomRows(_ numbers: inout SeededNumbers) -> [Int] {
        (0..<Int.random(in: 0...40, using: &numbers)).map { _ in max(0, Int.random(in: -4...5, using: &numbers)) }
    }

    @Test func givesBackWhatWasPutIn() {
        var numbers = SeededNumbers(seed: 7)
        for _ in 0..<50 {
            let rows = Self.randomRows(&numbers)
            let names = rows.indices.map { "part \($0) é\(String(repeating: "x", count: $0 % 5))" }
            let stamps = rows.indices.map { place in
                FileStamp(
                    bytes: place * 1_000_003, seconds: -place, nanoseconds: 999_999_999 - place,
                    linked: place % 3 == 0 ? nil : UInt64.max - UInt64(place))
            }
            let table = PartitionTable(names: names, rows: rows, stamps: stamps)
            #expect(table.count == rows.count && table.rows == rows.reduce(0, +))
            #expect(table.map(\.name) == names && table.map(\.rows) == rows && table.map(\.stamp) == stamps)
        }
    }

    @Test func galaxiesAreFoundAsByWalking() {
        var numbers = SeededNumbers(seed: 8)
        for _ in 0..<300 {
            let rows = Self.randomRows(&numbers)
            let total = rows.reduce(0, +)
            let first = Int.random(in: 0...total, using: &numbers)
            let galaxies = first..<Int.random(in: first...total, using: &numbers)
            let pieces = Shard(galaxies, starts: PartitionTable.starts(of: rows)).pieces
            #expect(pieces == Self.walk(galaxies, rows), "\(galaxies) of \(rows)")
        }
    }

    /// Each partition in turn.
    private static func walk(_ galaxies: Range<Int>, _ rows: [Int]) -> [Shard.Piece] {
        var start = 0
        var pieces: [Shard.Piece] = []
        for (partition, count) in rows.enumerated() {
            let part = galaxies.clamped(to: start..<start + count)
            if !part.isEmpty {
                pieces.append(
                    Shard.Piece(partition: partition, rows: part.lowerBound - start..<part.upperBound - start))
            }
            start += count
        }
        return pieces
    }
}

extension SurveySuite {
    /// However the partitions are dealt to those who look at them, together they find what one finds.
    @Suite struct PartitionScanTests {
        let folder: TemporaryFolder
        let schema = SamplePartition.schema

        init() throws { folder = try TemporaryFolder() }

        private func write(_ partitions: [SamplePartition]) throws {
            for (place, partition) in partitions.enumerated() {
                try partition.write(folder.file("\(place + 1).h5"))
            }
        }

        private func parts(_ cuts: [Int]) throws -> (DataSet, [PartitionScan]) {
            let (base, names) = try DataSet.list([folder.path])
            let scans = zip(cuts, cuts.dropFirst()).map { first, end in
                PartitionScan(of: Array(names[first..<end]), in: base, schema: schema, skipsUnusable: true)
            }
            var findings = PartitionScan.Findings()
            for scan in scans { findings.add(scan.findings) }
            return (
                try DataSet(folder: base, names: names, findings, scans.flatMap(\.entries), schema: schema), scans
            )
        }

        private static let cuts = [[0, 5], [0, 0, 2, 5], [0, 1, 2, 3, 4, 5], [0, 5, 5]]

        @Test func partsFindWhatOneFinds() throws {
            var named = (0..<5).map { SamplePartition(rows: $0) }
            named[1].integers = [7]
            named[2].integers = [-1, 4]
            try write(named)
            let whole = try DataSet.open([folder.path], schema: schema)
            for cuts in Self.cuts {
                let (dataSet, scans) = try parts(cuts)
                #expect(scans.allSatisfy { $0.failures.isEmpty })
                #expect(dataSet.partitions.bytes.elementsEqual(whole.partitions.bytes))
                #expect(dataSet.warnings == whole.warnings && dataSet.warnings.count == 1)
                #expect(dataSet.identifiers == .none && dataSet.hasRedshift == whole.hasRedshift)
            }
        }

        @Test func whatCannotBeUsedIsLeftOut() throws {
            try write((0..<5).map { SamplePartition(rows: $0 + 1) })
            try Data("no file of HDF5".utf8).write(to: URL(fileURLWithPath: folder.file("3.h5")))
            for cuts in Self.cuts {
                let (dataSet, scans) = try parts(cuts)
                #expect(dataSet.partitions.map(\.name) == ["1.h5", "2.h5", "4.h5", "5.h5"])
                #expect(dataSet.partitions.map(\.rows) == [1, 2, 4, 5])
                #expect(scans.flatMap { $0.failures.map(\.name) } == ["3.h5"])
            }
        }

        @Test func kindsOfIdentifiersThatDoNotGoTogether() throws {
            var partitions = (0..<5).map { _ in SamplePartition(rows: 1) }
            for place in 0..<5 { partitions[place].integers = [place] }
            partitions[4].integers = nil
            partitions[4].strings = ["four"]
            try write(partitions)
            for cuts in Self.cuts {
                #expect(throws: DataSet.Failure.self) { try parts(cuts) }
            }
        }
    }
}
