import HDF5
import PhotozDistributions
import Survey

/// A data set of the group `ancil` of `pz.hdf5`, by the name that RAIL gives it.
enum DistributionColumn: String, CaseIterable {
    case objectID = "object_id"
    /// The galaxy's row, where it has no identifier.
    case id
    case mode = "zmode"
    case mean = "zmean"
    case median = "zmedian"
    case deviation = "z_std"
    case quantile2 = "z_q2p5"
    case quantile16 = "z_q16"
    case quantile84 = "z_q84"
    case quantile97 = "z_97p5"
    case redshift, flags
    case kind = "distribution_type"

    /// Those of a run, in the order in which they stand in the file.
    static func all(of dataSet: DataSet) -> [DistributionColumn] {
        allCases.filter { column in
            switch column {
            case .objectID: dataSet.identifiers != .none
            case .id: dataSet.identifiers == .none
            case .redshift: dataSet.hasRedshift
            default: true
            }
        }
    }

    /// The columns that a distribution alone decides.
    static let summaries: [(column: DistributionColumn, number: @Sendable (QuantileDistribution) -> Double)] = [
        (.mode, { $0.mode }), (.mean, { $0.mean }), (.median, { $0.median }), (.deviation, { $0.standardDeviation }),
        (.quantile2, { $0.quantile(0.025) }), (.quantile16, { $0.quantile(0.16) }),
        (.quantile84, { $0.quantile(0.84) }), (.quantile97, { $0.quantile(0.975) }),
    ]

    /// Creates the data set, whose elements anybody may write at its place in the file.
    ///
    /// - Throws: `HDF5Error` when it cannot be written.
    func create(in group: Group, for dataSet: DataSet) throws -> Dataset {
        let dataset = try createPlain(in: group, for: dataSet)
        try dataset.setAttribute("description", description)
        try dataset.setAttribute("units", "")
        if self == .flags { try GalaxyFlags.name(dataset) }
        return dataset
    }

    private func createPlain(in group: Group, for dataSet: DataSet) throws -> Dataset {
        func numbers<T: Scalar>(_ type: T.Type, _ shape: [Int] = []) throws -> Dataset {
            try group.createDataset(rawValue, of: T.self, shape: [dataSet.rows] + shape, storage: .reserved)
        }
        return switch self {
        case .objectID, .id: try dataSet.createIdentifiers(rawValue, in: group)
        // RAIL has point estimates as columns of width one.
        case .mode, .mean, .median: try numbers(Float.self, [1])
        case .deviation, .quantile2, .quantile16, .quantile84, .quantile97, .redshift: try numbers(Float.self)
        case .flags: try numbers(UInt32.self)
        case .kind: try numbers(Int32.self)
        }
    }

    /// What the column holds, for whoever opens the file.
    private var description: String {
        switch self {
        case .objectID: "identifier of the galaxy, as the partitions have it"
        case .id: "row of the galaxy in this file, from 0"
        case .mode: "redshift in the middle of where the distribution is densest"
        case .mean: "mean of the distribution"
        case .median: "median of the distribution"
        case .deviation: "standard deviation of the distribution"
        case .quantile2: "quantile 0.025 of the distribution"
        case .quantile16: "quantile 0.16 of the distribution"
        case .quantile84: "quantile 0.84 of the distribution"
        case .quantile97: "quantile 0.975 of the distribution"
        case .redshift: "spectroscopic redshift, as the partitions have it; NaN where unknown"
        case .flags: GalaxyFlags.meaning
        case .kind: "0 for all: neither a posterior (1) nor a likelihood (2)"
        }
    }

    /// Bytes of an element in the file.
    func width(in dataSet: DataSet) -> Int {
        switch self {
        case .objectID, .id: dataSet.identifierWidth
        default: 4
        }
    }

    /// The elements of neighbouring galaxies as they are stored, but for identifiers of any length, which have a heap.
    ///
    /// - Parameters:
    ///   - rows: The galaxies.
    ///   - summaries: Theirs, by column.
    /// - Throws: ``JobError`` with code 65 for an identifier that cannot be stored as it is.
    func bytes(of rows: PredictionRows, _ summaries: [DistributionColumn: [Float]]) throws -> [UInt8] {
        switch self {
        case .objectID: try rows.found.identifiers.bytes(of: rows.places, rows.stringForm)
        case .id: storedBytes(rows.galaxies.map(Int64.init)[...])
        case .redshift: storedBytes(rows.found.redshifts[rows.places])
        case .flags: storedBytes(rows.found.flags[rows.places])
        case .kind: .init(repeating: 0, count: 4 * rows.galaxies.count)
        case .mode, .mean, .median, .deviation, .quantile2, .quantile16, .quantile84, .quantile97:
            storedBytes(summaries[self, default: []][...])
        }
    }
}
