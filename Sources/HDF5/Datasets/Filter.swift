import CHDF5

/// A step that chunks go through when they are written, and back when they are read: compression, a checksum.
public struct Filter: Sendable, Equatable {
    /// Its name in the file, such as `deflate`, `shuffle` or `fletcher32`; its number when it has none.
    public let name: String
    /// Whether this library can undo it.
    public let isDecodable: Bool

    static func list(of creation: Handle) -> [Filter] {
        let count = H5Pget_nfilters(creation.id)
        return count > 0 ? (0..<UInt32(count)).compactMap { Filter($0, of: creation) } : []
    }

    private init?(_ index: UInt32, of creation: Handle) {
        var (flags, configuration): (UInt32, UInt32) = (0, 0)
        var parameterCount = 0
        var bytes = [CChar](repeating: 0, count: 64)
        let id = H5Pget_filter2(
            creation.id, index, &flags, &parameterCount, nil, bytes.count - 1, &bytes, &configuration)
        guard id >= 0 else { return nil }
        let name = String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        self.name = name.isEmpty ? "filter \(id)" : name
        isDecodable = H5Zfilter_avail(id) > 0 && configuration & UInt32(H5Z_FILTER_CONFIG_DECODE_ENABLED) != 0
    }
}
