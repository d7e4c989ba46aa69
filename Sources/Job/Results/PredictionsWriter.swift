import HDF5
import Survey

/// Writes `predictions.h5`, block by block in data-set order: memory does not grow with the survey.
final class PredictionsWriter {
    /// Galaxies of a block; also the largest message of predictions between ranks.
    static let block = 1 << 16

    private let file: File
    private let dataSet: DataSet
    private let numbers: [Dataset]
    private let flags: Dataset
    private let partition: Dataset
    private let row: Dataset
    private let objectID: Dataset?
    private let table: PredictionsTable?

    /// Creates the file, and the same as CSV under another path if there is one.
    ///
    /// - Throws: `HDF5Error` or ``JobError`` when it cannot be written.
    init(
        _ path: String, table tablePath: String?, dataSet: DataSet, hasViews: Bool,
        provenance: [(String, String)]
    ) throws {
        let file = try File.create(path)
        table = try tablePath.map { try PredictionsTable($0, dataSet: dataSet, hasViews: hasViews) }
        self.file = file
        self.dataSet = dataSet
        let (count, storage) = (dataSet.rows, Storage.chunked(rows: Self.block))
        let names = ["redshift_predicted", "redshift"] + (hasViews ? ["redshift_mean", "redshift_sigma"] : [])
        numbers = try names.map { try file.createDataset($0, of: Float.self, shape: [count], storage: storage) }
        flags = try file.createDataset("flags", of: UInt32.self, shape: [count], storage: storage)
        try GalaxyFlags.describe(flags)
        partition = try file.createDataset("partition", of: Int32.self, shape: [count], storage: storage)
        row = try file.createDataset("row", of: Int64.self, shape: [count], storage: storage)
        switch dataSet.identifiers {
        case .none: objectID = nil
        case .integers:
            objectID = try file.createDataset("object_id", of: Int64.self, shape: [count], storage: storage)
        case .unsignedIntegers:
            objectID = try file.createDataset("object_id", of: UInt64.self, shape: [count], storage: storage)
        case .strings:
            objectID = try file.createStringDataset(
                "object_id", shape: [count], form: dataSet.stringForm ?? .any, storage: storage)
        }
        try file.setAttribute("partitions", dataSet.partitions.map(\.name))
        for (name, text) in provenance { try file.setAttribute(name, text) }
    }

    /// Bytes that the results of a data set take on disk, rather too many than too few; how long strings are is guessed.
    ///
    /// - Parameters:
    ///   - isTable: Whether they are also written as text.
    ///   - hasRankFiles: Whether the entry of each rank is also a file of its own.
    static func byteCount(
        of dataSet: DataSet, ranks: Int, hasViews: Bool, isTable: Bool, hasRankFiles: Bool
    ) -> Int {
        let numbers = hasViews ? 6 : 4
        let length = dataSet.stringForm?.length
        let (stored, written): (Int, Int) =
            switch dataSet.identifiers {
            case .none: (0, 0)
            case .integers, .unsignedIntegers: (8, 21)
            case .strings: (length ?? 48, length.map { $0 + 1 } ?? 40)
            }
        let names = dataSet.partitions.reduce(0) { $0 + 3 * $1.name.utf8.count + 256 }
        var bytes = dataSet.rows * (4 * numbers + 4 + 8 + stored) + names + (256 << 10)
        bytes += ranks * (hasRankFiles ? 4096 + 2048 : 2048)
        guard isTable else { return bytes }
        return dataSet.partitions.reduce(bytes) {
            $0 + $1.rows * ($1.name.utf8.count + 10 + written + 13 * numbers)
        }
    }

    /// Writes the predictions of neighbouring galaxies.
    ///
    /// - Parameters:
    ///   - first: The first galaxy's place in the data set.
    ///   - columns: Photometric redshifts, spectroscopic ones (NaN where unknown), with views the mean and the scatter of
    ///     their redshifts, and flags as the bits of a number.
    ///   - identifiers: Of the same galaxies.
    /// - Throws: `HDF5Error` when they cannot be written.
    func write(first: Int, columns: [[Float]], identifiers: GalaxyIdentifiers) throws {
        let galaxies = first..<first + columns[0].count
        for (dataset, column) in zip(numbers, columns) { try dataset.write(rows: galaxies, from: column) }
        let bits = columns[numbers.count].map(\.bitPattern)
        try flags.write(rows: galaxies, from: bits)
        let columns = Array(columns.prefix(numbers.count))
        var start = first
        for piece in Shard(galaxies, starts: dataSet.partitions.starts).pieces {
            let rows = start..<start + piece.rows.count
            try partition.write(rows: rows, from: [Int32](repeating: Int32(piece.partition), count: rows.count))
            try row.write(rows: rows, from: piece.rows.map { Int64($0) })
            if let table {
                let texts = identifiers[rows.lowerBound - first..<rows.upperBound - first].values.texts
                try table.write(
                    piece, identifiers: texts, columns: columns, flags: bits.map(GalaxyFlags.init), from: start - first)
            }
            start = rows.upperBound
        }
        if let objectID { try identifiers.values.write(to: objectID, rows: galaxies) }
    }

    /// Stores and closes the file.
    ///
    /// - Throws: `HDF5Error` when the disk is full, for instance.
    func close() throws {
        try file.close()
        try table?.close()
    }
}

extension GalaxyFlags {
    /// Says what each bit of a data set of flags means, by the conventions of netCDF (CF).
    ///
    /// - Throws: `HDF5Error` when it cannot be written.
    fileprivate static func describe(_ dataset: Dataset) throws {
        try dataset.setAttribute("description", "what is odd about a galaxy and its redshift; 0 when nothing is")
        try dataset.setAttribute("flag_masks", names.indices.map { UInt32(1) << UInt32($0) })
        try dataset.setAttribute("flag_meanings", names.joined(separator: " "))
    }
}
