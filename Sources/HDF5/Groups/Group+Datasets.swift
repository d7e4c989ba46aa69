import CHDF5

extension Group {
    /// Opens a data set, or a field of one whose elements are compounds.
    ///
    /// - Parameters:
    ///   - name: Its name, or path; `table:z` for the field `z`, unless there is a data set of that name.
    ///   - cacheLimit: Bytes that the library may hold of its chunks beyond those it must. One row of chunks is always
    ///     kept up to 128 MiB, and when it is packed up to 512 MiB, but one chunk at least, so that reading a few rows
    ///     after another does not unpack a chunk twice; a second row is kept within the limit. Memory is taken as
    ///     chunks are read.
    /// - Throws: ``HDF5Error`` of kind `missingObject`, `mismatch` when it is declared without a shape, `failed` when
    ///   its description is damaged, or `refused` when it leads to what may not be read or is of a newer format.
    public func dataset(_ name: String, cacheLimit: Int = 8 << 20) throws(HDF5Error) -> Dataset {
        var (target, field) = (try place(of: name), String?.none)
        if target == nil, let parts = self.field(named: name) {
            (target, field) = (try place(of: parts.dataset), parts.field)
        }
        guard let target else { throw file.error(.missingObject, path(of: name), "is missing") }
        let plain = try open(target, as: name, field: field)
        let bytes = plain.bytesToCache(cacheLimit)
        guard bytes > 1 << 20, let access = Handle(H5Pcreate(ch5_dataset_access()), H5Pclose) else { return plain }
        // HDF5 looks chunks up in a table of a prime number of slots, best a hundred times as many as chunks.
        H5Pset_chunk_cache(access.id, 12_421, bytes, 0.75)
        // The cache of a data set is as it was first opened.
        _ = plain.handle.close()
        return try open(target, as: name, field: field, access: access.id)
    }

    func open(
        _ place: Place, as name: String, field: String?, access: hid_t = ch5_default()
    ) throws(HDF5Error) -> Dataset {
        guard let handle = Handle(H5Dopen2(place.group.id, place.name, access), H5Dclose) else {
            throw notOpened(place, name, frames: errorFrames())
        }
        return try Dataset(file: place.file, name: path(of: name), handle: handle, field: field)
    }

    /// Says whether an entry is of another kind, or damaged.
    private func notOpened(_ place: Place, _ name: String, frames: [HDF5Error.Frame]) -> HDF5Error {
        if HDF5Error.isOfNewerFormat(frames) {
            return place.file.error(.refused, path(of: name), HDF5Error.newerFormat, frames: frames)
        }
        guard let object = place.open(), H5Iget_type(object.id) == H5I_DATASET else {
            return place.file.error(.missingObject, path(of: name), "is not a data set", frames: frames)
        }
        return place.file.error(.failed, path(of: name), "cannot be opened", frames: frames)
    }
}

extension Dataset {
    /// What HDF5's cache must hold so that rows read one after another find their chunks there; zero without chunks.
    fileprivate func bytesToCache(_ limit: Int) -> Int {
        guard let chunk, !chunk.contains(0) else { return 0 }
        let across = zip(chunk, storedShape).dropFirst().map { ($1 + $0 - 1) / $0 }
        let one = Self.product([H5Tget_size(form.stored.id)] + chunk)
        let row = Self.product([one] + across.map { max($0, 1) })
        // A packed chunk that the cache does not hold would be unpacked for every read.
        let isPacked = !filters.isEmpty
        let kept = max(min(row, (isPacked ? 512 : 128) << 20), row < limit / 2 ? 2 * row : limit)
        return isPacked ? max(kept, one) : kept
    }

    private static func product(_ factors: [Int]) -> Int {
        factors.reduce(1) { product, factor in
            let (next, overflow) = product.multipliedReportingOverflow(by: factor)
            return overflow ? .max : next
        }
    }
}
