import CHDF5

extension Dataset {
    /// Reads rows of numbers into memory that the caller owns, converted to `T` from whatever is stored.
    ///
    /// - Parameters:
    ///   - rows: A range of the first dimension.
    ///   - buffer: Room for exactly these rows, `rows.count * rowCount` elements.
    /// - Throws: ``HDF5Error`` of kind `mismatch` for other types or ranges, `failed` when the data cannot be read.
    public func read<T: Scalar>(
        rows: Range<Int>, into buffer: UnsafeMutableBufferPointer<T>
    ) throws(HDF5Error) {
        try read([rows] + shape.dropFirst().map { 0..<$0 }, into: buffer)
    }

    /// Reads a block of numbers: one range for each dimension.
    ///
    /// - Parameters:
    ///   - ranges: The block, within the shape.
    ///   - buffer: Room for exactly the block's elements.
    /// - Throws: ``HDF5Error`` of kind `mismatch` for other types or ranges, `failed` when the data cannot be read.
    public func read<T: Scalar>(
        _ ranges: [Range<Int>], into buffer: UnsafeMutableBufferPointer<T>
    ) throws(HDF5Error) {
        guard elementType.isNumeric else { throw error(.mismatch, "holds \(elementType), not numbers") }
        guard buffer.count == ranges.reduce(1, { $0 * $1.count }) else {
            throw error(.mismatch, "a block of \(ranges.map(\.count)) does not fill \(buffer.count) elements")
        }
        let isHalf = T.self is any BinaryFloatingPoint.Type && HalfPrecision.isStored(in: self)
        try transfer(ranges) { memory, block in
            guard isHalf else {
                return H5Dread(handle.id, T.memoryType, memory, block, ch5_default(), buffer.baseAddress)
            }
            return HalfPrecision.convert(into: buffer) {
                H5Dread(handle.id, type.id, memory, block, ch5_default(), $0)
            }
        }
    }

    /// Reads all numbers, in row-major order.
    ///
    /// - Throws: As ``read(rows:into:)``.
    public func readAll<T: Scalar>(as type: T.Type = T.self) throws(HDF5Error) -> [T] {
        let size = H5Dget_storage_size(handle.id)
        // A damaged file may claim more elements than memory has; gzip packs at most 1032 bytes into one.
        guard count < 1 << 24 || UInt64(count) / 1100 <= size else {
            throw error(.failed, "claims \(count) elements and stores \(size) bytes")
        }
        let buffer = UnsafeMutableBufferPointer<T>.allocate(capacity: count)
        defer { buffer.deallocate() }
        if shape.isEmpty {
            try readScalar(into: buffer)
        } else {
            try read(rows: 0..<rows, into: buffer)
        }
        return Array(buffer)
    }

    private func readScalar<T: Scalar>(into buffer: UnsafeMutableBufferPointer<T>) throws(HDF5Error) {
        guard elementType.isNumeric else { throw error(.mismatch, "holds \(elementType), not numbers") }
        Library.silence()
        guard H5Dread(handle.id, T.memoryType, ch5_all(), ch5_all(), ch5_default(), buffer.baseAddress) >= 0
        else { throw error(.failed, "cannot be read", frames: errorFrames()) }
    }

    /// Selects a block in the file and as much memory, and runs one transfer between them.
    func transfer(
        _ ranges: [Range<Int>], kind: HDF5Error.Kind = .failed, _ run: (hid_t, hid_t) -> herr_t
    ) throws(HDF5Error) {
        guard ranges.count == shape.count,
            zip(ranges, shape).allSatisfy({ $0.lowerBound >= 0 && $0.upperBound <= $1 })
        else { throw error(.mismatch, "has shape \(shape); the block \(ranges) is not within it") }
        guard !ranges.contains(where: \.isEmpty) else { return }
        Library.silence()
        let starts = ranges.map { hsize_t($0.lowerBound) }
        let counts = ranges.map { hsize_t($0.count) }
        guard let block = Handle(H5Dget_space(handle.id), H5Sclose),
            H5Sselect_hyperslab(block.id, H5S_SELECT_SET, starts, nil, counts, nil) >= 0,
            let memory = Handle(H5Screate_simple(Int32(counts.count), counts, nil), H5Sclose),
            run(memory.id, block.id) >= 0
        else {
            let verb = kind == .unwritable ? "written" : "read"
            throw error(kind, "rows \(ranges[0]) cannot be \(verb)", frames: errorFrames())
        }
    }
}
