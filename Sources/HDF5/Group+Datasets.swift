import CHDF5

extension Group {
    /// Opens a data set.
    ///
    /// - Parameters:
    ///   - name: Its name, or path.
    ///   - cacheLimit: Bytes that the library may hold of its chunks beyond those it must. One row of chunks, up to
    ///     128 MiB, is always kept, so that reading a few rows after another does not decompress a chunk twice; a second row
    ///     is kept within the limit. Memory is taken as chunks are read.
    /// - Throws: ``HDF5Error`` of kind `missingObject`, `mismatch` when it is declared without a shape, or `failed` when its
    ///   description is damaged.
    public func dataset(_ name: String, cacheLimit: Int = 8 << 20) throws(HDF5Error) -> Dataset {
        let plain = try Dataset(file: file, name: path(of: name), handle: openDataset(name, access: ch5_default()))
        let row = plain.bytesOfARowOfChunks
        let twoRows = row < cacheLimit / 2 ? 2 * row : cacheLimit
        let bytes = max(min(row, 128 << 20), row > 0 ? twoRows : 0)
        guard bytes > 1 << 20, let access = Handle(H5Pcreate(ch5_dataset_access()), H5Pclose) else { return plain }
        // HDF5 looks chunks up in a table of a prime number of slots, best a hundred times as many as chunks.
        H5Pset_chunk_cache(access.id, 12_421, bytes, 0.75)
        // The cache of a data set is as it was first opened.
        _ = plain.handle.close()
        return try Dataset(file: file, name: path(of: name), handle: openDataset(name, access: access.id))
    }

    private func openDataset(_ name: String, access: hid_t) throws(HDF5Error) -> Handle {
        guard contains(name) else { throw file.error(.missingObject, path(of: name), "is missing") }
        guard let handle = Handle(H5Dopen2(handle.id, name, access), H5Dclose) else {
            throw notOpened(name, frames: errorFrames())
        }
        return handle
    }

    /// Says whether an entry is of another kind, or damaged.
    private func notOpened(_ name: String, frames: [HDF5Error.Frame]) -> HDF5Error {
        let object = Handle(H5Oopen(handle.id, name, ch5_default()), H5Oclose)
        guard let object, H5Iget_type(object.id) == H5I_DATASET else {
            return file.error(.missingObject, path(of: name), "is not a data set", frames: frames)
        }
        return file.error(.failed, path(of: name), "cannot be opened", frames: frames)
    }
}

extension Dataset {
    /// What HDF5's cache must hold so that rows read one after another find their chunks there; zero without chunks.
    fileprivate var bytesOfARowOfChunks: Int {
        guard let chunk, !chunk.contains(0) else { return 0 }
        var bytes = H5Tget_size(type.id)
        for (index, size) in chunk.enumerated() {
            let across = index == 0 ? 1 : (shape[index] + size - 1) / size
            let (cells, isTooMany) = size.multipliedReportingOverflow(by: max(across, 1))
            let (next, overflow) = bytes.multipliedReportingOverflow(by: cells)
            guard !isTooMany, !overflow else { return .max }
            bytes = next
        }
        return bytes
    }
}
