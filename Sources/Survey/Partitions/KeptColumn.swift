import HDF5

/// A column of the partitions that is carried into the results as it is.
public struct KeptColumn: Sendable, Codable, Equatable {
    /// How its elements are stored in the results.
    public enum Form: Sendable, Codable, Equatable {
        case elements(StoredType)
        /// Of a fixed length: the longest that any partition has.
        case strings(StringForm)
    }

    /// The data set, or field of a table, as the user names it.
    public let source: String
    /// How.
    public private(set) var form: Form
    /// What the numbers are, for people.
    private let kind: String
    /// What the file says that they stand for: units, scale.
    private let meaning: [String]

    /// Bytes of the longest string that is carried.
    static let longestString = 1024
    /// Attributes that change what a number stands for.
    private static let meanings = [
        "units", "unit", "scale_factor", "add_offset", "BSCALE", "BZERO", "_FillValue", "missing_value", "_Unsigned",
    ]

    /// Its name in the results: without groups and tables.
    public var name: String { Self.name(of: source) }

    /// The name of a column in the results.
    ///
    /// - Parameter source: The data set or field, as `group/table:ra`.
    public static func name(of source: String) -> String {
        String(source.reversed().prefix { $0 != "/" && $0 != ":" }.reversed())
    }

    /// Bytes of an element in the results.
    public var width: Int {
        switch form {
        case .elements(let type): type.byteCount
        case .strings(let form): form.length ?? 0
        }
    }

    /// An element of a galaxy whose partition cannot be read.
    public var blank: [UInt8] {
        switch form {
        case .elements(let type): type.blank
        case .strings(let form): form.stored([[]]) ?? []
        }
    }

    /// - Parameters:
    ///   - source: What the user calls it.
    ///   - dataset: Its data set in a partition.
    ///   - longest: Bytes of its longest string, where they have any length.
    init?(_ source: String, _ dataset: Dataset, longest: Int) {
        if var strings = dataset.stringForm {
            if strings.length == nil { strings = StringForm(length: max(longest, 1), like: strings) }
            form = .strings(strings)
            kind = "strings"
        } else if let type = dataset.storedElements {
            form = .elements(type)
            kind = dataset.typeDescription
        } else {
            return nil
        }
        self.source = source
        // The attributes of a table are about no field of it alone.
        meaning =
            dataset.isField
            ? []
            : Self.meanings.compactMap { name in
                guard dataset.hasAttribute(name) else { return nil }
                let text = try? dataset.attributeStrings(name).joined(separator: ", ")
                let number = try? dataset.attributeNumbers(name, as: Double.self)
                return "\(name) \(text ?? number.map { "\($0)" } ?? "of another type")"
            }
    }

    /// Takes the same column of other partitions.
    ///
    /// - Returns: What differs; nil when nothing does.
    mutating func join(_ other: KeptColumn) -> (mine: String, other: String)? {
        guard meaning == other.meaning else {
            func words(_ column: KeptColumn) -> String {
                column.meaning.isEmpty ? "no units" : column.meaning.joined(separator: ", ")
            }
            return (words(self), words(other))
        }
        if case .strings(let mine) = form, case .strings(let theirs) = other.form {
            form = .strings(mine.padded(with: theirs))
            return nil
        }
        return form == other.form ? nil : (kind, other.kind == kind ? "another \(kind)" : other.kind)
    }
}

extension PartitionFile {
    /// The columns that the schema asks to carry, with the room that their strings need. All of them are read, so that
    /// a damaged one is known before work starts.
    ///
    /// - Throws: `HDF5Error` when they cannot be read, ``PartitionError`` for strings that are too long.
    func keptColumns() throws -> [KeptColumn] {
        try zip(schema.kept, kept).map { source, dataset in
            var longest = 0
            for first in stride(from: 0, to: rows, by: 1 << 16) {
                let part = first..<min(first + 1 << 16, rows)
                if dataset.stringForm != nil {
                    longest = max(longest, try dataset.readBytes(rows: part).map(\.count).max() ?? 0)
                } else if let type = dataset.storedElements {
                    _ = try dataset.readBytes(rows: part, as: type)
                }
            }
            guard longest <= KeptColumn.longestString, let column = KeptColumn(source, dataset, longest: longest) else {
                throw PartitionError(
                    file: path,
                    faults: [
                        "\(source): has a string of \(longest) bytes; --keep carries strings of at most \(KeptColumn.longestString)"
                    ])
            }
            return column
        }
    }

    /// Reads a column that is carried.
    ///
    /// - Parameters:
    ///   - place: Its place among those of the schema.
    ///   - rows: A range of the file's rows.
    ///   - column: How the results have it.
    /// - Returns: The elements as they are stored there.
    /// - Throws: `HDF5Error` when the file cannot be read, ``PartitionError`` when it has other strings than before.
    public func keptBytes(_ place: Int, rows: Range<Int>, as column: KeptColumn) throws -> [UInt8] {
        switch column.form {
        case .elements(let type): return try kept[place].readBytes(rows: rows, as: type)
        case .strings(let form):
            guard let bytes = form.stored(try kept[place].readBytes(rows: rows)) else { throw changed }
            return bytes
        }
    }

    /// Reads a column that is carried as texts: numbers in the shortest form that tells them apart, nothing for those
    /// that are no numbers.
    ///
    /// - Throws: As ``keptBytes(_:rows:as:)``.
    public func keptTexts(_ place: Int, rows: Range<Int>) throws -> [String] {
        let dataset = kept[place]
        func numbers<T: Scalar>(_ type: T.Type) throws -> [T] {
            try [T](unsafeUninitializedCapacity: rows.count) { buffer, count in
                try dataset.read(rows: rows, into: UnsafeMutableBufferPointer(rebasing: buffer[..<rows.count]))
                count = rows.count
            }
        }
        switch dataset.elementType {
        case .string: return try dataset.readBytes(rows: rows).map { printable($0) }
        case .float(let bits) where bits <= 32: return try numbers(Float.self).map { $0.isNaN ? "" : "\($0)" }
        case .float, .customFloat: return try numbers(Double.self).map { $0.isNaN ? "" : "\($0)" }
        case .integer(_, signed: false): return try numbers(UInt64.self).map(String.init)
        case .integer: return try numbers(Int64.self).map(String.init)
        case .other: return try dataset.readEnumeration(rows: rows).map(String.init)
        }
    }

    /// Copies the attributes of a column that is carried to the results'.
    ///
    /// - Throws: `HDF5Error`.
    public func copyAttributes(ofKept place: Int, to target: Dataset) throws {
        if !kept[place].isField { try target.copyAttributes(from: kept[place]) }
    }

    /// Requires that the file, and those that it leads to, are what they were when it was opened: what was read in
    /// between is then of that file.
    ///
    /// - Throws: ``PartitionError``.
    public func requireUnchanged() throws {
        guard FileStamp(path, linked: linkedFiles) == stamp else { throw changed }
    }

    var changed: PartitionError {
        PartitionError(
            file: path,
            faults: ["was changed after the job started; start the job again when the file is as it shall be"])
    }
}
