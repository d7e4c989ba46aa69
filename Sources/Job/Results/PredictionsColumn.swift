import HDF5
import Survey

/// A data set of `predictions.h5`: to add one, add a case.
enum PredictionsColumn: String, CaseIterable {
    case predicted = "redshift_predicted"
    /// Spectroscopic; NaN where unknown.
    case redshift
    /// Over the views.
    case scatter = "view_scatter"
    /// Ends of the central intervals of the galaxy's distribution.
    case lower68 = "z_lower_68"
    case upper68 = "z_upper_68"
    case lower95 = "z_lower_95"
    case upper95 = "z_upper_95"
    case flags, partition, row
    case objectID = "object_id"

    /// The columns of a run, in the order in which they stand in the file.
    static func all(of dataSet: DataSet, _ found: FoundColumns) -> [PredictionsColumn] {
        allCases.filter { column in
            switch column {
            case .scatter: found.contains(.views)
            case .lower68, .upper68, .lower95, .upper95: found.contains(.distributions)
            case .objectID: dataSet.identifiers != .none
            default: true
            }
        }
    }

    /// The ends of intervals, and of which part of the probability each has less.
    static let ends: [(column: PredictionsColumn, level: Double)] = [
        (.lower68, 0.16), (.upper68, 0.84), (.lower95, 0.025), (.upper95, 0.975),
    ]

    /// Creates the data set, whose elements anybody may write at its place in the file.
    ///
    /// - Throws: `HDF5Error` when it cannot be written.
    func create(in file: File, for dataSet: DataSet) throws -> Dataset {
        let dataset = try createPlain(in: file, for: dataSet)
        try dataset.setAttribute("description", description)
        // As astropy writes what has no unit: redshifts, counts and names are plain.
        try dataset.setAttribute("units", "")
        if self == .flags { try GalaxyFlags.name(dataset) }
        return dataset
    }

    /// What the column holds, for whoever opens the file.
    private var description: String {
        switch self {
        case .predicted: "photometric redshift, with views the mean over them; NaN where there is none"
        case .redshift: "spectroscopic redshift, as the partitions have it; NaN where unknown"
        case .scatter:
            "standard deviation of the photometric redshift over mirror and rotation views, which is no error bar"
        case .lower68, .upper68, .lower95, .upper95:
            "\(isLower ? "lower" : "upper") end of the central \(rawValue.suffix(2)) % interval of the redshift by the calibration; NaN where there is none"
        case .flags: GalaxyFlags.meaning
        case .partition: "index of the galaxy's partition in the file's attribute partitions, from 0"
        case .row: "row of the galaxy in its partition, from 0"
        case .objectID: "identifier of the galaxy, as the partitions have it"
        }
    }

    private var isLower: Bool { rawValue.hasPrefix("z_lower") }

    private func createPlain(in file: File, for dataSet: DataSet) throws -> Dataset {
        func numbers<T: Scalar>(_ type: T.Type) throws -> Dataset {
            try file.createDataset(rawValue, of: T.self, shape: [dataSet.rows], storage: .reserved)
        }
        switch self {
        case .predicted, .redshift, .scatter, .lower68, .upper68, .lower95, .upper95:
            return try numbers(Float.self)
        case .flags: return try numbers(UInt32.self)
        case .partition: return try numbers(Int32.self)
        case .row: return try numbers(Int64.self)
        case .objectID: return try dataSet.createIdentifiers(rawValue, in: file)
        }
    }

    /// Bytes of an element in the file.
    func width(in dataSet: DataSet) -> Int {
        switch self {
        case .predicted, .redshift, .scatter, .lower68, .upper68, .lower95, .upper95, .flags, .partition: 4
        case .row: 8
        case .objectID: dataSet.identifierWidth
        }
    }

    /// The elements of neighbouring galaxies as they are stored, but for identifiers of any length, which have a heap.
    ///
    /// - Parameters:
    ///   - rows: The galaxies.
    ///   - intervals: Theirs, by column.
    /// - Throws: ``JobError`` with code 65 for an identifier that cannot be stored as it is.
    func bytes(of rows: PredictionRows, _ intervals: [PredictionsColumn: [Float]]) throws -> [UInt8] {
        let found = rows.found
        switch self {
        case .predicted: return storedBytes(found.predictions[rows.places])
        case .redshift: return storedBytes(found.redshifts[rows.places])
        case .scatter: return storedBytes(found.scatters[rows.places])
        case .lower68, .upper68, .lower95, .upper95: return storedBytes(intervals[self, default: []][...])
        case .flags: return storedBytes(found.flags[rows.places])
        case .partition:
            return storedBytes(
                rows.pieces.flatMap { repeatElement(Int32($0.partition), count: $0.rows.count) }[...])
        case .row: return storedBytes(rows.pieces.flatMap { $0.rows.lazy.map(Int64.init) }[...])
        case .objectID: return try found.identifiers.bytes(of: rows.places, rows.stringForm)
        }
    }
}

/// Numbers as files have them one behind another.
func storedBytes<T: BitwiseCopyable>(_ values: ArraySlice<T>) -> [UInt8] { values.withUnsafeBytes { Array($0) } }

extension GalaxyFlags {
    /// What they are, each bit by its name.
    static var meaning: String {
        "what is odd about a galaxy and its redshift, a sum of bits; 0 when nothing is: "
            + names.enumerated().map { "\(1 << $0) \($1)" }.joined(separator: ", ")
    }

    /// Names each bit of a data set of flags by the conventions of netCDF (CF).
    ///
    /// - Throws: `HDF5Error` when it cannot be written.
    static func name(_ dataset: Dataset) throws {
        try dataset.setAttribute("flag_masks", names.indices.map { UInt32(1) << UInt32($0) })
        try dataset.setAttribute("flag_meanings", names.joined(separator: " "))
    }
}
