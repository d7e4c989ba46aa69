import Glibc
import PhotozMachine
import Survey

/// Writes `predictions.csv`, line by line in data-set order.
final class PredictionsTable {
    private let path: String
    private let file: UnsafeMutablePointer<FILE>
    private let dataSet: DataSet
    private let hasIdentifiers: Bool

    /// Creates the file and writes the head.
    ///
    /// - Throws: ``JobError`` with code 74 when it cannot be written.
    init(_ path: String, dataSet: DataSet, hasViews: Bool) throws {
        guard let file = fopen(path, "w") else { throw systemFailure("\(path): cannot be created") }
        self.path = path
        self.file = file
        self.dataSet = dataSet
        hasIdentifiers = dataSet.identifiers != .none
        let columns =
            ["partition", "row"] + (hasIdentifiers ? ["object_id"] : []) + ["redshift_predicted", "redshift"]
            + (hasViews ? ["redshift_mean", "redshift_sigma"] : []) + ["flags"]
        try put(columns.joined(separator: ",") + "\n")
    }

    deinit { fclose(file) }

    /// Writes the galaxies of a piece of a partition.
    ///
    /// - Parameters:
    ///   - identifiers: One for each galaxy, or none.
    ///   - columns: As in `predictions.h5`; what is not known stays empty.
    ///   - flags: As in `predictions.h5`.
    ///   - start: The piece's first place in the columns.
    func write(
        _ piece: Shard.Piece, identifiers: [String], columns: [[Float]], flags: [GalaxyFlags],
        from start: Int
    ) throws {
        let name = Self.field(dataSet.partitions[piece.partition].name)
        var text = ""
        for (index, row) in piece.rows.enumerated() {
            text += "\(name),\(row)"
            if hasIdentifiers { text += "," + Self.field(identifiers[index]) }
            for column in columns {
                let value = column[start + index]
                text += value.isNaN ? "," : ",\(value)"
            }
            text += ",\(flags[start + index].rawValue)\n"
        }
        try put(text)
    }

    /// Ends the file.
    ///
    /// - Throws: ``JobError`` with code 74 when the disk is full, for instance.
    func close() throws {
        guard fflush(file) == 0 else { throw systemFailure("\(path): cannot be written") }
    }

    private func put(_ text: String) throws {
        var text = text
        let isWritten = text.withUTF8 { fwrite($0.baseAddress, 1, $0.count, file) == $0.count }
        guard isWritten else { throw systemFailure("\(path): cannot be written") }
    }

    /// A text, in quotes only where it would break the table.
    private static func field(_ text: String) -> String {
        guard text.utf8.contains(where: { [0x2c, 0x22, 0x0a, 0x0d].contains($0) }) else { return text }
        return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
