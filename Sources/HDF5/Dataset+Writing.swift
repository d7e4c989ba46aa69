import CHDF5

/// How a data set is stored.
public struct Storage: Sendable {
    /// Rows of a chunk, or nil for one piece.
    public var chunkRows: Int?
    /// The level of gzip compression, 1 to 9, with bytes shuffled first; needs chunks.
    public var compression: Int?
    /// Whether a checksum (fletcher32) is kept for each chunk; needs chunks.
    public var checksum: Bool

    /// In one piece, uncompressed.
    public static let contiguous = Storage(chunkRows: nil, compression: nil, checksum: false)

    /// In chunks of some rows.
    public static func chunked(rows: Int, compression: Int? = nil, checksum: Bool = false) -> Storage {
        Storage(chunkRows: rows, compression: compression, checksum: checksum)
    }
}

extension File {
    /// Creates a data set of numbers.
    ///
    /// - Throws: ``HDF5Error`` of kind `unwritable`.
    public func createDataset<T: Scalar>(
        _ name: String, of type: T.Type, shape: [Int], storage: Storage = .contiguous
    ) throws(HDF5Error) -> Dataset {
        try createDataset(name, type: T.memoryType, shape: shape, storage: storage)
    }

    /// Creates a data set of strings of any length, UTF-8.
    ///
    /// - Throws: ``HDF5Error`` of kind `unwritable`.
    public func createStringDataset(
        _ name: String, shape: [Int], storage: Storage = .contiguous
    ) throws(HDF5Error) -> Dataset {
        guard let type = variableString() else {
            throw HDF5Error(.unwritable, file: path, object: name, "cannot be created", frames: errorFrames())
        }
        return try createDataset(name, type: type.id, shape: shape, storage: storage)
    }

    private func createDataset(
        _ name: String, type: hid_t, shape: [Int], storage: Storage
    ) throws(HDF5Error) -> Dataset {
        let sizes = shape.map { hsize_t($0) }
        guard let space = Handle(H5Screate_simple(Int32(sizes.count), sizes, nil), H5Sclose),
            let creation = Handle(H5Pcreate(ch5_dataset_create()), H5Pclose),
            apply(storage, shape: shape, to: creation),
            let handle = Handle(
                H5Dcreate2(handle.id, name, type, space.id, ch5_default(), creation.id, ch5_default()), H5Dclose)
        else { throw HDF5Error(.unwritable, file: path, object: name, "cannot be created", frames: errorFrames()) }
        return try Dataset(file: self, name: name, handle: handle)
    }

    private func apply(_ storage: Storage, shape: [Int], to creation: Handle) -> Bool {
        // Without the time of its making, the same data make the same file.
        guard H5Pset_obj_track_times(creation.id, false) >= 0 else { return false }
        // A data set without rows has no chunk to be stored in.
        guard let rows = storage.chunkRows, !shape.contains(0) else { return true }
        let chunk = [hsize_t(max(1, min(rows, shape[0])))] + shape.dropFirst().map { hsize_t($0) }
        guard H5Pset_chunk(creation.id, Int32(chunk.count), chunk) >= 0 else { return false }
        if let level = storage.compression {
            guard H5Pset_shuffle(creation.id) >= 0, H5Pset_deflate(creation.id, UInt32(level)) >= 0 else {
                return false
            }
        }
        return !storage.checksum || H5Pset_fletcher32(creation.id) >= 0
    }
}

extension Dataset {
    /// Writes rows of numbers.
    ///
    /// - Parameters:
    ///   - rows: A range of the first dimension.
    ///   - buffer: Exactly the elements of these rows.
    /// - Throws: ``HDF5Error`` of kind `unwritable`, or `mismatch` for another range or count.
    public func write<T: Scalar>(rows: Range<Int>, from buffer: UnsafeBufferPointer<T>) throws(HDF5Error) {
        guard elementType.isNumeric, buffer.count == rows.count * rowCount else {
            throw error(.mismatch, "rows \(rows) of \(elementType) do not take \(buffer.count) numbers")
        }
        try transfer([rows] + shape.dropFirst().map { 0..<$0 }, kind: .unwritable) { memory, block in
            H5Dwrite(handle.id, T.memoryType, memory, block, ch5_default(), buffer.baseAddress)
        }
    }

    /// Writes rows of numbers.
    ///
    /// - Throws: As ``write(rows:from:)-(_,UnsafeBufferPointer<T>)``.
    public func write<T: Scalar>(rows: Range<Int>, from values: [T]) throws(HDF5Error) {
        let result = values.withUnsafeBufferPointer { buffer -> Result<Void, HDF5Error> in
            do throws(HDF5Error) { return .success(try write(rows: rows, from: buffer)) } catch {
                return .failure(error)
            }
        }
        try result.get()
    }
}
