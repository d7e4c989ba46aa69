import CHDF5

/// How strings are stored.
public struct StringForm: Sendable, Hashable, Codable {
    /// What stands behind a string of fixed length.
    public enum Padding: Int, Sendable, Codable {
        case zeroEnded, zeros, spaces
    }

    /// Bytes of each string; nil for strings of any length.
    public var length: Int?
    /// What fills a string of fixed length up.
    public var padding: Padding
    /// Whether they are declared to be UTF-8, not ASCII. Whatever is declared, files hold other bytes too.
    public var isUTF8: Bool

    /// UTF-8 strings of any length.
    public static let any = StringForm(length: nil, padding: .zeroEnded, isUTF8: true)

    /// UTF-8 strings of at most so many bytes, filled up with zeros.
    public static func fixed(_ length: Int) -> StringForm { StringForm(length: length, padding: .zeros, isUTF8: true) }

    /// The form of a type of strings.
    init(_ type: Handle) {
        length = H5Tis_variable_str(type.id) > 0 ? nil : H5Tget_size(type.id)
        switch H5Tget_strpad(type.id) {
        case H5T_STR_SPACEPAD: padding = .spaces
        case H5T_STR_NULLPAD: padding = .zeros
        default: padding = .zeroEnded
        }
        isUTF8 = H5Tget_cset(type.id) == H5T_CSET_UTF8
    }

    private init(length: Int?, padding: Padding, isUTF8: Bool) {
        self.length = length
        self.padding = padding
        self.isUTF8 = isUTF8
    }

    /// A form that strings of both can be stored in, byte for byte: of fixed length when both are, filled up alike.
    public func joined(with other: StringForm) -> StringForm {
        let isWide = isUTF8 || other.isUTF8
        guard let length, let otherLength = other.length, padding == other.padding else {
            return StringForm(length: nil, padding: .zeroEnded, isUTF8: isWide)
        }
        return StringForm(length: max(length, otherLength), padding: padding, isUTF8: isWide)
    }

    /// Strings of a fixed length like others, which may have any: filled up with zeros, as those are.
    public init(length: Int, like other: StringForm) {
        self.init(length: length, padding: other.length == nil ? .zeros : other.padding, isUTF8: other.isUTF8)
    }

    /// A form of fixed length that strings of both fixed lengths can be stored in.
    public func padded(with other: StringForm) -> StringForm {
        StringForm(
            length: max(length ?? 0, other.length ?? 0), padding: padding == other.padding ? padding : .zeros,
            isUTF8: isUTF8 || other.isUTF8)
    }

    /// The byte that strings of fixed length are filled up with.
    fileprivate var filler: UInt8 { padding == .spaces ? 0x20 : 0 }

    /// Strings of fixed length one behind another as they are stored; nil when they have any length, or one is too
    /// long.
    public func stored(_ strings: some Collection<[UInt8]>) -> [UInt8]? {
        guard let length else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(strings.count * length)
        for string in strings {
            guard string.count <= length else { return nil }
            bytes += string
            bytes += repeatElement(filler, count: length - string.count)
        }
        return bytes
    }

    /// The library's type; nil when there is none.
    func type() -> Handle? {
        let paddings: [Padding: H5T_str_t] = [
            .zeroEnded: H5T_STR_NULLTERM, .zeros: H5T_STR_NULLPAD, .spaces: H5T_STR_SPACEPAD,
        ]
        guard let type = Handle(H5Tcopy(ch5_string()), H5Tclose),
            H5Tset_size(type.id, length ?? ch5_variable()) >= 0,
            H5Tset_strpad(type.id, paddings[padding] ?? H5T_STR_NULLTERM) >= 0,
            H5Tset_cset(type.id, isUTF8 ? H5T_CSET_UTF8 : H5T_CSET_ASCII) >= 0
        else { return nil }
        return type
    }
}

/// Strings as bytes: what is not UTF-8, or has a zero within, stays what it is.
extension Dataset {
    /// How strings are stored; nil for other types.
    public var stringForm: StringForm? { elementType == .string ? StringForm(type) : nil }

