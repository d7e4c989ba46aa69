import CHDF5

extension AttributeHolder {
    /// Copies all attributes of another object, of whatever type but references, which would lead nowhere.
    ///
    /// - Throws: ``HDF5Error`` of kind `failed` when one cannot be read, `unwritable` when it cannot be written.
    public func copyAttributes(from other: AttributeHolder) throws(HDF5Error) {
        for name in try other.attributeNames() {
            guard let attribute = Handle(H5Aopen(other.handle.id, name, ch5_default()), H5Aclose),
                let type = Handle(H5Aget_type(attribute.id), H5Tclose),
                let space = Handle(H5Aget_space(attribute.id), H5Sclose)
            else { throw other.attributeError(.failed, name, "cannot be read", frames: errorFrames()) }
            guard H5Tdetect_class(type.id, H5T_REFERENCE) <= 0 else { continue }
            try copy(name, attribute, type, space, from: other)
        }
    }

    private func copy(
        _ name: String, _ attribute: Handle, _ type: Handle, _ space: Handle, from other: AttributeHolder
    ) throws(HDF5Error) {
        let count = max(0, Int(clamping: H5Sget_simple_extent_npoints(space.id)))
        let (size, overflows) = count.multipliedReportingOverflow(by: H5Tget_size(type.id))
        guard !overflows, size <= 1 << 28 else { throw other.attributeError(.failed, name, "is larger than 256 MB") }
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: max(size, 1), alignment: 16)
        defer { bytes.deallocate() }
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        guard count == 0 || H5Aread(attribute.id, type.id, bytes.baseAddress) >= 0 else {
            throw other.attributeError(.failed, name, "cannot be read", frames: errorFrames())
        }
        // Strings of any length are in memory of the library's own.
        defer { if count > 0 { _ = ch5_reclaim(type.id, space.id, bytes.baseAddress) } }
        if hasAttribute(name) { _ = H5Adelete(handle.id, name) }
        guard
            let copy = Handle(H5Acreate2(handle.id, name, type.id, space.id, ch5_default(), ch5_default()), H5Aclose),
            count == 0 || H5Awrite(copy.id, type.id, bytes.baseAddress) >= 0
        else { throw attributeError(.unwritable, name, "cannot be written", frames: errorFrames()) }
    }
}
