import Survey

/// Identifiers of some galaxies in order, as their partitions have them.
struct GalaxyIdentifiers {
    /// What they are; ranks agree on it.
    let kind: PartitionFile.Identifiers
    /// The bits of those that are integers, with a sign or without; empty for others.
    private var integers: [Int64] = []
    /// The bytes of those that are strings; empty for others.
    private var strings: [[UInt8]] = []

    /// None yet.
    init(_ kind: PartitionFile.Identifiers) { self.kind = kind }

    /// Adds those of rows of a partition.
    ///
    /// - Throws: `HDF5Error` when they cannot be read.
    mutating func append(_ rows: Range<Int>, of file: PartitionFile) throws {
        switch try file.identifiers(rows: rows, as: kind) {
        case .none: break
        case .integers(let values): integers += values
        case .unsignedIntegers(let values): integers += values.map { Int64(bitPattern: $0) }
        case .strings(let values): strings += values
        }
    }

    /// Adds those of the galaxies behind, which are of the same kind.
    mutating func append(_ more: GalaxyIdentifiers) {
        integers += more.integers
        strings += more.strings
    }

    /// Adds galaxies whose identifiers could not be read: 0, or an empty text.
    mutating func appendUnknown(_ count: Int) {
        switch kind {
        case .none: break
        case .integers, .unsignedIntegers: integers += repeatElement(0, count: count)
        case .strings: strings += repeatElement([], count: count)
        }
    }

    /// Those of some of the galaxies.
    subscript(places: Range<Int>) -> GalaxyIdentifiers {
        var some = GalaxyIdentifiers(kind)
        switch kind {
        case .none: break
        case .integers, .unsignedIntegers: some.integers = Array(integers[places])
        case .strings: some.strings = Array(strings[places])
        }
        return some
    }

    /// All of them, to be written or compared.
    var values: IdentifierValues {
        switch kind {
        case .none: .none
        case .integers: .integers(integers)
        case .unsignedIntegers: .unsignedIntegers(integers.map { UInt64(bitPattern: $0) })
        case .strings: .strings(strings)
        }
    }

    // MARK: Between ranks

    /// What another rank makes the same of: the integers, or the length of each string and then all of them in one.
    var bytes: [UInt8] {
        let numbers = kind == .strings ? strings.map { Int64($0.count) } : integers
        var bytes = numbers.withUnsafeBytes { Array($0) }
        for string in strings { bytes += string }
        return bytes
    }

    /// What another rank's ``bytes`` say of so many galaxies; nil when they are of other galaxies.
    init?(_ kind: PartitionFile.Identifiers, _ bytes: [UInt8], count: Int) {
        self.kind = kind
        var place = count * MemoryLayout<Int64>.size
        guard bytes.count >= place else { return nil }
        let numbers = bytes.withUnsafeBytes { bytes in
            (0..<count).map { bytes.loadUnaligned(fromByteOffset: MemoryLayout<Int64>.size * $0, as: Int64.self) }
        }
        if kind == .strings {
            for length in numbers {
                guard length >= 0, length <= bytes.count - place else { return nil }
                strings.append(Array(bytes[place..<place + Int(length)]))
                place += Int(length)
            }
        } else {
            integers = numbers
        }
        guard place == bytes.count else { return nil }
    }
}
