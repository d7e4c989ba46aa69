import PhotozExitCodes

/// Every fault that a weights file has.
public struct WeightsError: Error, Sendable, CustomStringConvertible {
    /// The file's path.
    public let file: String
    /// One sentence for each fault, naming the tensor or attribute.
    public let faults: [String]

    /// One line for each fault, the first with the file's name.
    public var description: String {
        if faults.count == 1 { return "\(file): \(faults[0])" }
        return "\(file): \(faults.count) faults\n" + faults.map { "  - " + $0 }.joined(separator: "\n")
    }
}

extension WeightsError: ExitCoded {
    /// The exit code of a program that this ends.
    package var exitCode: ExitCode {
        .badData
    }
}
