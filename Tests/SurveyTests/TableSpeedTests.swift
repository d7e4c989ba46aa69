import Testing

import Survey

/// What one rank does for each partition of a survey, however many ranks there are: a million of them must not be felt.
@Suite struct TableSpeedTests {
    @Test func aMillionPartitionsAreATableInASecond() throws {
        let count = 1_000_000
        let names = (1...count).map { "tile-\($0).h5" }
        let entries = (0..<count).map { place in
            PartitionScan.Entry(
                rows: 1 + place % 5000,
                stamp: FileStamp(bytes: 100_000_000, seconds: 1_700_000_000, nanoseconds: place, linked: nil),
                systemIdentity: .init(device: 3, inode: UInt64(place) &* 0x9e37_79b9_7f4a_7c15))
        }
        // The least of three: what it takes, not what else the machine does.
        let times = try (0..<3).map { _ in
            try ContinuousClock().measure {
                let set = try DataSet(
                    folder: "survey", names: names, .init(), entries, schema: SamplePartition.schema)
                #expect(set.partitions.count == count && set.warnings.isEmpty)
            }
        }
        print("a table of \(count) partitions takes \(times)")
        #expect(times.min()! < .seconds(1), "\(times)")
    }
}
