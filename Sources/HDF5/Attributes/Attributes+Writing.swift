import CHDF5

extension AttributeHolder {
    /// Writes a number; an attribute of that name is replaced.
    ///
    /// - Throws: ``HDF5Error`` of kind `unwritable`.
    public func setAttribute<T: Scalar>(_ name: String, _ value: T) throws(HDF5Error) {
        try create(name, type: T.memoryType, space: Handle(H5Screate(H5S_SCALAR), H5Sclose)) { attribute in
            withUnsafeBytes(of: value) { H5Awrite(attribute, T.memoryType, $0.baseAddress) }
        }
    }

    /// Writes numbers, as an array of one dimension; an attribute of that name is replaced.
    ///
    /// - Throws: ``HDF5Error`` of kind `unwritable`.
    public func setAttribute<T: Scalar>(_ name: String, _ values: [T]) throws(HDF5Error) {
        try create(name, type: T.memoryType, space: line(values.count)) { attribute in
            values.isEmpty ? 0 : values.withUnsafeBytes { H5Awrite(attribute, T.memoryType, $0.baseAddress) }
        }
    }

    /// Writes a text; an attribute of that name is replaced.
    ///
    /// - Throws: ``HDF5Error`` of kind `unwritable`, or `mismatch` for a text with a zero character.
    public func setAttribute(_ name: String, _ text: String) throws(HDF5Error) {
        try setStrings(name, [text], space: Handle(H5Screate(H5S_SCALAR), H5Sclose))
    }

    /// Writes any number of texts, as an array of one dimension; an attribute of that name is replaced.
    ///
    /// - Throws: ``HDF5Error`` of kind `unwritable`, or `mismatch` for a text with a zero character.
    public func setAttribute(_ name: String, _ texts: [String]) throws(HDF5Error) {
        try setStrings(name, texts, space: line(texts.count))
    }

    private func setStrings(_ name: String, _ texts: [String], space: Handle?) throws(HDF5Error) {
        guard !texts.contains(where: { $0.utf8.contains(0) }) else {
            throw attributeError(.mismatch, name, "cannot hold a text with a zero character")
        }
        guard let type = StringTransfer.variableType() else {
            throw attributeError(.unwritable, name, "cannot be written", frames: errorFrames())
        }
        try create(name, type: type.id, space: space) { attribute in
            texts.isEmpty ? 0 : StringTransfer.withPointers(texts) { H5Awrite(attribute, type.id, $0) }
        }
    }

    private func line(_ count: Int) -> Handle? { Handle(H5Screate_simple(1, [hsize_t(count)], nil), H5Sclose) }

    private func create(
        _ name: String, type: hid_t, space: Handle?, _ write: (hid_t) -> herr_t
    ) throws(HDF5Error) {
        if hasAttribute(name) { _ = H5Adelete(handle.id, name) }
        guard let space, !name.utf8.contains(0),
            let attribute = Handle(
                H5Acreate2(handle.id, name, type, space.id, ch5_default(), ch5_default()), H5Aclose),
            write(attribute.id) >= 0
        else { throw attributeError(.unwritable, name, "cannot be written", frames: errorFrames()) }
    }
}
