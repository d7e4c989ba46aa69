import Glibc
import HDF5
import PhotozMachine
import Survey

/// Writes predictions of a whole data set that are in memory of this process, in the form of `predictions.h5`.
struct PredictionsCopy {
    let layout: PredictionsLayout

    private var dataSet: DataSet { layout.dataSet }

    /// Writes them all, in the order of the data set.
    ///
    /// - Parameters:
    ///   - found: What is known of all galaxies.
    ///   - path: The file, which gets its name when it is whole.
    /// - Throws: `HDF5Error` or ``JobError`` when it cannot be written, `PartitionError` when a partition has changed
    ///   meanwhile.
    func write(_ found: RankFindings, to path: String) throws {
        try found.identifiers.requireStorable(in: dataSet)
        try writeWhole(path, replacing: ResultFolder.predictionsFile) { path in
            let file = try ReservedFile(creating: path, layout)
            try writeElements(found, to: file)
            if dataSet.hasStringsOfAnyLength { try writeStrings(found, to: path) }
        }
    }

    private func writeElements(_ found: RankFindings, to file: ReservedFile) throws {
        let descriptor = open(file.path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw systemFailure("\(file.path): cannot be opened") }
        defer { close(descriptor) }
        for rows in PredictionRows.blocks(of: found, dataSet) {
            for part in try file.parts(0, of: rows, layout, nil) {
                try writeAll(part.bytes, at: part.place, to: descriptor, file.path)
            }
        }
    }

    /// Strings of any length, which the library puts where there is room.
    private func writeStrings(_ found: RankFindings, to path: String) throws {
        let file = try File.openForWriting(path)
        let dataset = try file.dataset(PredictionsColumn.objectID.rawValue)
        for rows in PredictionRows.blocks(of: found, dataSet) {
            try dataset.write(rows: rows.galaxies, bytes: Array(found.identifiers.strings[rows.places]))
        }
        try file.close()
    }
}
