import PhotozExitCodes

/// Why a file of PyTorch or NumPy cannot be taken.
public struct InterchangeError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    public enum Kind: Sendable {
        /// The file cannot be opened or read.
        case unreadable
        /// The file is damaged, or holds what this library does not take.
        case refused
    }

    /// The kind of failure.
    public let kind: Kind
    /// The file's path.
    public let file: String
    /// What is wrong, where in the file, and what to do.
    public let reason: String

    /// The file and the reason.
    public var description: String { "\(file): \(reason)" }

    init(_ kind: Kind = .refused, file: String, _ reason: String) {
        self.kind = kind
        self.file = file
        self.reason = reason
    }
}

extension InterchangeError: ExitCoded {
    /// The exit code of a program that this ends.
    package var exitCode: ExitCode {
        kind == .unreadable ? .inputMissing : .badData
    }
}
