import Glibc
import HDF5
import PhotozMachine
import Survey

/// Creates `predictions.h5` with all that is no row: the data sets with their places in the file, and the attributes.
/// Rank 0 does so; whoever writes the rows needs no HDF5.
struct PredictionsFile: Codable {
    /// Where a data set's elements begin in the file.
    struct Place: Codable {
        let column: PredictionsColumn
        let place: Int
    }

    let path: String
    let places: [Place]
    /// The same of the columns that are carried from the partitions.
    let keptPlaces: [Int]
    /// Where the heap of strings of any length begins.
    let heap: Int
    /// Bytes of the whole file.
    let byteCount: Int

    /// - Parameters:
    ///   - path: Where. What stands there is replaced.
    ///   - dataSet: The survey.
    ///   - hasViews: Whether there are uncertainties.
    ///   - provenance: Attributes of the file.
    ///   - kept: Reads the columns that are carried.
    ///   - heapBytes: Bytes of strings of any length.
    /// - Throws: `HDF5Error` when it cannot be written, or the disk has no room for all of it.
    init(
        creating path: String, _ dataSet: DataSet, hasViews: Bool, provenance: [(String, String)], kept: KeptReader?,
        heapBytes: Int = 0
    ) throws {
        let file = try File.create(path)
        let columns = PredictionsColumn.all(of: dataSet, hasViews: hasViews)
        let datasets = try columns.map { try $0.create(in: file, for: dataSet) }
        let carried = try dataSet.kept.map { try Self.create($0, in: file, rows: dataSet.rows) }
        try kept?.describe(carried)
        try file.setAttribute("partitions", dataSet.partitions.map(\.name))
        for (name, text) in provenance { try file.setAttribute(name, text) }
        places = try zip(columns, datasets).map { column, dataset in
            Place(column: column, place: try Self.place(of: dataset, in: path))
        }
        keptPlaces = try carried.map { try Self.place(of: $0, in: path) }
        heap = heapBytes > 0 ? try file.lengthen(by: heapBytes) : 0
        try file.close()
        let ends =
            places.map { $0.place + dataSet.rows * $0.column.width(in: dataSet) }
            + zip(keptPlaces, dataSet.kept).map { $0 + dataSet.rows * $1.width } + [heap + heapBytes]
        var status = stat()
        guard stat(path, &status) == 0 else { throw systemFailure("\(path): cannot be looked at") }
        byteCount = Int(status.st_size)
        self.path = path
        guard dataSet.rows == 0 || byteCount >= ends.max() ?? 0 else {
            throw JobError(
                .unexpected, "\(path): has \(byteCount) bytes, fewer than its data sets take; this is a bug of photoz")
        }
        try File.takeRoom(byteCount, for: path)
    }

    /// What rows are in the file, but for strings of any length.
    ///
    /// - Parameters:
    ///   - rows: Neighbouring galaxies.
    ///   - dataSet: The survey.
    ///   - kept: Reads the columns that are carried.
    /// - Throws: `HDF5Error` or `PartitionError` when these cannot be read, or a partition has changed.
    func parts(of rows: PredictionRows, in dataSet: DataSet, _ kept: KeptReader?) throws -> [FilePart] {
        let first = rows.galaxies.lowerBound
        var parts: [FilePart] = []
        for place in places where place.column != .objectID || !dataSet.hasStringsOfAnyLength {
            let start = place.place + first * place.column.width(in: dataSet)
            parts.append(FilePart(file: 0, place: start, bytes: try place.column.bytes(of: rows)))
        }
        guard let kept else { return parts }
        for ((place, column), bytes) in zip(zip(keptPlaces, kept.columns), try kept.bytes(of: rows)) {
            parts.append(FilePart(file: 0, place: place + first * column.width, bytes: bytes))
        }
        return parts
    }

    private static func create(_ column: KeptColumn, in file: File, rows: Int) throws -> Dataset {
        switch column.form {
        case .elements(let type):
            try file.createDataset(column.name, of: type, shape: [rows], storage: .reserved)
        case .strings(let form):
            try file.createStringDataset(column.name, shape: [rows], form: form, storage: .reserved)
        }
    }

    private static func place(of dataset: Dataset, in path: String) throws -> Int {
        guard let place = dataset.place ?? (dataset.rows == 0 ? 0 : nil) else {
            throw JobError(
                .unexpected,
                "\(path): \(dataset.name): has no place in the file; this version of HDF5 (\(Library.version)) takes none before it writes"
            )
        }
        return place
    }
}
