import CHDF5

/// What carries attributes: a file (its root group) or a data set.
public class AttributeHolder {
    /// The object; its identifier is what attributes hang on.
    let handle: Handle
    /// The file's path, for messages.
    let filePath: String

    init(handle: Handle, filePath: String) {
        self.handle = handle
        self.filePath = filePath
    }

    /// Whether there is an attribute of that name.
    public func hasAttribute(_ name: String) -> Bool { H5Aexists(handle.id, name) > 0 }

    /// A number, converted from whatever is stored; arrays of one element count as one.
    ///
    /// - Throws: ``HDF5Error`` of kind `missingObject`, or `mismatch` when it is no single number.
    public func attribute<T: Scalar>(_ name: String, as type: T.Type = T.self) throws(HDF5Error) -> T {
        let opened = try open(name)
        guard ElementType(opened.type.id).isNumeric, opened.count == 1 else {
            throw failure(.mismatch, name, "is not one number")
        }
        var value: T?
        withUnsafeTemporaryAllocation(of: T.self, capacity: 1) { room in
            if H5Aread(opened.attribute.id, T.memoryType, room.baseAddress) >= 0 { value = room[0] }
        }
        guard let value else { throw failure(.failed, name, "cannot be read", frames: errorFrames()) }
        return value
    }

    /// Strings of fixed or variable length, one or many.
    ///
    /// - Throws: ``HDF5Error`` of kind `missingObject`, or `mismatch` when it holds something else.
    public func attributeStrings(_ name: String) throws(HDF5Error) -> [String] {
        let opened = try open(name)
        guard ElementType(opened.type.id) == .string else { throw failure(.mismatch, name, "is not text") }
        guard
            let strings = StringTransfer.read(
                opened.count, type: opened.type.id, space: opened.space.id, { H5Aread(opened.attribute.id, $0, $1) })
        else { throw failure(.failed, name, "cannot be read", frames: errorFrames()) }
        return strings
    }

    /// Writes a number.
    ///
    /// - Throws: ``HDF5Error`` of kind `unwritable`.
    public func setAttribute<T: Scalar>(_ name: String, _ value: T) throws(HDF5Error) {
        let space = Handle(H5Screate(H5S_SCALAR), H5Sclose)
        try create(name, type: T.memoryType, space: space) { attribute in
            withUnsafeBytes(of: value) { H5Awrite(attribute, T.memoryType, $0.baseAddress) }
        }
    }

    /// Writes a text.
    ///
    /// - Throws: ``HDF5Error`` of kind `unwritable`.
    public func setAttribute(_ name: String, _ text: String) throws(HDF5Error) {
        try setStrings(name, [text], space: Handle(H5Screate(H5S_SCALAR), H5Sclose))
    }

    /// Writes any number of texts.
    ///
    /// - Throws: ``HDF5Error`` of kind `unwritable`.
    public func setAttribute(_ name: String, _ texts: [String]) throws(HDF5Error) {
        try setStrings(name, texts, space: Handle(H5Screate_simple(1, [hsize_t(texts.count)], nil), H5Sclose))
    }

    private func setStrings(_ name: String, _ texts: [String], space: Handle?) throws(HDF5Error) {
        guard let type = variableString() else {
            throw failure(.unwritable, name, "cannot be written", frames: errorFrames())
        }
        try create(name, type: type.id, space: space) { attribute in
            StringTransfer.withPointers(texts) { H5Awrite(attribute, type.id, $0) }
        }
    }

    private func create(
        _ name: String, type: hid_t, space: Handle?, _ write: (hid_t) -> herr_t
    ) throws(HDF5Error) {
        Library.silence()
        guard let space,
            let attribute = Handle(
                H5Acreate2(handle.id, name, type, space.id, ch5_default(), ch5_default()), H5Aclose),
            write(attribute.id) >= 0
        else { throw failure(.unwritable, name, "cannot be written", frames: errorFrames()) }
    }

    private func open(
        _ name: String
    ) throws(HDF5Error) -> (attribute: Handle, type: Handle, space: Handle, count: Int) {
        Library.silence()
        guard hasAttribute(name) else { throw failure(.missingObject, name, "is missing") }
        guard let attribute = Handle(H5Aopen(handle.id, name, ch5_default()), H5Aclose),
            let type = Handle(H5Aget_type(attribute.id), H5Tclose),
            let space = Handle(H5Aget_space(attribute.id), H5Sclose),
            case let count = H5Sget_simple_extent_npoints(space.id), count >= 0
        else { throw failure(.failed, name, "cannot be opened", frames: errorFrames()) }
        return (attribute, type, space, Int(count))
    }

    private func failure(
        _ kind: HDF5Error.Kind, _ name: String, _ reason: String, frames: [String] = []
    ) -> HDF5Error {
        HDF5Error(kind, file: filePath, object: "attribute \(name)", reason, frames: frames)
    }
}
