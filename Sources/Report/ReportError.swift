import FoundationEssentials
import Glibc
import PhotozExitCodes

/// Why a report cannot be made.
package struct ReportError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    package enum Kind: Sendable {
        /// A result folder, or a file in it, is not there.
        case missing
        /// A file is not what `photoz run` writes.
        case damaged
        /// The report cannot be written.
        case unwritable
    }

    /// The kind of failure.
    package let kind: Kind
    /// The file, what is wrong with it, and what to do.
    package let description: String

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    /// A file that could not be written, with the system's words for it.
    init(unwritable path: String, _ error: any Error) {
        let code = ((error as? CocoaError)?.underlying as? POSIXError)?.code
        let reason = code.map { String(cString: strerror($0.rawValue)) } ?? "\(error)"
        self.init(.unwritable, "\(path): cannot be written: \(reason); check the folder's permissions and free space")
    }
}

extension ReportError: ExitCoded {
    /// The exit code of a program that this ends.
    package var exitCode: ExitCode {
        switch kind {
        case .missing: .inputMissing
        case .damaged: .badData
        case .unwritable: .outputRefused
        }
    }
}
