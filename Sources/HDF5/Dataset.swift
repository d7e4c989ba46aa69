import CHDF5

/// A data set of an open file.
public final class Dataset: AttributeHolder {
    /// The file, kept open as long as the data set.
    public let file: File
    /// The name in the file.
    public let name: String
    /// Sizes, the slowest dimension first; empty for a scalar.
    public let shape: [Int]
    /// What is stored.
    public let elementType: ElementType
    /// Sizes of a chunk, or nil when the data set is stored in one piece.
    public let chunk: [Int]?

    let type: Handle

    init(file: File, name: String, handle: Handle) throws(HDF5Error) {
        guard let type = Handle(H5Dget_type(handle.id), H5Tclose),
            let shape = Self.shape(of: handle)
        else { throw HDF5Error(.failed, file: file.path, object: name, "has no readable form", frames: errorFrames()) }
        self.file = file
        self.name = name
        self.type = type
        self.shape = shape
        elementType = ElementType(type.id)
        chunk = Self.chunk(of: handle, rank: shape.count)
        super.init(handle: handle, filePath: file.path)
    }

    /// Elements in all.
    public var count: Int { shape.reduce(1, *) }

    /// Rows along the first dimension; 1 for a scalar.
    public var rows: Int { shape.first ?? 1 }

    /// Elements in one row.
    public var rowCount: Int { shape.dropFirst().reduce(1, *) }

    func error(_ kind: HDF5Error.Kind, _ reason: String, frames: [String] = []) -> HDF5Error {
        HDF5Error(kind, file: file.path, object: name, reason, frames: frames)
    }

    private static func shape(of dataset: Handle) -> [Int]? {
        guard let space = Handle(H5Dget_space(dataset.id), H5Sclose) else { return nil }
        let rank = Int(H5Sget_simple_extent_ndims(space.id))
        guard rank >= 0, H5Sget_simple_extent_type(space.id) != H5S_NULL else { return nil }
        var sizes = [hsize_t](repeating: 0, count: rank)
        guard H5Sget_simple_extent_dims(space.id, &sizes, nil) >= 0 else { return nil }
        // A damaged file may claim any size; what does not fit a product of sizes is no shape.
        var product = 1
        for size in sizes {
            guard let size = Int(exactly: size) else { return nil }
            let (next, overflow) = product.multipliedReportingOverflow(by: max(size, 1))
            guard !overflow else { return nil }
            product = next
        }
        return sizes.map { Int($0) }
    }

    private static func chunk(of dataset: Handle, rank: Int) -> [Int]? {
        guard let creation = Handle(H5Dget_create_plist(dataset.id), H5Pclose),
            H5Pget_layout(creation.id) == H5D_CHUNKED
        else { return nil }
        var sizes = [hsize_t](repeating: 0, count: rank)
        guard H5Pget_chunk(creation.id, Int32(rank), &sizes) >= 0 else { return nil }
        return sizes.map { Int($0) }
    }
}

extension File {
    /// Opens a data set.
    ///
    /// - Parameters:
    ///   - name: Its name.
    ///   - cacheLimit: Bytes that the library may hold of its chunks. As many as two rows of chunks are kept within it, so
    ///     that reading a few rows after another does not decompress a chunk twice.
    /// - Throws: ``HDF5Error`` of kind `missingObject`, or `failed` when its description is damaged.
    public func dataset(_ name: String, cacheLimit: Int = 16 << 20) throws(HDF5Error) -> Dataset {
        Library.silence()
        let plain = try Dataset(file: self, name: name, handle: openDataset(name, access: ch5_default()))
        guard let chunk = plain.chunk, let first = chunk.first, first > 0 else { return plain }
        let chunkBytes = first.multipliedReportingOverflow(by: 2 * H5Tget_size(plain.type.id))
        let (rowBytes, overflow) = plain.rowCount.multipliedReportingOverflow(by: chunkBytes.partialValue)
        let needed = overflow || chunkBytes.overflow ? cacheLimit : min(rowBytes, cacheLimit)
        guard needed > 1 << 20, let access = Handle(H5Pcreate(ch5_dataset_access()), H5Pclose) else { return plain }
        // HDF5 looks chunks up in a table of a prime number of slots, best ten times as many as chunks.
        H5Pset_chunk_cache(access.id, 12_421, needed, 0.75)
        _ = plain.handle.close()
        return try Dataset(file: self, name: name, handle: openDataset(name, access: access.id))
    }

    private func openDataset(_ name: String, access: hid_t) throws(HDF5Error) -> Handle {
        guard contains(name) else { throw HDF5Error(.missingObject, file: path, object: name, "is missing") }
        guard let handle = Handle(H5Dopen2(handle.id, name, access), H5Dclose) else {
            throw HDF5Error(.missingObject, file: path, object: name, "is not a data set", frames: errorFrames())
        }
        return handle
    }
}
