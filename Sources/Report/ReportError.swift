import FoundationEssentials
import Glibc

/// Why a report cannot be made.
public struct ReportError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    public enum Kind: Sendable {
        /// A result folder, or a file in it, is not there.
        case missing
        /// A file is not what `photoz run` writes.
        case damaged
        /// The report cannot be written.
        case unwritable
    }

    /// The kind of failure.
    public let kind: Kind
    /// The file, what is wrong with it, and what to do.
    public let description: String

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
