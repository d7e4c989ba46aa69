import HDF5
import Survey

/// A data set of `predictions.h5`: to add one, add a case.
enum PredictionsColumn: String, CaseIterable, Codable {
    case predicted = "redshift_predicted"
    /// Spectroscopic; NaN where unknown.
    case redshift
    /// Over the views.
    case mean = "redshift_mean"
    case scatter = "redshift_sigma"
    case flags, partition, row
    case objectID = "object_id"

    /// The columns of a run, in the order in which they stand in the file.
    static func all(of dataSet: DataSet, hasViews: Bool) -> [PredictionsColumn] {
        allCases.filter { column in
            switch column {
            case .mean, .scatter: hasViews
            case .objectID: dataSet.identifiers != .none
            default: true
            }
        }
    }

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
        case .predicted: "photometric redshift; NaN where there is none"
        case .redshift: "spectroscopic redshift, as the partitions have it; NaN where unknown"
        case .mean: "mean of the photometric redshift over mirror and rotation views; NaN where there is none"
        case .scatter: "standard deviation of the photometric redshift over views, which is no error bar"
        case .flags: GalaxyFlags.meaning
        case .partition: "index of the galaxy's partition in the file's attribute partitions, from 0"
        case .row: "row of the galaxy in its partition, from 0"
        case .objectID: "identifier of the galaxy, as the partitions have it"
        }
    }

    private func createPlain(in file: File, for dataSet: DataSet) throws -> Dataset {
        let (shape, storage) = ([dataSet.rows], Storage.reserved)
        func numbers<T: Scalar>(_ type: T.Type) throws -> Dataset {
            try file.createDataset(rawValue, of: T.self, shape: shape, storage: storage)
        }
        switch self {
        case .predicted, .redshift, .mean, .scatter: return try numbers(Float.self)
        case .flags: return try numbers(UInt32.self)
        case .partition: return try numbers(Int32.self)
        case .row: return try numbers(Int64.self)
        case .objectID:
            switch dataSet.identifiers {
            case .none, .integers: return try numbers(Int64.self)
            case .unsignedIntegers: return try numbers(UInt64.self)
            case .strings:
                return try file.createStringDataset(
                    rawValue, shape: shape, form: dataSet.stringForm ?? .any, storage: storage)
            }
        }
    }

    /// Bytes of an element in the file.
    func width(in dataSet: DataSet) -> Int {
        switch self {
        case .predicted, .redshift, .mean, .scatter, .flags, .partition: 4
        case .row: 8
        case .objectID:
            dataSet.identifiers == .strings ? dataSet.stringForm?.length ?? StringHeap.referenceBytes : 8
        }
    }

    /// The elements of neighbouring galaxies as they are stored, but for identifiers of any length, which have a heap.
    ///
    /// - Throws: ``JobError`` with code 65 for an identifier that cannot be stored as it is.
    func bytes(of rows: PredictionRows) throws -> [UInt8] {
        let found = rows.found
        switch self {
        case .predicted: return Self.bytes(found.predictions[rows.places])
        case .redshift: return Self.bytes(found.redshifts[rows.places])
        case .mean: return Self.bytes(found.means[rows.places])
        case .scatter: return Self.bytes(found.scatters[rows.places])
        case .flags: return Self.bytes(found.flags[rows.places])
        case .partition:
            return Self.bytes(
                rows.pieces.flatMap { repeatElement(Int32($0.partition), count: $0.rows.count) }[...])
        case .row: return Self.bytes(rows.pieces.flatMap { $0.rows.lazy.map(Int64.init) }[...])
        case .objectID: return try found.identifiers.bytes(of: rows.places, rows.stringForm)
        }
    }

    private static func bytes<T: BitwiseCopyable>(_ values: ArraySlice<T>) -> [UInt8] {
        values.withUnsafeBytes { Array($0) }
    }
}

/// Neighbouring galaxies whose predictions this rank has.
struct PredictionRows {
    let galaxies: Range<Int>
    /// Where they begin in the columns of what was found.
    let place: Int
    let found: RankFindings
    /// The same galaxies as rows of partitions.
    let pieces: [Shard.Piece]
    /// How identifiers that are strings are stored.
    let stringForm: StringForm

    /// Where they stand in the columns of what was found.
    var places: Range<Int> { place..<place + galaxies.count }

    /// The galaxies that a rank knows of in order, in blocks that are written at once.
    static func blocks(of found: RankFindings, _ dataSet: DataSet) -> [PredictionRows] {
        found.pieces(every: GalaxyOwners.block).map { piece in
            PredictionRows(
                galaxies: piece.galaxies, place: piece.place, found: found,
                pieces: Shard(piece.galaxies, starts: dataSet.partitions.starts).pieces,
                stringForm: dataSet.stringForm ?? .any)
        }
    }
}

extension DataSet {
    /// Whether identifiers are strings that need a heap.
    var hasStringsOfAnyLength: Bool { identifiers == .strings && stringForm?.length == nil }
}

extension GalaxyFlags {
    /// What they are, each bit by its name.
    fileprivate static var meaning: String {
        "what is odd about a galaxy and its redshift, a sum of bits; 0 when nothing is: "
            + names.enumerated().map { "\(1 << $0) \($1)" }.joined(separator: ", ")
    }

    /// Names each bit of a data set of flags by the conventions of netCDF (CF).
    ///
    /// - Throws: `HDF5Error` when it cannot be written.
    fileprivate static func name(_ dataset: Dataset) throws {
        try dataset.setAttribute("flag_masks", names.indices.map { UInt32(1) << UInt32($0) })
        try dataset.setAttribute("flag_meanings", names.joined(separator: " "))
    }
}
