import PhotozExitCodes

/// Every fault of a partition file, or of one of its rows.
public struct PartitionError: Error, Sendable, CustomStringConvertible {
    /// The file's path.
    public let file: String
    /// One sentence for each fault, naming the data set and, where it is about a galaxy, its row.
    public let faults: [String]

    /// Faults of a file.
    public init(file: String, faults: [String]) {
        self.file = file
        self.faults = faults
    }

    /// One line for each fault, the first with the file's name.
    public var description: String {
        if faults.count == 1 { return "\(file): \(faults[0])" }
        return "\(file): \(faults.count) faults\n" + faults.map { "  - " + $0 }.joined(separator: "\n")
    }
}

extension PartitionError: ExitCoded {
    /// The exit code of a program that this ends.
    package var exitCode: ExitCode {
        .badData
    }
}
