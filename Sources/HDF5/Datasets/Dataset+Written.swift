import CHDF5

/// HDF5 gives a fill value for whatever was never written, or lies in a file that is gone: numbers that nobody wrote.
/// So what is read must be known to have been written.
extension Dataset {
    /// Proves that all elements were written, by what the file says about their storage: cheap beside reading them, and
    /// done once. An element that was left out within a chunk or a piece that was written cannot be told from others.
    ///
    /// - Throws: ``HDF5Error`` of kind `failed` or `refused` that says what is missing.
    public func requireWritten() throws(HDF5Error) {
        guard !isProven, count > 0 else { return }
        Library.silence()
        if let sources {
            try sources.requireCovering(storedShape, of: self)
        } else if let chunk {
            try requireChunks(chunk)
        } else if H5Pget_layout(creation.id) == H5D_CONTIGUOUS {
            try requirePiece()
        }
        // Small ones that are kept with their description were looked at when they were opened.
        isProven = true
    }

    /// Bytes of all elements, in memory and when nothing is packed.
    private var byteCount: Int { storedShape.reduce(1, *) * H5Tget_size(form.stored.id) }

    private func requirePiece() throws(HDF5Error) {
        let files = H5Pget_external_count(creation.id)
        guard files == 0 else { return try requireRawFiles(files) }
        let (size, place) = (storageSize, H5Dget_offset(handle.id))
        guard size > 0, place != haddr_t.max else { throw notWritten("has shape \(shape) and no data") }
        let (end, overflow) = Int(clamping: place).addingReportingOverflow(byteCount)
        guard size >= byteCount, !overflow, end <= file.size else {
            throw error(.failed, "claims \(count) elements, more than the file can hold")
        }
    }

    private func notWritten(_ what: String) -> HDF5Error { error(.failed, "\(what); its writer did not finish") }

    // MARK: Chunks

    /// Chunks that are looked up one by one; above, all are counted, which takes a third of the time: 0.2 s for a
    /// million.
    private static let looksUp = 4096

    private func requireChunks(_ chunk: [Int]) throws(HDF5Error) {
        guard storageSize > 0 else { throw notWritten("has shape \(shape) and no data") }
        let counts = zip(storedShape, chunk).map { ($0 + $1 - 1) / max($1, 1) }
        // Each takes a byte at least: a damaged file may claim any number.
        let expected = counts.reduce(1, *)
        guard expected <= file.size else {
            throw error(.failed, "claims \(count) elements, more than the file can hold")
        }
        if expected > Self.looksUp, let space = Handle(H5Dget_space(handle.id), H5Sclose) {
            var found: hsize_t = 0
            if ch5_chunk_count(handle.id, space.id, &found) >= 0, found == expected { return }
        }
        var place = [hsize_t](repeating: 0, count: chunk.count)
        for index in 0..<expected {
            var rest = index
            for axis in chunk.indices.reversed() {
                place[axis] = hsize_t(rest % counts[axis] * chunk[axis])
                rest /= counts[axis]
            }
            var size: hsize_t = 0
            guard H5Dget_chunk_storage_size(handle.id, place, &size) >= 0, size > 0 else {
                let first = Int(place[0])
                throw notWritten("rows \(first)..<\(min(first + chunk[0], rows)) of \(rows) were never written")
            }
        }
        if filters.isEmpty, storageSize < byteCount {
            throw error(.failed, "claims \(count) elements, more than the file can hold")
        }
    }

    // MARK: Files of raw numbers

    private func requireRawFiles(_ files: Int32) throws(HDF5Error) {
        var needed = byteCount
        for index in 0..<UInt32(max(files, 0)) where needed > 0 {
            var characters = [CChar](repeating: 0, count: 4097)
            var (offset, size): (off_t, hsize_t) = (0, 0)
            guard H5Pget_external(creation.id, index, characters.count - 1, &characters, &offset, &size) >= 0 else {
                throw error(.failed, "has raw files that cannot be listed", frames: errorFrames())
            }
            let bytes = characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            guard let name = String(validating: bytes, as: UTF8.self) else {
                throw error(.refused, "leads to a file whose name is not UTF-8, \(printable(bytes)); name it otherwise")
            }
            let part = min(needed, Int(clamping: size))
            try requireRawFile(name, offset: Int(clamping: offset), bytes: part)
            needed -= part
        }
        guard needed == 0 else { throw error(.failed, "claims \(count) elements, more than its raw files hold") }
    }

    /// The library takes such a name from the folder that the process is in, unless told otherwise.
    private func requireRawFile(_ name: String, offset: Int, bytes: Int) throws(HDF5Error) {
        let prefix = OpenFile.folders(inVariable: "HDF5_EXTFILE_PREFIX", origin: SystemFile.folder(file.path)).first
        let path = name.hasPrefix("/") ? name : SystemFile.join(prefix ?? "", name)
        guard let size = SystemFile.size(path) else {
            throw error(.missingObject, "leads to \(path), which is not there")
        }
        if let refusal = file.linked.refusal(of: path) { throw error(.refused, "leads to \(refusal)") }
        let (end, overflow) = offset.addingReportingOverflow(bytes)
        guard offset >= 0, !overflow, end <= size else {
            throw error(.failed, "leads to \(path), which has \(size) bytes instead of \(end); copy it again")
        }
    }
}
