import PhotozExitCodes

/// Why a file that runs leave behind, or are planned by, cannot be taken.
package struct RecordError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    package enum Kind: Sendable {
        /// The file is not there or cannot be read.
        case unreadable
        /// The file is not what it should be.
        case damaged
    }

    /// The kind of failure.
    package let kind: Kind
    /// The file, the key in it, what is there and what is expected.
    package let description: String

    /// - Parameters:
    ///   - kind: What kind of failure it is.
    ///   - file: The file's path.
    ///   - reason: What is wrong with it.
    package init(_ kind: Kind = .damaged, file: String, _ reason: String) {
        self.kind = kind
        description = "\(file): \(reason)"
    }
}

extension RecordError: ExitCoded {
    /// The exit code of a program that this ends.
    package var exitCode: ExitCode {
        kind == .unreadable ? .inputMissing : .badData
    }
}
