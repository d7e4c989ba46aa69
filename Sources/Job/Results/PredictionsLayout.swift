import HDF5
import Survey

/// What `predictions.h5` holds.
struct PredictionsLayout: ResultLayout {
    let dataSet: DataSet
    /// What was found beside what every run finds.
    let found: FoundColumns
    /// Makes the intervals; nil without a calibration.
    let distributions: GalaxyDistributions?
    /// Attributes of the file.
    let provenance: [(String, String)]
    /// Reads the columns that are carried from the partitions.
    let kept: KeptReader?

    let blockSize = GalaxyOwners.block

    private var columns: [PredictionsColumn] { PredictionsColumn.all(of: dataSet, found) }

    func create(in file: File) throws -> [ReservedDataset] {
        let own = try columns.map {
            ReservedDataset(dataset: try $0.create(in: file, for: dataSet), width: $0.width(in: dataSet))
        }
        let carried = try dataSet.kept.map { try Self.create($0, in: file, rows: dataSet.rows) }
        try kept?.describe(carried)
        try file.setAttribute("partitions", dataSet.partitions.map(\.name))
        for (name, text) in provenance { try file.setAttribute(name, text) }
        return own + zip(carried, dataSet.kept).map { ReservedDataset(dataset: $0, width: $1.width) }
    }

    func elements(of rows: PredictionRows) throws -> [[UInt8]?] {
        let intervals = intervals(of: rows)
        let own = try columns.map { column in
            column == .objectID && dataSet.hasStringsOfAnyLength ? nil : try column.bytes(of: rows, intervals)
        }
        return own + (try kept?.bytes(of: rows) ?? [])
    }

    /// The ends of the intervals of ``PredictionsColumn/ends``, by column; none without a calibration.
    func intervals(of rows: PredictionRows) -> [PredictionsColumn: [Float]] {
        guard let distributions else { return [:] }
        let ends = PredictionsColumn.ends
        let columns = distributions.columns(
            rows.places, of: rows.found, ends.map { end in { $0.quantile(end.level) } })
        return Dictionary(uniqueKeysWithValues: zip(ends.map(\.column), columns))
    }

    private static func create(_ column: KeptColumn, in file: File, rows: Int) throws -> Dataset {
        switch column.form {
        case .elements(let type):
            try file.createDataset(column.name, of: type, shape: [rows], storage: .reserved)
        case .strings(let form):
            try file.createStringDataset(column.name, shape: [rows], form: form, storage: .reserved)
        }
    }
}
