import CHDF5
import Glibc

/// Strings that the library hands out or takes.
enum StringTransfer {
    /// The type of UTF-8 strings of any length.
    static func variableType() -> Handle? { type(size: ch5_variable()) }

    /// The type of UTF-8 strings of at most some bytes, filled up with zeros.
    static func fixedType(_ length: Int) -> Handle? {
        guard length > 0, let type = type(size: length), H5Tset_strpad(type.id, H5T_STR_NULLPAD) >= 0
        else { return nil }
        return type
    }

    private static func type(size: Int) -> Handle? {
        guard let type = Handle(H5Tcopy(ch5_string()), H5Tclose), H5Tset_size(type.id, size) >= 0,
            H5Tset_cset(type.id, H5T_CSET_UTF8) >= 0
        else { return nil }
        return type
    }

    /// Reads strings; what is not UTF-8 is repaired.
    ///
    /// - Parameters:
    ///   - count: How many there are.
    ///   - type: The stored type of one.
    ///   - memoryType: What they are read as, which has them one after another.
    ///   - space: What is read.
    ///   - read: Reads them into memory.
    /// - Returns: nil when `read` fails.
    static func read(
        _ count: Int, type: hid_t, memoryType: hid_t, space: hid_t, _ read: (UnsafeMutableRawPointer) -> herr_t
    ) -> [String]? {
        H5Tis_variable_str(type) > 0
            ? readVariable(count, type: memoryType, space: space, read) : readFixed(count, type: type, read)
    }

    private static func readVariable(
        _ count: Int, type: hid_t, space: hid_t, _ read: (UnsafeMutableRawPointer) -> herr_t
    ) -> [String]? {
        var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
        return pointers.withUnsafeMutableBytes { bytes in
            guard let start = bytes.baseAddress, read(start) >= 0 else { return nil }
            defer { _ = ch5_reclaim(type, space, start) }
            return bytes.bindMemory(to: UnsafeMutablePointer<CChar>?.self).map {
                $0.map { String(cString: $0) } ?? ""
            }
        }
    }

    private static func readFixed(
        _ count: Int, type: hid_t, _ read: (UnsafeMutableRawPointer) -> herr_t
    ) -> [String]? {
        let size = H5Tget_size(type)
        let isPaddedWithSpaces = H5Tget_strpad(type) == H5T_STR_SPACEPAD
        var bytes = [UInt8](repeating: 0, count: count * size)
        let isRead = bytes.withUnsafeMutableBytes { bytes in bytes.baseAddress.map { read($0) >= 0 } ?? false }
        guard isRead else { return nil }
        return (0..<count).map { index in
            var text = bytes[index * size..<(index + 1) * size].prefix { $0 != 0 }
            while isPaddedWithSpaces, text.last == 0x20 { text.removeLast() }
            return String(decoding: text, as: UTF8.self)
        }
    }

    /// Gives `body` strings of any length as the library takes them: pointers to bytes that end with zero.
    static func withPointers<R>(_ strings: [String], _ body: (UnsafeRawPointer?) -> R) -> R {
        let pointers = strings.map { strdup($0) }
        defer { pointers.forEach { free($0) } }
        return pointers.withUnsafeBytes { body($0.baseAddress) }
    }

    /// The same for bytes that end with zero.
    static func withPointers<R>(_ strings: [[UInt8]], _ body: (UnsafeRawPointer?) -> R) -> R {
        let starts = strings.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
        return strings.flatMap(\.self).withUnsafeBytes { bytes in
            let pointers = starts.dropLast().map { place in bytes.baseAddress.map { $0 + place } }
            return pointers.withUnsafeBytes { body($0.baseAddress) }
        }
    }

    /// Bytes before the zero that ends a string.
    static func length(_ start: UnsafePointer<UInt8>) -> Int {
        strlen(UnsafeRawPointer(start).assumingMemoryBound(to: CChar.self))
    }

    /// Strings of at most `length` bytes one after another, each filled up with zeros.
    static func fixedBytes(_ strings: [String], length: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(strings.count * length)
        for string in strings {
            bytes += string.utf8
            bytes += repeatElement(0, count: length - string.utf8.count)
        }
        return bytes
    }
}
