import PhotozText

/// What a sweep varies: every combination is run.
package struct Grid: Sendable, Codable {
    /// Numbers of ranks.
    package var ranks: [Int]
    /// Galaxies of a batch.
    package var batchSizes: [Int]
    /// Sizes of partitions, MB; empty for the data as they are.
    package var partitionMegabytes: [Double]
    /// Numbers of partitions that are taken; empty for all.
    package var fileLimits: [Int]
    /// Runs of each combination.
    package var repeats: Int

    /// - Parameters: As the properties.
    package init(ranks: [Int], batchSizes: [Int], partitionMegabytes: [Double], fileLimits: [Int], repeats: Int) {
        self.ranks = ranks
        self.batchSizes = batchSizes
        self.partitionMegabytes = partitionMegabytes
        self.fileLimits = fileLimits
        self.repeats = repeats
    }

    /// One run.
    package struct Point: Sendable, Equatable {
        /// Ranks.
        package let ranks: Int
        /// Galaxies of a batch.
        package let batchSize: Int
        /// Size of partitions, MB; nil for the data as they are.
        package let partitionMegabytes: Double?
        /// Partitions that are taken; nil for all.
        package let fileLimit: Int?
        /// From 1.
        package let number: Int

        /// The name of its result folder.
        package var name: String {
            var parts = ["np\(ranks)", "batch\(batchSize)"]
            if let partitionMegabytes { parts.append(megabytes(partitionMegabytes)) }
            if let fileLimit { parts.append("files\(fileLimit)") }
            return (parts + ["run\(number)"]).joined(separator: "-")
        }
    }

    /// All runs. Repeats come last, so that a machine that becomes slower or faster does so for every combination
    /// alike.
    package var points: [Point] {
        var points: [Point] = []
        let partitions = partitionMegabytes.isEmpty ? [nil] : partitionMegabytes.map(Optional.some)
        let limits = fileLimits.isEmpty ? [nil] : fileLimits.map(Optional.some)
        for number in 1...max(repeats, 1) {
            for partition in partitions {
                for limit in limits {
                    for batch in batchSizes {
                        for count in ranks {
                            points.append(
                                Point(
                                    ranks: count, batchSize: batch, partitionMegabytes: partition, fileLimit: limit,
                                    number: number))
                        }
                    }
                }
            }
        }
        return points
    }
}

/// A size as names have it: `25MB`, `0.5MB`.
func megabytes(_ size: Double) -> String {
    size == size.rounded() ? "\(Int(size))MB" : "\(size)MB"
}
