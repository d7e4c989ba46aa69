import Survey

/// Bytes that the results of a data set take on disk, rather too many than too few; how long strings are is guessed.
struct ResultSizes {
    let dataSet: DataSet
    let found: FoundColumns
    /// How distributions are written, where there are any.
    let form: DistributionForm

    /// - Parameters:
    ///   - ranks: The number of ranks.
    ///   - isTable: Whether predictions are also written as text.
    ///   - hasRankFiles: Whether the entry of each rank is also a file of its own.
    func all(ranks: Int, isTable: Bool, hasRankFiles: Bool) -> Int {
        let carried = dataSet.kept.reduce(0) { $0 + $1.width }
        let names = 3 * dataSet.partitions.nameBytes + 256 * dataSet.partitions.count
        let own = dataSet.identifiers == .none ? 0 : identifier
        var bytes = dataSet.rows * (4 * (numbers + 2) + 4 + 8 + own + carried) + names + (256 << 10)
        bytes += ranks * (hasRankFiles ? 4096 + 2048 : 2048)
        return bytes + distributions + (isTable ? table : 0)
    }

    /// Bytes of `predictions.csv`.
    var table: Int {
        let length = dataSet.stringForm?.length
        let written: Int =
            switch dataSet.identifiers {
            case .none: 0
            case .integers, .unsignedIntegers: 21
            case .strings: length.map { $0 + 1 } ?? 40
            }
        let carried = dataSet.kept.reduce(0) { $0 + max($1.width, 24) + 1 }
        let partitions = dataSet.partitions
        return partitions.indices.reduce(dataSet.rows * (10 + written + carried + 13 * (numbers + 2))) {
            $0 + partitions.galaxies(of: $1).count * partitions.name(of: $1).count
        }
    }

    /// Bytes of `pz.hdf5`; 0 without a calibration.
    private var distributions: Int {
        guard found.contains(.distributions) else { return 0 }
        let summaries = 4 * (DistributionColumn.summaries.count + 3)
        return dataSet.rows * (4 * form.count + summaries + identifier) + 8 * form.count + (64 << 10)
    }

    /// Redshifts of a galaxy in the predictions.
    private var numbers: Int {
        2 + (found.contains(.views) ? 1 : 0) + (found.contains(.distributions) ? PredictionsColumn.ends.count : 0)
    }

    /// Bytes of an identifier, or of the row that stands for it.
    private var identifier: Int {
        switch dataSet.identifiers {
        case .none, .integers, .unsignedIntegers: 8
        case .strings: dataSet.stringForm?.length ?? 64
        }
    }
}

extension ResultContent {
    /// Bytes of `predictions.csv`, rather too many than too few.
    var tableBytes: Int {
        ResultSizes(
            dataSet: predictions.dataSet, found: predictions.found, form: distributions?.form ?? .quantiles
        ).table
    }
}
