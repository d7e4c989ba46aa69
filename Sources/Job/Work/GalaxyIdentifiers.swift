import HDF5
import PhotozMachine
import Survey

/// Identifiers of some galaxies in order, as their partitions have them.
package struct GalaxyIdentifiers {
    /// What they are; ranks agree on it.
    let kind: PartitionFile.Identifiers
    /// The bits of those that are integers, with a sign or without; empty for others.
    private var integers: [Int64] = []
    /// The bytes of those that are strings; empty for others.
    private(set) var strings: [[UInt8]] = []

    /// None yet.
    init(_ kind: PartitionFile.Identifiers) { self.kind = kind }

    /// Adds those of rows of a partition.
    ///
    /// - Throws: `HDF5Error` when they cannot be read.
    mutating func append(_ rows: Range<Int>, of file: PartitionFile) throws {
        append(try file.identifiers(rows: rows, as: kind))
    }

    /// Adds some of this kind.
    package mutating func append(_ more: IdentifierValues) {
        switch more {
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

    /// How many there are.
    var count: Int { integers.count + strings.count }

    /// Those of some of the galaxies as they are stored, integers or strings of fixed length.
    ///
    /// - Throws: ``JobError`` with code 65 for a string that is too long.
    func bytes(of places: Range<Int>, _ form: StringForm) throws -> [UInt8] {
        guard kind == .strings else { return integers[places].withUnsafeBytes { Array($0) } }
        guard let bytes = form.stored(strings[places]) else { throw unstorable(in: form) }
        return bytes
    }

    /// Requires that the form of a data set's strings holds all of them as they are: files may have changed since it
    /// was found out.
    ///
    /// - Throws: ``JobError`` with code 65 when one is too long, or has a zero within.
    func requireStorable(in dataSet: DataSet) throws {
        let form = dataSet.stringForm ?? .any
        let areStorable = strings.allSatisfy { string in
            form.length.map { string.count <= $0 } ?? !string.contains(0)
        }
        guard areStorable else { throw unstorable(in: form) }
    }

    private func unstorable(in form: StringForm) -> JobError {
        let string = strings.first { string in form.length.map { string.count > $0 } ?? string.contains(0) } ?? []
        return JobError(
            .badData,
            "the identifier \(printable(string)) is longer than those that its partition had, or has a zero within: a partition was changed while the job ran; start again"
        )
    }
}
