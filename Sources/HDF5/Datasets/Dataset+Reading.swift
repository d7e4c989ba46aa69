import CHDF5

extension Dataset {
    /// Reads rows of numbers into memory that the caller owns, converted to `T` from whatever is stored.
    ///
    /// - Parameters:
    ///   - rows: A range of the first dimension; `0..<1` for a scalar.
    ///   - buffer: Room for exactly these rows, `rows.count * rowCount` elements.
    /// - Throws: ``HDF5Error`` of kind `mismatch` for other types or ranges, `failed` when the data cannot be read or
    ///   were never written.
    public func read<T: Scalar>(
        rows: Range<Int>, into buffer: UnsafeMutableBufferPointer<T>
    ) throws(HDF5Error) {
        try read(block(rows: rows), into: buffer)
    }

    /// Reads a block of numbers: one range for each dimension.
    ///
    /// - Parameters:
    ///   - ranges: The block, within the shape.
    ///   - buffer: Room for exactly the block's elements, in row-major order.
    /// - Throws: ``HDF5Error`` of kind `mismatch` for other types or ranges, `failed` when the data cannot be read or
    ///   were never written.
    public func read<T: Scalar>(
        _ ranges: [Range<Int>], into buffer: UnsafeMutableBufferPointer<T>
    ) throws(HDF5Error) {
        guard elementType.isNumeric else { throw error(.mismatch, "holds \(elementType), not numbers") }
        guard try count(of: ranges) == buffer.count else {
            throw error(.mismatch, "a block of \(ranges.map(\.count)) does not fill \(buffer.count) elements")
        }
        try requireWritten()
        guard isWhole(ranges) else { return try readPart(ranges, into: buffer) }
        let isHalf = T.self is any BinaryFloatingPoint.Type && HalfPrecision.isStored(in: self)
        let memoryType = try memoryType(isHalf ? type.id : T.memoryType)
        try transfer(ranges) { memory, block in
            guard isHalf else {
                return H5Dread(handle.id, memoryType.id, memory, block, ch5_default(), buffer.baseAddress)
            }
            return HalfPrecision.convert(into: buffer) {
                H5Dread(handle.id, memoryType.id, memory, block, ch5_default(), $0)
            }
        }
    }

    /// Reads a part of the arrays that are stored at each place: the library moves only whole ones.
    private func readPart<T: Scalar>(
        _ ranges: [Range<Int>], into buffer: UnsafeMutableBufferPointer<T>
    ) throws(HDF5Error) {
        let whole = ranges.prefix(storedShape.count) + shape.dropFirst(storedShape.count).map { 0..<$0 }
        let all = UnsafeMutableBufferPointer<T>.allocate(capacity: try count(of: Array(whole)))
        defer { all.deallocate() }
        try read(Array(whole), into: all)
        // Where an element of the part lies among those of the whole arrays, counted like the digits of a number.
        let sizes = whole.map(\.count)
        for index in buffer.indices {
            var (rest, place, step) = (index, 0, 1)
            for axis in ranges.indices.reversed() {
                let (quotient, digit) = rest.quotientAndRemainder(dividingBy: ranges[axis].count)
                place += (digit + ranges[axis].lowerBound - whole[axis].lowerBound) * step
                step *= sizes[axis]
                rest = quotient
            }
            buffer[index] = all[place]
        }
    }

    /// Reads rows of numbers as they are stored, bit for bit, in this machine's order of bytes.
    ///
    /// - Parameters:
    ///   - rows: A range of the first dimension; `0..<1` for a scalar.
    ///   - buffer: Exactly the bytes of these rows.
    /// - Throws: ``HDF5Error`` of kind `mismatch` for other types or ranges, `failed` when the data cannot be read or
    ///   were never written.
    public func read(rows: Range<Int>, stored buffer: UnsafeMutableRawBufferPointer) throws(HDF5Error) {
        let block = block(rows: rows)
        guard let type = elementType.stored(), try count(of: block) * H5Tget_size(type.id) == buffer.count else {
            throw error(.mismatch, "rows \(rows) of \(elementType) do not fill \(buffer.count) bytes")
        }
        try requireWritten()
        let memoryType = try memoryType(type.id)
        try transfer(block) { memory, selected in
            H5Dread(handle.id, memoryType.id, memory, selected, ch5_default(), buffer.baseAddress)
        }
    }

    /// Reads all numbers, in row-major order.
    ///
    /// - Throws: As ``read(rows:into:)``, and `failed` when a damaged file claims more elements than it can hold.
    public func readAll<T: Scalar>(as type: T.Type = T.self) throws(HDF5Error) -> [T] {
        guard elementType.isNumeric else { throw error(.mismatch, "holds \(elementType), not numbers") }
        // Before memory is taken for what a damaged file may claim.
        try requireWritten()
        var failure: HDF5Error?
        let values = [T](unsafeUninitializedCapacity: count) { room, filled in
            let buffer = UnsafeMutableBufferPointer(rebasing: room[..<count])
            do throws(HDF5Error) { try read(block(rows: 0..<rows), into: buffer) } catch { failure = error }
            filled = failure == nil ? count : 0
        }
        if let failure { throw failure }
        return values
    }

    /// Reads rows of a data set of strings, of fixed or variable length; what is not UTF-8 is repaired.
    ///
    /// - Parameter rows: A range of the first dimension; `0..<1` for a scalar.
    /// - Throws: ``HDF5Error`` of kind `mismatch` for other types or ranges, `failed` when the data cannot be read or
    ///   were never written.
    public func readStrings(rows: Range<Int>) throws(HDF5Error) -> [String] {
        guard elementType == .string else { throw error(.mismatch, "holds \(elementType), not strings") }
        let block = block(rows: rows)
        let count = try count(of: block)
        try requireWritten()
        guard isWhole(block) else {
            throw error(.mismatch, "keeps its rows in one element, which is not read in parts")
        }
        let memoryType = try memoryType(type.id)
        var strings: [String] = []
        try transfer(block) { memory, selected in
            let read = StringTransfer.read(count, type: type.id, memoryType: memoryType.id, space: memory) {
                H5Dread(handle.id, memoryType.id, memory, selected, ch5_default(), $0)
            }
            strings = read ?? []
            return read == nil ? -1 : 0
        }
        return strings
    }
}
