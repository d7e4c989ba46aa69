import Survey

/// Identifiers of some galaxies in order, as their partitions have them.
struct GalaxyIdentifiers {
    /// What they are; ranks agree on it.
    let kind: PartitionFile.Identifiers
    /// Those that are integers; empty for others.
    private(set) var integers: [Int64] = []
    /// Those that are strings; empty for others.
    private(set) var strings: [String] = []

    /// None yet.
    init(_ kind: PartitionFile.Identifiers) { self.kind = kind }

    /// Adds those of rows of a partition.
    ///
    /// - Throws: `HDF5Error` when they cannot be read.
    mutating func append(_ rows: Range<Int>, of file: PartitionFile) throws {
        switch kind {
        case .none: break
        case .integers: integers += try file.integerIdentifiers(rows: rows)
        case .strings: strings += try file.stringIdentifiers(rows: rows)
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
        case .integers: integers += repeatElement(0, count: count)
        case .strings: strings += repeatElement("", count: count)
        }
    }

    /// Those of some of the galaxies.
    subscript(places: Range<Int>) -> GalaxyIdentifiers {
        var some = GalaxyIdentifiers(kind)
        switch kind {
        case .none: break
        case .integers: some.integers = Array(integers[places])
        case .strings: some.strings = Array(strings[places])
        }
        return some
    }

    /// As texts for people; none where there are none.
    var texts: [String] { kind == .integers ? integers.map(String.init) : strings }

    // MARK: Between ranks

    /// What another rank makes the same of: the integers, or the length of each string and then all of them in one.
    var bytes: [UInt8] {
        let numbers = kind == .strings ? strings.map { Int64($0.utf8.count) } : integers
        var bytes = numbers.withUnsafeBytes { Array($0) }
        for string in strings { bytes += string.utf8 }
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
        if kind == .integers {
            integers = numbers
        } else {
            for length in numbers {
                guard length >= 0, length <= bytes.count - place else { return nil }
                strings.append(String(decoding: bytes[place..<place + Int(length)], as: UTF8.self))
                place += Int(length)
            }
        }
        guard place == bytes.count else { return nil }
    }
}
