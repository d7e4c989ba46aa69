import CHDF5

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
        /// A file could not be created, or written: a full disk, for instance.
        case unwritable
        /// Any other failure that the library reported, such as a damaged chunk.
        case failed
    }

    /// The kind of failure.
    public let kind: Kind
    /// The file's path.
    public let file: String
    /// The data set, group or attribute, if it was about one.
    public let object: String?
    /// What was being done, and what is wrong.
    public let reason: String
    /// The library's error stack, outermost first: function and description.
    public let frames: [String]

    /// One line: reason, file, object, and the first and last words of the library.
    public var description: String {
        let place = object.map { "\(file): \($0)" } ?? file
        guard let first = frames.first, let last = frames.last else { return "\(place): \(reason)" }
        return "\(place): \(reason) (HDF5: \(frames.count > 1 ? first + "; " + last : first))"
    }

    init(_ kind: Kind, file: String, object: String? = nil, _ reason: String, frames: [String] = []) {
        self.kind = kind
        self.file = file
        self.object = object
        self.reason = reason
        self.frames = frames
    }
}

/// Collects the calling thread's error stack, outermost call first.
func errorFrames() -> [String] {
    final class Collected { var frames: [String] = [] }
    let collected = Collected()
    let stack = H5Eget_current_stack()
    defer { H5Eclose_stack(stack) }
    let append: H5E_walk2_t = { _, entry, context in
        guard let entry = entry?.pointee, let context, let text = entry.desc else { return 0 }
        let name = entry.func_name.map { String(cString: $0) } ?? "?"
        Unmanaged<Collected>.fromOpaque(context).takeUnretainedValue().frames.append(
            "\(name): \(String(cString: text))")
        return 0
    }
    H5Ewalk2(stack, H5E_WALK_DOWNWARD, append, Unmanaged.passUnretained(collected).toOpaque())
    return collected.frames
}
