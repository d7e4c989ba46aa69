import HDF5
import PhotozMachine
import Survey

/// Rows of a partition, or all of it, that a run left out because they could not be read.
struct SkippedRows: Codable, Sendable {
    /// The partition, as `predictions.h5` names it.
    let file: String
    /// The first of the rows; nil when the file was left out from the start.
    let firstRow: Int?
    private(set) var rows: Int?
    /// What is wrong.
    let reason: String

    enum CodingKeys: String, CodingKey {
        case file, rows, reason
        case firstRow = "first_row"
    }

    /// Rows of a partition.
    init(file: String, rows: Range<Int>, error: any Error) {
        self.file = file
        reason = Self.reason(error)
        firstRow = rows.lowerBound
        self.rows = rows.count
    }

    /// A partition that is no part of the data set.
    init(file: String, error: any Error) {
        self.file = file
        reason = Self.reason(error)
        (firstRow, rows) = (nil, nil)
    }

    /// What is wrong, without the file's path.
    private static func reason(_ error: any Error) -> String {
        if let error = error as? PartitionError { return error.faults.joined(separator: "; ") }
        let text = JobError(error).description
        guard let error = error as? HDF5Error, text.hasPrefix(error.file + ": ") else { return text }
        return String(text.dropFirst(error.file.count + 2))
    }

    /// Takes the rows behind it that are left out for the same reason; false when they are none.
    mutating func extend(by more: SkippedRows) -> Bool {
        guard let firstRow, let rows, let next = more.firstRow, let count = more.rows, next == firstRow + rows,
            more.file == file, more.reason == reason
        else { return false }
        self.rows = rows + count
        return true
    }
}