    /// Reads rows of a data set of strings as the bytes that are stored, without what fills them up at the end.
    ///
    /// - Parameter rows: A range of the first dimension; `0..<1` for a scalar.
    /// - Throws: ``HDF5Error`` of kind `mismatch` for other types or ranges, `failed` when the data cannot be read or
    ///   were never written.
    public func readBytes(rows: Range<Int>) throws(HDF5Error) -> [[UInt8]] {
        guard let form = stringForm else { throw error(.mismatch, "holds \(elementType), not strings") }
        let block = block(rows: rows)
        let count = try count(of: block)
        try requireWritten()
        guard count > 0 else { return [] }
        guard isWhole(block) else {
            throw error(.mismatch, "keeps its rows in one element, which is not read in parts")
        }
        let size = H5Tget_size(type.id)
        let memoryType = try memoryType(type.id)
        var elements = [UInt8](repeating: 0, count: count * size)
        var strings: [[UInt8]] = []
        try transfer(block) { memory, selected in
            elements.withUnsafeMutableBytes { bytes in
                let status = H5Dread(handle.id, memoryType.id, memory, selected, ch5_default(), bytes.baseAddress)
                guard status >= 0 else { return status }
                guard form.length == nil else {
                    strings = (0..<count).map { Self.withoutFiller(bytes[$0 * size..<($0 + 1) * size], form) }
                    return status
                }
                strings = bytes.bindMemory(to: UnsafePointer<UInt8>?.self).map { start in
                    start.map { Array(UnsafeBufferPointer(start: $0, count: StringTransfer.length($0))) } ?? []
                }
                return ch5_reclaim(memoryType.id, memory, bytes.baseAddress)
            }
        }
        return strings
    }

    private static func withoutFiller(_ bytes: Slice<UnsafeMutableRawBufferPointer>, _ form: StringForm) -> [UInt8] {
        var bytes = bytes
        while bytes.last == form.filler { bytes.removeLast() }
        return Array(bytes)
    }

    /// Writes rows of a data set of strings, byte for byte.
    ///
    /// - Throws: ``HDF5Error`` of kind `unwritable`, or `mismatch` for another range or count, and for a string that
    ///   the data set cannot hold as it is: one that is too long, or has a zero where strings have any length.
    public func write(rows: Range<Int>, bytes strings: [[UInt8]]) throws(HDF5Error) {
        let block = block(rows: rows)
        guard let form = stringForm, try count(of: block) == strings.count else {
            throw error(.mismatch, "rows \(rows) of \(elementType) do not take \(strings.count) strings")
        }
        let memoryType = try memoryTypeToWrite(type.id)
        let isFitting = { (string: [UInt8]) in form.length.map { string.count <= $0 } ?? !string.contains(0) }
        if let place = strings.firstIndex(where: { !isFitting($0) }) {
            throw error(.mismatch, "cannot hold the string \(printable(strings[place])) as it is")
        }
        guard let all = form.stored(strings) else {
            let ended = strings.map { $0 + [0] }
            try transfer(block, kind: .unwritable) { memory, selected in
                StringTransfer.withPointers(ended) {
                    H5Dwrite(handle.id, memoryType.id, memory, selected, ch5_default(), $0)
                }
            }
            return
        }
        try transfer(block, kind: .unwritable) { memory, selected in
            all.withUnsafeBytes { H5Dwrite(handle.id, memoryType.id, memory, selected, ch5_default(), $0.baseAddress) }
        }
    }
}

extension Group {
    /// Creates a data set of strings of a form.
    ///
    /// - Throws: ``HDF5Error`` of kind `unwritable`, also when there is an entry of that name.
    public func createStringDataset(
        _ name: String, shape: [Int], form: StringForm, storage: Storage = .contiguous
    ) throws(HDF5Error) -> Dataset {
        guard let type = form.type() else {
            throw file.error(.unwritable, path(of: name), "cannot be created", frames: errorFrames())
        }
        return try createDataset(name, type: type, shape: shape, storage: storage)
    }
}
