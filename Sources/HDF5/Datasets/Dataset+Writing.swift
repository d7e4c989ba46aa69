import CHDF5

extension Dataset {
    /// Writes rows of numbers.
    ///
    /// - Parameters:
    ///   - rows: A range of the first dimension; `0..<1` for a scalar.
    ///   - buffer: Exactly the elements of these rows.
    /// - Throws: ``HDF5Error`` of kind `unwritable`, or `mismatch` for another type, range or count.
    public func write<T: Scalar>(rows: Range<Int>, from buffer: UnsafeBufferPointer<T>) throws(HDF5Error) {
        let block = block(rows: rows)
        guard elementType.isNumeric, try count(of: block) == buffer.count else {
            throw error(.mismatch, "rows \(rows) of \(elementType) do not take \(buffer.count) numbers")
        }
        let memoryType = try memoryTypeToWrite(T.memoryType)
        try transfer(block, kind: .unwritable) { memory, selected in
            H5Dwrite(handle.id, memoryType.id, memory, selected, ch5_default(), buffer.baseAddress)
        }
    }

    /// Writes rows of numbers.
    ///
    /// - Throws: ``HDF5Error`` of kind `unwritable`, or `mismatch` for another type, range or count.
    public func write<T: Scalar>(rows: Range<Int>, from values: [T]) throws(HDF5Error) {
        let result = values.withUnsafeBufferPointer { buffer -> Result<Void, HDF5Error> in
            do throws(HDF5Error) { return .success(try write(rows: rows, from: buffer)) } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    /// Writes rows of numbers that already have the form in which they are stored, bit for bit.
    ///
    /// - Parameters:
    ///   - rows: A range of the first dimension; `0..<1` for a scalar.
    ///   - stored: Exactly the bytes of these rows, in this machine's order for a data set that this library made.
    /// - Throws: ``HDF5Error`` of kind `unwritable`, or `mismatch` for another type, range or count.
    public func write(rows: Range<Int>, stored: UnsafeRawBufferPointer) throws(HDF5Error) {
        let block = block(rows: rows)
        guard elementType.isNumeric, try count(of: block) * H5Tget_size(type.id) == stored.count else {
            throw error(.mismatch, "rows \(rows) of \(elementType) do not take \(stored.count) bytes")
        }
        let memoryType = try memoryTypeToWrite(type.id)
        try transfer(block, kind: .unwritable) { memory, selected in
            H5Dwrite(handle.id, memoryType.id, memory, selected, ch5_default(), stored.baseAddress)
        }
    }

    /// Writes rows of a data set of strings.
    ///
    /// - Throws: ``HDF5Error`` of kind `unwritable`, or `mismatch` for another range or count, and for a string that is
    ///   longer than those of the data set or has a zero character: none is cut off.
    public func write(rows: Range<Int>, strings: [String]) throws(HDF5Error) {
        let block = block(rows: rows)
        guard elementType == .string, try count(of: block) == strings.count else {
            throw error(.mismatch, "rows \(rows) of \(elementType) do not take \(strings.count) strings")
        }
        if let place = strings.firstIndex(where: { !fits($0) }) {
            let limit = stringLength.map { "; strings have at most \($0) bytes" } ?? ""
            throw error(.mismatch, "does not take the string \(place) of rows \(rows)\(limit), and no zero character")
        }
        let memoryType = try memoryTypeToWrite(type.id)
        try transfer(block, kind: .unwritable) { memory, selected in
            write(strings) { H5Dwrite(handle.id, memoryType.id, memory, selected, ch5_default(), $0) }
        }
    }

    /// What a transfer into the file takes in memory. A field of a compound is not written alone: the library would
    /// read the others first.
    func memoryTypeToWrite(_ element: hid_t) throws(HDF5Error) -> Handle {
        guard form.field == nil else { throw error(.mismatch, "is a field; fields are read and not written") }
        return try memoryType(element)
    }

    private func fits(_ string: String) -> Bool {
        !string.utf8.contains(0) && string.utf8.count <= stringLength ?? .max
    }

    private func write(_ strings: [String], _ run: (UnsafeRawPointer?) -> herr_t) -> herr_t {
        guard let stringLength else { return StringTransfer.withPointers(strings, run) }
        return StringTransfer.fixedBytes(strings, length: stringLength).withUnsafeBytes { run($0.baseAddress) }
    }
}
