import FoundationEssentials
import PhotozExitCodes

/// Galaxies of a real catalogue: redshifts and magnitudes from the columns `redshift`, `u`, `g`, `r`, `i` and `z` of a
/// file of comma-separated values (RFC 4180) with a line of names.
public struct Catalog: Sendable {
    /// What is wrong with a catalogue.
    public enum Failure: Error, Sendable, Equatable, CustomStringConvertible {
        /// The file cannot be read, or is no text.
        case unreadable(path: String, reason: String)
        /// Columns that are needed and not there.
        case missingColumns(path: String, names: [String])
        /// A row that no galaxy can be made of; rows count from 1, the line of names left out.
        case badRow(path: String, row: Int, reason: String)
        /// No row at all.
        case empty(path: String)

        /// What is wrong, and what to do.
        public var description: String {
            switch self {
            case .unreadable(let path, let reason): "\(path): \(reason)"
            case .missingColumns(let path, let names):
                "\(path): lacks the column\(names.count == 1 ? "" : "s") \(names.joined(separator: ", ")); "
                    + "the first line must name redshift, u, g, r, i and z, separated by commas"
            case .badRow(let path, let row, let reason): "\(path): row \(row): \(reason)"
            case .empty(let path): "\(path): holds no galaxies"
            }
        }
    }

    /// What a row says of a galaxy.
    public struct Row: Sendable, BitwiseCopyable {
        /// Spectroscopic redshift.
        public let redshift: Double
        /// Total light.
        public let magnitudes: Magnitudes
    }

    /// The galaxies, in the order of the file; at least one.
    public let rows: [Row]

    /// A catalogue that another rank has read.
    ///
    /// - Parameter rows: At least one.
    public init(rows: [Row]) {
        precondition(!rows.isEmpty, "a catalogue holds galaxies")
        self.rows = rows
    }

    private static let columns = ["redshift", "u", "g", "r", "i", "z"]
    /// Beyond these nothing is a magnitude: catalogues mark missing ones by -9999, -99 or 99.
    private static let magnitudes = 0.0...40.0
    private static let redshifts = -0.1...20.0

    /// - Throws: ``Failure``.
    public init(path: String) throws(Failure) {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw .unreadable(path: path, reason: "cannot be read; check that the file is there, and its permissions")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw .unreadable(path: path, reason: "is not text in UTF-8; give a file of comma-separated values")
        }
        try self.init(text: text, path: path)
    }

    package init(text: String, path: String) throws(Failure) {
        var records = SeparatedValues(text)
        let names = records.next() ?? []
        let missing = Self.columns.filter { !names.contains($0) }
        guard missing.isEmpty else { throw .missingColumns(path: path, names: missing) }
        let places = Self.columns.map { names.firstIndex(of: $0)! }
        var rows: [Row] = []
        while let record = records.next() {
            let row = rows.count + 1
            guard record.count == names.count else {
                throw .badRow(
                    path: path, row: row, reason: "has \(record.count) values, and the first line names \(names.count)")
            }
            var values: [Double] = []
            for (name, place) in zip(Self.columns, places) {
                let limits = name == "redshift" ? Self.redshifts : Self.magnitudes
                guard let value = Double(record[place]), limits.contains(value) else {
                    throw .badRow(
                        path: path, row: row,
                        reason: "\(name) is \"\(record[place])\"; it must be a number from \(limits.lowerBound) to "
                            + "\(limits.upperBound). Leave such rows out")
                }
                values.append(value)
            }
            let magnitudes = Magnitudes(u: values[1], g: values[2], r: values[3], i: values[4], z: values[5])
            rows.append(Row(redshift: values[0], magnitudes: magnitudes))
        }
        guard !rows.isEmpty else { throw .empty(path: path) }
        self.init(rows: rows)
    }
}

/// Records of a text of comma-separated values, one after another; empty lines are left out, blanks around values too.
///
/// Ours because the CSV packages for Swift load all of Foundation and its Unicode tables, twice the size of the
/// program.
private struct SeparatedValues {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = text.hasPrefix("\u{feff}") ? text.dropFirst().utf8 : text[...].utf8 }

    mutating func next() -> [String]? {
        while !rest.isEmpty {
            let record = record()
            if record != [""] { return record }
        }
        return nil
    }

    private mutating func record() -> [String] {
        var values: [String] = []
        repeat { values.append(value()) } while takes(UInt8(ascii: ","))
        _ = takes(UInt8(ascii: "\r"))
        _ = takes(UInt8(ascii: "\n"))
        return values
    }

    private mutating func value() -> String {
        let ends = [UInt8(ascii: ","), UInt8(ascii: "\n"), UInt8(ascii: "\r")]
        rest = rest.drop { $0 == UInt8(ascii: " ") }
        guard takes(UInt8(ascii: "\"")) else {
            let value = rest.prefix { !ends.contains($0) }
            rest = rest.dropFirst(value.count)
            return String(decoding: value, as: UTF8.self).trimmingBlanks()
        }
        var quoted: [UInt8] = []
        while true {
            let part = rest.prefix { $0 != UInt8(ascii: "\"") }
            quoted += part
            rest = rest.dropFirst(part.count + 1)
            // Two quotation marks within stand for one.
            guard takes(UInt8(ascii: "\"")) else { break }
            quoted.append(UInt8(ascii: "\""))
        }
        rest = rest.drop { !ends.contains($0) }
        return String(decoding: quoted, as: UTF8.self)
    }

    private mutating func takes(_ byte: UInt8) -> Bool {
        guard rest.first == byte else { return false }
        rest = rest.dropFirst()
        return true
    }
}

extension String {
    fileprivate func trimmingBlanks() -> String {
        var text = self[...]
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return String(text)
    }
}

extension Catalog.Failure: ExitCoded {
    /// The exit code of a program that this ends.
    package var exitCode: ExitCode {
        if case .unreadable = self { .inputMissing } else { .badData }
    }
}
