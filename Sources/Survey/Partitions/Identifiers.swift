import HDF5

extension PartitionFile {
    /// What object identifiers are.
    public enum Identifiers: Int, Sendable, CustomStringConvertible {
        case none, integers, strings
        /// Integers of 64 bits without a sign, which may lie beyond those with one.
        case unsignedIntegers

        /// For people.
        public var description: String {
            switch self {
            case .none: "none"
            case .integers: "integers"
            case .strings: "strings"
            case .unsignedIntegers: "unsigned integers"
            }
        }

        /// Whether they are integers of any kind.
        var areIntegers: Bool { self == .integers || self == .unsignedIntegers }
    }

    /// Identifiers longer than this are no names.
    static let longestIdentifier = 1 << 16

    /// Reads the identifiers of some galaxies.
    ///
    /// - Parameters:
    ///   - rows: A range of the file's rows.
    ///   - kind: What the data set's identifiers are; those of one file may be of a narrower kind.
    /// - Throws: `HDF5Error` when the file cannot be read.
    public func identifiers(rows: Range<Int>, as kind: Identifiers) throws -> IdentifierValues {
        switch kind {
        case .none: .none
        case .integers: .integers(try integers(rows))
        case .unsignedIntegers: .unsignedIntegers(try integers(rows))
        case .strings: .strings(try objectID?.readBytes(rows: rows) ?? [])
        }
    }

    private func integers<T: Scalar>(_ rows: Range<Int>) throws -> [T] {
        guard let objectID else { return [] }
        return try [T](unsafeUninitializedCapacity: rows.count) { buffer, count in
            try objectID.read(rows: rows, into: UnsafeMutableBufferPointer(rebasing: buffer[..<rows.count]))
            count = rows.count
        }
    }

    /// Reads all identifiers, so that a damaged one is known before work starts.
    ///
    /// - Parameter body: Is given the first row of a block, and its identifiers.
    /// - Throws: `HDF5Error` when they cannot be read, and what the body throws.
    func forEachIdentifiers(_ body: (Int, IdentifierValues) throws -> Void = { _, _ in }) throws {
        guard identifiers != .none else { return }
        let step = 1 << 16
        for first in stride(from: 0, to: rows, by: step) {
            try body(first, try identifiers(rows: first..<min(first + step, rows), as: identifiers))
        }
    }
}

/// Identifiers of some galaxies.
public enum IdentifierValues: Sendable, Equatable {
    case none
    case integers([Int64])
    case unsignedIntegers([UInt64])
    /// The bytes of each, which need not be UTF-8.
    case strings([[UInt8]])

    /// As text: of strings that are not UTF-8 each byte beyond ASCII as `\xE9`, a zero as `\x00`, and a backslash
    /// doubled, so that no two identifiers have the same text.
    public var texts: [String] {
        switch self {
        case .none: []
        case .integers(let values): values.map(String.init)
        case .unsignedIntegers(let values): values.map(String.init)
        case .strings(let values): values.map { printable($0) }
        }
    }

    /// A number for each that equal identifiers have in common; of integers no two others have the same.
    public var hashes: [UInt64] {
        switch self {
        case .none: []
        case .integers(let values): values.map { Self.mixed(UInt64(bitPattern: $0)) }
        case .unsignedIntegers(let values): values.map(Self.mixed)
        case .strings(let values):
            values.map { Self.mixed($0.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }) }
        }
    }

    /// The finaliser of SplitMix64: one to one, and every bit depends on all.
    private static func mixed(_ value: UInt64) -> UInt64 {
        var value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return value ^ value >> 31
    }

    /// Writes them as they are.
    ///
    /// - Throws: `HDF5Error` when they cannot be written.
    public func write(to dataset: Dataset, rows: Range<Int>) throws {
        switch self {
        case .none: return
        case .integers(let values): try dataset.write(rows: rows, from: values)
        case .unsignedIntegers(let values): try dataset.write(rows: rows, from: values)
        case .strings(let values): try dataset.write(rows: rows, bytes: values)
        }
    }
}
