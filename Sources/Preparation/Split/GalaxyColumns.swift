import HDF5
import PhotozMachine
import Survey

/// All that a partition file knows of its galaxies: the data sets with a row for each, at its root and in its groups.
struct GalaxyColumns {
    /// How the columns of a file are found.
    struct Choice: Sendable {
        /// The data set of images, whose rows are the galaxies.
        let images: String
        /// Entries that are passed over.
        let without: Set<String>
        /// Which other files the file may lead to.
        let links: LinkPolicy?
    }

    private let path: String
    private let file: File
    private let columns: [Dataset]
    /// Groups that columns are in, outer ones first.
    private let groups: [Group]
    /// Galaxies.
    let rows: Int
    /// Names of what has no row for each galaxy.
    let leftOut: [String]

    /// - Throws: `HDF5Error` when the file cannot be opened, ``JobError`` with code 65 without images, or with every
    ///   column that cannot be copied.
    init(_ path: String, _ choice: Choice) throws {
        let file = try File.open(path, links: choice.links)
        guard file.contains(choice.images) else {
            throw JobError(
                .badData,
                "\(path): \(choice.images) is missing; say with --images what the images are called. It has \(EntryListing(of: file).text(near: [choice.images]) ?? "no data sets")"
            )
        }
        var search = Search(without: choice.without, rows: try file.dataset(choice.images).rows)
        try search.look(into: file, at: "")
        guard search.faults.isEmpty else {
            throw JobError(
                .badData,
                "\(path): columns that cannot be copied; leave them out with --without NAME,NAME:\(search.faults.map { "\n  - " + $0 }.joined())"
            )
        }
        self.path = path
        self.file = file
        rows = search.rows
        columns = search.columns
        groups = search.groups
        leftOut = search.leftOut
    }

    /// Looks for columns, group by group.
    private struct Search {
        let without: Set<String>
        let rows: Int
        private(set) var columns: [Dataset] = []
        private(set) var groups: [Group] = []
        private(set) var leftOut: [String] = []
        private(set) var faults: [String] = []
        /// A group may hold itself.
        private static let deepest = 8

        init(without: Set<String>, rows: Int) {
            self.without = without
            self.rows = rows
        }

        mutating func look(into group: Group, at prefix: String, depth: Int = 0) throws {
            for member in try group.members() {
                let name = prefix + member.name
                guard !without.contains(name) else { continue }
                guard columns.count + leftOut.count < 10_000 else {
                    throw JobError(.badData, "\(group.name): holds more than 10000 data sets")
                }
                switch member.kind {
                case .dataset: lookAt(member.name, of: group, name)
                case .group:
                    guard depth < Self.deepest else {
                        faults.append("\(name): is a group within more than \(Self.deepest) others")
                        continue
                    }
                    let (inner, count) = (try group.group(member.name), columns.count)
                    let place = groups.count
                    try look(into: inner, at: name + "/", depth: depth + 1)
                    if columns.count > count { groups.insert(inner, at: place) }
                case .other:
                    if let fault = member.fault { faults.append("\(name): \(fault)") } else { leftOut.append(name) }
                }
            }
        }

        private mutating func lookAt(_ member: String, of group: Group, _ name: String) {
            do throws(HDF5Error) {
                let dataset = try group.dataset(member)
                guard !dataset.shape.isEmpty, dataset.rows == rows else {
                    leftOut.append(name)
                    return
                }
                if let reason = dataset.reasonNotToCopy {
                    faults.append("\(name): \(reason)")
                } else {
                    try dataset.requireWritten()
                    columns.append(dataset)
                }
            } catch {
                // One that is declared without a shape has no rows.
                if error.kind == .mismatch { leftOut.append(name) } else { faults.append("\(name): \(error.reason)") }
            }
        }
    }

    /// Bytes of a galaxy in all data sets; strings and sequences of any length are guessed.
    var bytesPerRow: Int {
        columns.reduce(0) { $0 + $1.bytesPerRow + ($1.elementType.size == nil ? 16 * $1.rowCount : 0) }
    }

    /// Refuses files that do not go together.
    ///
    /// - Throws: ``JobError`` with code 65.
    func requireSame(as other: GalaxyColumns) throws {
        guard rows > 0, other.rows > 0 else { return }
        func description(_ column: Dataset) -> String {
            "\(column.name) [N\(column.shape.dropFirst().map { ", \($0)" }.joined())] \(column.typeDescription)"
        }
        let (mine, others) = (columns.map(description), other.columns.map(description))
        var odd: String?
        if mine != others {
            odd =
                mine.first { !others.contains($0) }.map { "has \($0)" }
                ?? others.first { !mine.contains($0) }.map { "lacks \($0)" } ?? "has another order"
        } else if let (column, _) = zip(columns, other.columns).first(where: { !$0.hasSameType(as: $1) }) {
            odd = "has \(column.name) of another type"
        }
        guard let odd else { return }
        throw JobError(.badData, "\(path): \(odd), unlike \(other.path); partitions of one data set are alike")
    }

    /// The data sets of a new partition.
    struct Writer {
        fileprivate let columns: [String: Dataset]

        /// Copies galaxies, some megabytes at a time.
        func copy(_ rows: Range<Int>, of source: GalaxyColumns, at start: Int) throws {
            for column in source.columns {
                guard let target = columns[column.name] else { continue }
                let step = max(1, (4 << 20) / max(1, column.bytesPerRow))
                for first in stride(from: rows.lowerBound, to: rows.upperBound, by: step) {
                    let part = first..<min(first + step, rows.upperBound)
                    try column.copyRows(part, to: target, at: start + first - rows.lowerBound)
                }
            }
        }
    }

    /// Makes the same data sets, for another number of galaxies, with their attributes.
    func writer(to target: File, count: Int, compression: Int?) throws -> Writer {
        try target.copyAttributes(from: file)
        for group in groups { try target.createGroup(group.name).copyAttributes(from: group) }
        var made: [String: Dataset] = [:]
        for column in columns {
            let storage: Storage =
                compression.flatMap { column.bytesPerRow >= 1024 ? .chunked(rows: 32, compression: $0) : nil }
                ?? .contiguous
            let copy = try target.createDataset(column.name, like: column, rows: count, storage: storage)
            try copy.copyAttributes(from: column)
            made[column.name] = copy
        }
        return Writer(columns: made)
    }
}
