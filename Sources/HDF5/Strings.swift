import CHDF5
import Glibc

/// The type of UTF-8 strings of any length.
func variableString() -> Handle? {
    guard let type = Handle(H5Tcopy(ch5_string()), H5Tclose), H5Tset_size(type.id, ch5_variable()) >= 0,
        H5Tset_cset(type.id, H5T_CSET_UTF8) >= 0
    else { return nil }
    return type
}

/// Strings that the library hands out or takes: `count` of them, of the stored type `type`.
struct StringTransfer {
    /// Reads strings of fixed or variable length; what is not UTF-8 is repaired. Nil when `read` fails.
    static func read(_ count: Int, type: hid_t, space: hid_t, _ read: (hid_t, UnsafeMutableRawPointer) -> herr_t)
        -> [String]?
    {
        H5Tis_variable_str(type) > 0
            ? readVariable(count, type: type, space: space, read) : readFixed(count, type: type, read)
    }

    private static func readVariable(
        _ count: Int, type: hid_t, space: hid_t, _ read: (hid_t, UnsafeMutableRawPointer) -> herr_t
    ) -> [String]? {
        var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: max(count, 1))
        return pointers.withUnsafeMutableBytes { bytes in
            guard let start = bytes.baseAddress, read(type, start) >= 0 else { return nil }
            defer { H5Dvlen_reclaim(type, space, ch5_default(), start) }
            return bytes.bindMemory(to: UnsafeMutablePointer<CChar>?.self).prefix(count).map {
                $0.map { String(cString: $0) } ?? ""
            }
        }
    }

    private static func readFixed(
        _ count: Int, type: hid_t, _ read: (hid_t, UnsafeMutableRawPointer) -> herr_t
    ) -> [String]? {
        let size = H5Tget_size(type)
        let padsWithSpaces = H5Tget_strpad(type) == H5T_STR_SPACEPAD
        var bytes = [UInt8](repeating: 0, count: max(count * size, 1))
        guard bytes.withUnsafeMutableBytes({ read(type, $0.baseAddress!) }) >= 0 else { return nil }
        return (0..<count).map { index in
            var text = bytes[index * size..<(index + 1) * size].prefix { $0 != 0 }
            while padsWithSpaces, text.last == 0x20 { text.removeLast() }
            return String(decoding: text, as: UTF8.self)
        }
    }

    /// Gives `body` the strings as the library takes them: pointers to bytes that end with zero.
    static func withPointers<R>(_ strings: [String], _ body: (UnsafeRawPointer) -> R) -> R {
        let pointers = strings.map { strdup($0) }
        defer { pointers.forEach { free($0) } }
        return pointers.withUnsafeBytes { bytes in
            // An array without elements has no address; the library is then given one that it does not read.
            bytes.baseAddress.map(body) ?? withUnsafeBytes(of: 0) { body($0.baseAddress!) }
        }
    }
}

extension Dataset {
    /// Reads rows of a data set of strings, of fixed or variable length; what is not UTF-8 is repaired.
    ///
    /// - Throws: ``HDF5Error`` of kind `mismatch` for other types or ranges, `failed` when the data cannot be read.
    public func readStrings(rows: Range<Int>) throws(HDF5Error) -> [String] {
        guard elementType == .string else { throw error(.mismatch, "holds \(elementType), not strings") }
        var strings: [String]? = []
        try transfer([rows] + shape.dropFirst().map { 0..<$0 }) { memory, block in
            strings = StringTransfer.read(rows.count * rowCount, type: type.id, space: memory) { type, buffer in
                H5Dread(handle.id, type, memory, block, ch5_default(), buffer)
            }
            return strings == nil ? -1 : 0
        }
        return strings ?? []
    }

    /// Writes rows of a data set of strings.
    ///
    /// - Throws: ``HDF5Error`` of kind `unwritable`, or `mismatch` for another range or count.
    public func write(rows: Range<Int>, strings: [String]) throws(HDF5Error) {
        guard elementType == .string, strings.count == rows.count * rowCount else {
            throw error(.mismatch, "rows \(rows) of \(elementType) do not take \(strings.count) strings")
        }
        try transfer([rows] + shape.dropFirst().map { 0..<$0 }, kind: .unwritable) { memory, block in
            StringTransfer.withPointers(strings) {
                H5Dwrite(handle.id, type.id, memory, block, ch5_default(), $0)
            }
        }
    }
}
