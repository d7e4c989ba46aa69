extension ScalingFigures {
    /// What may differ between runs.
    enum Variable: CaseIterable {
        case worldSize, batchSize, partitionSize, dataSize

        var title: String {
            switch self {
            case .worldSize: "ranks"
            case .batchSize: "batch size (galaxies)"
            case .partitionSize: "galaxies a partition"
            case .dataSize: "galaxies"
            }
        }

        var name: String {
            switch self {
            case .worldSize: "ranks"
            case .batchSize: "batch-size"
            case .partitionSize: "partition-size"
            case .dataSize: "data-size"
            }
        }

        func value(_ run: RunRecord.Results) -> Int {
            switch self {
            case .worldSize: run.worldSize
            case .batchSize: run.batchSize
            case .partitionSize: run.samples / max(run.partitions, 1)
            case .dataSize: run.samples
            }
        }

        func text(_ value: Int) -> String {
            switch self {
            case .worldSize: "np \(value)"
            case .batchSize: "batch \(value)"
            case .partitionSize: "\(grouped(value)) a partition"
            case .dataSize: "\(grouped(value)) galaxies"
            }
        }
    }
}
