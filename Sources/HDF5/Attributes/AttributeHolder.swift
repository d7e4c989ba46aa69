import CHDF5

/// What carries attributes: a file (its root group), a group or a data set.
public class AttributeHolder {
    /// The object; its identifier is what attributes hang on.
    let handle: Handle
    /// The file that the object belongs to.
    let file: OpenFile
    /// The object's name in messages; nil for the root.
    private let objectName: String?

    /// The file's path, for messages.
    var filePath: String { file.path }

    init(handle: Handle, file: OpenFile, objectName: String?) {
        self.handle = handle
        self.file = file
        self.objectName = objectName
    }

    /// Whether there is an attribute of that name.
    public func hasAttribute(_ name: String) -> Bool {
        Library.silence()
        return !name.utf8.contains(0) && H5Aexists(handle.id, name) > 0
    }

    /// The names of all attributes, in the order of their bytes.
    ///
    /// - Throws: ``HDF5Error`` of kind `failed` when the object is damaged.
    public func attributeNames() throws(HDF5Error) -> [String] {
        Library.silence()
        let names = NameList()
        let append: H5A_operator2_t = { _, name, _, context in
            guard let name, let context else { return 0 }
            Unmanaged<NameList>.fromOpaque(context).takeUnretainedValue().names.append(String(cString: name))
            return 0
        }
        var place: hsize_t = 0
        guard
            H5Aiterate2(
                handle.id, H5_INDEX_NAME, H5_ITER_NATIVE, &place, append, Unmanaged.passUnretained(names).toOpaque())
                >= 0
        else {
            throw file.error(.failed, objectName ?? "/", "has attributes that cannot be listed", frames: errorFrames())
        }
        return names.names.sorted(by: precedes)
    }

    func attributeError(
        _ kind: HDF5Error.Kind, _ name: String, _ reason: String, frames: [HDF5Error.Frame] = []
    ) -> HDF5Error {
        file.error(kind, (objectName.map { $0 + ": " } ?? "") + "attribute \(name)", reason, frames: frames)
    }
}

/// Whether a name comes first in the order of bytes.
func precedes(_ one: String, _ other: String) -> Bool { one.utf8.lexicographicallyPrecedes(other.utf8) }

/// Names that the library calls back with.
private final class NameList {
    var names: [String] = []
}
