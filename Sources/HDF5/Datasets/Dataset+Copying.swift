import CHDF5

/// Copies elements as they are stored, whatever their type.
extension Dataset {
    /// Why the elements cannot be copied to another file; nil when they can.
    public var reasonNotToCopy: String? {
        if form.field != nil { return "is a field of a table, which is copied whole" }
        if storedShape.isEmpty, !shape.isEmpty { return "keeps its rows in one element, which cannot be dealt" }
        return Self.reasonNotToCopy(form.stored, depth: 0)
    }

    /// Bytes of a row as it is copied, without what strings and sequences of any length hold elsewhere.
    public var bytesPerRow: Int { storedShape.dropFirst().reduce(1, *) * H5Tget_size(form.stored.id) }

    /// Whether elements of both are stored alike, but for the order of bytes of numbers.
    public func hasSameType(as other: Dataset) -> Bool {
        if H5Tequal(form.stored.id, other.form.stored.id) > 0 { return true }
        guard form.isPlain, other.form.isPlain, elementType.isNumeric, elementType == other.elementType,
            let mine = Handle(H5Tcopy(type.id), H5Tclose), let theirs = Handle(H5Tcopy(other.type.id), H5Tclose)
        else { return false }
        return H5Tset_order(mine.id, H5T_ORDER_LE) >= 0 && H5Tset_order(theirs.id, H5T_ORDER_LE) >= 0
            && H5Tequal(mine.id, theirs.id) > 0
    }

    /// What is stored, in a way that tells types apart that have the same kind of elements.
    public var typeDescription: String {
        switch elementType {
        case .string: stringLength.map { "strings of \($0) bytes" } ?? "strings of any length"
        case .other(let name): "\(name) of \(H5Tget_size(type.id)) bytes"
        default: "\(elementType)"
        }
    }

    /// Copies rows to a data set of the same type, bit for bit.
    ///
    /// - Parameters:
    ///   - rows: A range of the first dimension.
    ///   - target: A data set with rows of the same shape.
    ///   - start: The first row there.
    /// - Throws: ``HDF5Error`` of kind `mismatch` for another shape or type, `failed` when the rows cannot be read,
    ///   `unwritable` when they cannot be written.
    public func copyRows(_ rows: Range<Int>, to target: Dataset, at start: Int) throws(HDF5Error) {
        guard bytesPerRow == target.bytesPerRow, shape.dropFirst() == target.shape.dropFirst(), hasSameType(as: target),
            reasonNotToCopy == nil
        else {
            throw target.error(.mismatch, "does not take \(typeDescription) \(shape)")
        }
        try requireWritten()
        guard !rows.isEmpty else { return }
        let goal = target.block(rows: start..<start + rows.count)
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: max(rows.count * bytesPerRow, 1), alignment: 64)
        defer { bytes.deallocate() }
        // What the library leaves out of padding must not be what was in memory before.
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        var space: Handle?
        try transfer(block(rows: rows)) { memory, selected in
            space = Handle(H5Scopy(memory), H5Sclose)
            return H5Dread(handle.id, form.stored.id, memory, selected, ch5_default(), bytes.baseAddress)
        }
        // Strings and sequences of any length are in memory of the library's own.
        defer { if let space { _ = ch5_reclaim(form.stored.id, space.id, bytes.baseAddress) } }
        try target.transfer(goal, kind: .unwritable) { memory, selected in
            H5Dwrite(target.handle.id, form.stored.id, memory, selected, ch5_default(), bytes.baseAddress)
        }
    }

    private static func reasonNotToCopy(_ type: Handle, depth: Int) -> String? {
        guard depth < 16 else { return "holds a type without end" }
        func inner(_ id: hid_t) -> String? {
            Handle(id, H5Tclose).map { reasonNotToCopy($0, depth: depth + 1) } ?? "holds a damaged type"
        }
        switch H5Tget_class(type.id) {
        case H5T_REFERENCE: return "holds references, which lead nowhere in another file"
        case H5T_INTEGER, H5T_FLOAT:
            return ElementType.hasSoundFields(type.id) ? nil : "holds a damaged type of numbers"
        case H5T_STRING, H5T_OPAQUE, H5T_BITFIELD, H5T_TIME: return nil
        case H5T_ENUM, H5T_ARRAY, H5T_VLEN: return inner(H5Tget_super(type.id))
        case H5T_COMPOUND:
            let count = H5Tget_nmembers(type.id)
            guard count > 0 else { return "holds a damaged type" }
            return (0..<UInt32(count)).lazy.compactMap { inner(H5Tget_member_type(type.id, $0)) }.first
        default: return "holds a type that the HDF5 library here does not know"
        }
    }
}

extension Group {
    /// Creates a data set with the type of another one.
    ///
    /// - Parameters:
    ///   - name: Its name in this group, or a path through groups that are there.
    ///   - other: A data set with rows.
    ///   - rows: Its rows; other dimensions are as in the other.
    ///   - storage: How it is stored.
    /// - Throws: ``HDF5Error`` of kind `unwritable`.
    public func createDataset(
        _ name: String, like other: Dataset, rows: Int, storage: Storage = .contiguous
    ) throws(HDF5Error) -> Dataset {
        // A type that has a name in the other file is copied as one without.
        guard let type = Handle(H5Tcopy(other.form.stored.id), H5Tclose) else {
            throw file.error(.unwritable, path(of: name), "cannot be created", frames: errorFrames())
        }
        return try createDataset(name, type: type, shape: [rows] + other.storedShape.dropFirst(), storage: storage)
    }
}
