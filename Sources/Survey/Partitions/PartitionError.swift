import PhotozExitCodes

/// Every fault of a partition file, or of one of its rows.
public struct PartitionError: Error, Sendable, Codable, CustomStringConvertible {
    /// The file's path.
    public let file: String
    /// One sentence for each fault, naming the data set and, where it is about a galaxy, its row.
    public let faults: [String]
    /// Names that the file must have, and that are not there or lead to no data set.
    let missing: [String]
    /// What the user may do about them; nil when the faults say it all.
    var hint: String?
    /// Whether `photoz inspect` would take the file for a partition and find these faults, and perhaps more: it knows a
    /// partition by its images, and nothing of columns to keep.
    package let isFoundByInspect: Bool

    /// Faults of a file.
    public init(file: String, faults: [String], hint: String? = nil) {
        self.init(file: file, faults: faults, missing: [], hint: hint, isFoundByInspect: true)
    }

    init(file: String, faults: [String], missing: [String], hint: String?, isFoundByInspect: Bool) {
        self.isFoundByInspect = isFoundByInspect
        self.file = file
        self.faults = faults
        self.missing = missing
        self.hint = hint
    }

    /// One line for each fault, the first with the file's name, and the hint.
    public var description: String {
        let rest = hint.map { "\n" + $0 } ?? ""
        if faults.count == 1 { return "\(file): \(faults[0])\(rest)" }
        return "\(file): \(faults.count) faults\n" + faults.map { "  - " + $0 }.joined(separator: "\n") + rest
    }
}

extension PartitionError: ExitCoded {
    /// The exit code of a program that this ends.
    package var exitCode: ExitCode {
        .badData
    }
}
