import PhotozExitCodes

/// What went wrong with a file, in which object, and what the library said about it.
public struct HDF5Error: Error, Sendable, CustomStringConvertible {
    /// Kinds of failure that a program answers differently.
    public enum Kind: Sendable, Equatable {
        /// There is no such file, or it may not be read.
        case unreadable
        /// The file is not HDF5, or is cut short or damaged.
        case notHDF5
        /// The file has no object of that name.
        case missingObject
        /// The object has another type or shape than asked for.
        case mismatch
        /// The file must not be read as it is: its writer has not closed it, its format is newer than the library, or
        /// an object leads to a file that may not be read. The reason says what to do.
        case refused
        /// A file could not be created, or written: a full disk, for instance.
        case unwritable
        /// Any other failure that the library reported, such as a damaged chunk.
        case failed
    }

    /// An entry of HDF5's error stack.
    public struct Frame: Sendable, Equatable, CustomStringConvertible {
        /// The function of HDF5 that failed, such as `H5Dread`.
        public let function: String
        /// What failed in it.
        public let text: String
        /// The part of the library, such as `Dataset`.
        public let major: String
        /// The kind of failure, such as `Read failed`.
        public let minor: String

        /// Function and text.
        public var description: String { "\(function): \(text)" }
    }

    /// The kind of failure.
    public let kind: Kind
    /// The file's path.
    public let file: String
    /// The data set, group or attribute, if it was about one.
    public let object: String?
    /// What was being done, and what is wrong.
    public let reason: String
    /// The library's error stack, outermost call first; empty when this module found the fault.
    public let frames: [Frame]

    /// One paragraph: file, object, reason, and the first and last words of the library.
    public var description: String {
        let place = object.map { "\(file): \($0)" } ?? file
        guard let first = frames.first, let last = frames.last else { return "\(place): \(reason)" }
        return "\(place): \(reason) (HDF5: \(frames.count > 1 ? "\(first); \(last)" : "\(first)"))"
    }

    init(_ kind: Kind, file: String, object: String? = nil, _ reason: String, frames: [Frame] = []) {
        self.kind = kind
        self.file = file
        self.object = object
        self.reason = reason
        self.frames = frames
    }

    /// Whether the library met a version of the format that it does not know.
    static func isOfNewerFormat(_ frames: [Frame]) -> Bool {
        frames.contains { frame in ["bad version", "bad superblock version"].contains { frame.text.contains($0) } }
    }

    /// What is wrong then.
    static var newerFormat: String {
        "is of a newer format than the HDF5 library here (\(Library.version)) reads, or damaged; write it with libver='v110' in h5py, or rewrite it where the newer library is with: h5repack -k 2 OLD NEW"
    }
}

extension HDF5Error: ExitCoded {
    /// The exit code of a program that this ends.
    package var exitCode: ExitCode {
        switch kind {
        case .unreadable: .inputMissing
        case .notHDF5, .missingObject, .mismatch, .failed, .refused: .badData
        case .unwritable: .inputOutput
        }
    }
}
