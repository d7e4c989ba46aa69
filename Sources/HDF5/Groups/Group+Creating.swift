import CHDF5

extension Group {
    /// Creates a data set of numbers.
    ///
    /// - Parameters:
    ///   - name: Its name in this group.
    ///   - type: The numbers that will be written.
    ///   - shape: Sizes; empty for a scalar. Elements are zero until they are written.
    ///   - storage: How they are stored.
    ///   - storedType: What is stored if it is not `type`, such as `.float(bits: 16)`: numbers are then converted.
    /// - Throws: ``HDF5Error`` of kind `unwritable`, also when there is an entry of that name; `mismatch` for a stored
    ///   type that is no number.
    public func createDataset<T: Scalar>(
        _ name: String, of type: T.Type, shape: [Int], storage: Storage = .contiguous,
        storedAs storedType: ElementType? = nil
    ) throws(HDF5Error) -> Dataset {
        let elementType = storedType ?? T.elementType
        guard let stored = elementType.stored() else {
            throw file.error(.mismatch, path(of: name), "cannot store numbers as \(elementType)")
        }
        return try createDataset(name, type: stored, shape: shape, storage: storage)
    }

    /// Creates a data set of numbers of a type that is known when the program runs.
    ///
    /// - Parameters:
    ///   - name: Its name in this group.
    ///   - storedType: What is stored.
    ///   - shape: Sizes; empty for a scalar. Elements are zero until they are written.
    ///   - storage: How they are stored.
    /// - Throws: ``HDF5Error`` of kind `unwritable`, also when there is an entry of that name; `mismatch` for a stored
    ///   type that is no number.
    public func createDataset(
        _ name: String, storedAs storedType: ElementType, shape: [Int], storage: Storage = .contiguous
    ) throws(HDF5Error) -> Dataset {
        try createDataset(name, of: Double.self, shape: shape, storage: storage, storedAs: storedType)
    }

    /// Creates a data set of strings, UTF-8.
    ///
    /// - Parameters:
    ///   - name: Its name in this group.
    ///   - shape: Sizes; empty for a scalar. Strings are empty until they are written.
    ///   - length: Bytes that each string takes and has at most; nil for any length.
    ///   - storage: How they are stored.
    /// - Throws: ``HDF5Error`` of kind `unwritable`, also when there is an entry of that name.
    public func createStringDataset(
        _ name: String, shape: [Int], length: Int? = nil, storage: Storage = .contiguous
    ) throws(HDF5Error) -> Dataset {
        Library.silence()
        guard let type = length.map({ StringTransfer.fixedType($0) }) ?? StringTransfer.variableType() else {
            throw file.error(.unwritable, path(of: name), "cannot be created", frames: errorFrames())
        }
        return try createDataset(name, type: type, shape: shape, storage: storage)
    }

    func createDataset(
        _ name: String, type: Handle, shape: [Int], storage: Storage
    ) throws(HDF5Error) -> Dataset {
        Library.silence()
        let sizes = shape.map { hsize_t($0) }
        guard isName(name), let space = Handle(H5Screate_simple(Int32(sizes.count), sizes, nil), H5Sclose),
            let properties = storage.properties(type: type, shape: shape),
            let handle = Handle(
                H5Dcreate2(handle.id, name, type.id, space.id, ch5_default(), properties.id, ch5_default()), H5Dclose)
        else { throw file.error(.unwritable, path(of: name), "cannot be created", frames: errorFrames()) }
        return try Dataset(file: file, name: path(of: name), handle: handle)
    }
}
