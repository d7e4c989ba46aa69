import CHDF5

/// The type in which a data set stores numbers or enumerations, as it can be told to another process: numbers with
/// their lowest byte first, as this machine has them.
public struct StoredType: Sendable, Hashable, Codable {
    /// As HDF5 writes down types.
    private let code: [UInt8]
    /// Bytes of an element.
    public let byteCount: Int
    /// An element that stands for none: no number where there is such a thing, else 0.
    public let blank: [UInt8]

    /// That of a data set's elements; nil for what is neither numbers nor an enumeration.
    init?(_ dataset: Dataset) {
        guard dataset.elementType.isNumeric || dataset.isEnumeration,
            let type = Handle(H5Tcopy(dataset.type.id), H5Tclose)
        else { return nil }
        // The members of an enumeration have the order of bytes of its numbers, for good.
        if dataset.elementType.isNumeric, H5Tset_order(type.id, H5T_ORDER_LE) < 0 { return nil }
        var count = 0
        guard ch5_encode(type.id, nil, &count) >= 0, count > 0 else { return nil }
        var code = [UInt8](repeating: 0, count: count)
        guard ch5_encode(type.id, &code, &count) >= 0 else { return nil }
        self.code = code
        byteCount = H5Tget_size(type.id)
        blank =
            switch dataset.elementType {
            case .float(16): [0x00, 0x7e]
            case .float(32): withUnsafeBytes(of: Float.nan.bitPattern.littleEndian) { Array($0) }
            case .float(64): withUnsafeBytes(of: Double.nan.bitPattern.littleEndian) { Array($0) }
            default: [UInt8](repeating: 0, count: byteCount)
            }
    }

    /// The library's type; nil when there is none.
    func type() -> Handle? { Handle(ch5_decode(code, code.count), H5Tclose) }
}

extension Dataset {
    /// Whether elements are numbers with names, such as the booleans of h5py.
    public var isEnumeration: Bool { H5Tget_class(type.id) == H5T_ENUM }

    /// The type of numbers and enumerations; nil for others.
    public var storedElements: StoredType? { StoredType(self) }

    /// Reads rows in a type in which they, or those of a data set like it, are stored.
    ///
    /// - Parameters:
    ///   - rows: A range of the first dimension.
    ///   - stored: The type, in which the numbers of this data set are stored but for their order of bytes.
    /// - Returns: The bytes of all elements.
    /// - Throws: ``HDF5Error`` of kind `mismatch` for another range, `failed` when they cannot be read or were never
    ///   written.
    public func readBytes(rows: Range<Int>, as stored: StoredType) throws(HDF5Error) -> [UInt8] {
        let block = block(rows: rows)
        guard let type = stored.type() else {
            throw error(.failed, "has a type that the HDF5 library here does not know")
        }
        try requireWritten()
        let memoryType = try memoryType(type.id)
        var bytes = [UInt8](repeating: 0, count: try count(of: block) * stored.byteCount)
        try transfer(block) { memory, selected in
            H5Dread(handle.id, memoryType.id, memory, selected, ch5_default(), &bytes)
        }
        return bytes
    }

    /// Reads rows of an enumeration as the numbers that stand for its names.
    ///
    /// - Throws: As ``readBytes(rows:as:)``.
    public func readEnumeration(rows: Range<Int>) throws(HDF5Error) -> [Int64] {
        let block = block(rows: rows)
        try requireWritten()
        let memoryType = try memoryType(Int64.memoryType)
        var numbers = [Int64](repeating: 0, count: try count(of: block))
        try transfer(block) { memory, selected in
            H5Dread(handle.id, memoryType.id, memory, selected, ch5_default(), &numbers)
        }
        return numbers
    }
}

extension Group {
    /// Creates a data set of elements of a type.
    ///
    /// - Throws: ``HDF5Error`` of kind `unwritable`, also when there is an entry of that name.
    public func createDataset(
        _ name: String, of stored: StoredType, shape: [Int], storage: Storage = .contiguous
    ) throws(HDF5Error) -> Dataset {
        guard let type = stored.type() else {
            throw file.error(.unwritable, path(of: name), "cannot be created", frames: errorFrames())
        }
        return try createDataset(name, type: type, shape: shape, storage: storage)
    }
}
