import HDF5
import Survey

/// Reads the columns that are carried from the partitions into the predictions, when these are written: each rank those
/// of its galaxies, block by block. Neither memory nor the journals hold them; a partition that was replaced since its
/// galaxies were predicted is found out by its stamp, before and after it is read.
package struct KeptReader {
    private let dataSet: DataSet
    private let schema: PartitionSchema

    /// Nil when no column is carried.
    ///
    /// - Parameters:
    ///   - dataSet: The survey.
    ///   - schema: How its partitions lie.
    package init?(_ dataSet: DataSet, _ schema: PartitionSchema) {
        guard !dataSet.kept.isEmpty else { return nil }
        self.dataSet = dataSet
        self.schema = schema
    }

    /// The columns, in the order in which they stand in the file.
    var columns: [KeptColumn] { dataSet.kept }

    /// The elements of neighbouring galaxies as they are stored, for each column.
    ///
    /// - Throws: `HDF5Error` or `PartitionError` when they cannot be read, or a partition has changed.
    func bytes(of rows: PredictionRows) throws -> [[UInt8]] {
        var bytes = columns.map { column in
            var room: [UInt8] = []
            room.reserveCapacity(rows.galaxies.count * column.width)
            return room
        }
        try forEach(rows) { place, column, file, rows in
            bytes[place] += try file?.keptBytes(place, rows: rows, as: column) ?? rows.flatMap { _ in column.blank }
        }
        return bytes
    }

    /// The same as texts.
    func texts(of rows: PredictionRows) throws -> [[String]] {
        var texts = columns.map { _ in [String]() }
        try forEach(rows) { place, _, file, rows in
            texts[place] += try file?.keptTexts(place, rows: rows) ?? rows.map { _ in "" }
        }
        return texts
    }

    /// Calls `body` with each column of each partition's part of the rows; without a file where that cannot be read and
    /// its rows were left out anyway.
    private func forEach(
        _ rows: PredictionRows, _ body: (Int, KeptColumn, PartitionFile?, Range<Int>) throws -> Void
    ) throws {
        var place = rows.place
        for piece in rows.pieces {
            let flags = rows.found.flags[place..<place + piece.rows.count]
            var file: PartitionFile?
            do { file = try dataSet.openAsBefore(piece.partition, schema: schema) } catch {
                guard flags.allSatisfy({ $0.contains(.skipped) }) else { throw error }
            }
            for (place, column) in columns.enumerated() { try body(place, column, file, piece.rows) }
            try file?.requireUnchanged()
            place += piece.rows.count
        }
    }

    /// Says of each column's data set what the partitions say, those of the first one with galaxies.
    ///
    /// - Throws: `HDF5Error` or `PartitionError`.
    func describe(_ datasets: [Dataset]) throws {
        guard let first = dataSet.partitions.indices.first(where: { !dataSet.partitions.galaxies(of: $0).isEmpty })
        else {
            return
        }
        let file = try dataSet.openAsBefore(first, schema: schema)
        for (place, dataset) in datasets.enumerated() {
            try file.copyAttributes(ofKept: place, to: dataset)
            guard !dataset.hasAttribute("description") else { continue }
            try dataset.setAttribute("description", "\(columns[place].source) of the partitions")
        }
    }
}
