import HDF5

/// All that a partition file knows of its galaxies: the data sets at its root with a row for each.
struct GalaxyColumns {
    private let path: String
    private let file: File
    private let columns: [Dataset]
    /// Galaxies.
    let rows: Int
    /// Names of what has no row for each galaxy, or of a type that cannot be copied.
    let leftOut: [String]

    /// - Throws: `HDF5Error` when the file cannot be opened, ``JobError`` with code 65 without images.
    init(_ path: String, images: String) throws {
        let file = try File.open(path)
        guard file.contains(images) else {
            throw JobError(.badData, "\(path): \(images) is missing; say with --images what the images are called")
        }
        let rows = try file.dataset(images).rows
        var (columns, leftOut) = ([Dataset](), [String]())
        for member in try file.members() {
            guard member.isDataset, let dataset = try? file.dataset(member.name), !dataset.shape.isEmpty,
                dataset.rows == rows,
                dataset.elementType.size.map({ [1, 2, 4, 8].contains($0) }) ?? (dataset.elementType == .string)
            else {
                leftOut.append(member.name)
                continue
            }
            guard !dataset.isNeverWritten, !dataset.isImplausible else {
                throw JobError(.badData, "\(path): \(member.name) is not all there; its writer did not finish")
            }
            columns.append(dataset)
        }
        self.path = path
        self.file = file
        self.rows = rows
        self.columns = columns
        self.leftOut = leftOut
    }

    /// Bytes of a galaxy in all data sets; strings of any length are guessed.
    var bytesPerRow: Int { columns.reduce(0) { $0 + Self.bytesPerRow($1) } }

    private static func bytesPerRow(_ column: Dataset) -> Int {
        column.rowCount * (column.elementType.size ?? column.stringLength ?? 32)
    }

    /// Refuses files that do not go together.
    ///
    /// - Throws: ``JobError`` with code 65.
    func requireSame(as other: GalaxyColumns) throws {
        guard rows > 0, other.rows > 0 else { return }
        func description(_ column: Dataset) -> String {
            "\(column.name) [N\(column.shape.dropFirst().map { ", \($0)" }.joined())] \(column.elementType)"
        }
        let (mine, others) = (columns.map(description), other.columns.map(description))
        guard mine != others else { return }
        let odd =
            mine.first { !others.contains($0) }.map { "has \($0)" }
            ?? others.first { !mine.contains($0) }.map { "lacks \($0)" } ?? "has another order"
        throw JobError(.badData, "\(path): \(odd), unlike \(other.path); partitions of one data set are alike")
    }

    /// The data sets of a new partition.
    struct Writer {
        fileprivate let columns: [String: Dataset]

        /// Copies galaxies, some megabytes at a time.
        func copy(_ rows: Range<Int>, of source: GalaxyColumns, at start: Int) throws {
            for column in source.columns {
                guard let target = columns[column.name] else { continue }
                let step = max(1, (4 << 20) / max(1, GalaxyColumns.bytesPerRow(column)))
                let size = column.elementType.size.map { $0 * column.rowCount }
                let room = UnsafeMutableRawBufferPointer.allocate(
                    byteCount: min(step, rows.count) * (size ?? 0), alignment: 64)
                defer { room.deallocate() }
                for first in stride(from: rows.lowerBound, to: rows.upperBound, by: step) {
                    let part = first..<min(first + step, rows.upperBound)
                    let place = start + first - rows.lowerBound
                    let goal = place..<place + part.count
                    guard let size else {
                        try target.write(rows: goal, strings: column.readStrings(rows: part))
                        continue
                    }
                    let bytes = UnsafeMutableRawBufferPointer(rebasing: room[..<(part.count * size)])
                    try column.read(rows: part, stored: bytes)
                    try target.write(rows: goal, stored: UnsafeRawBufferPointer(bytes))
                }
            }
        }
    }

    /// Makes the same data sets, for another number of galaxies, with their attributes.
    func writer(to target: File, count: Int, compression: Int?) throws -> Writer {
        try target.copyAttributes(from: file)
        var made: [String: Dataset] = [:]
        for column in columns {
            let shape = [count] + column.shape.dropFirst()
            let isLarge = Self.bytesPerRow(column) >= 1024
            let storage: Storage =
                compression.flatMap { isLarge ? .chunked(rows: 32, compression: $0) : nil } ?? .contiguous
            let copy =
                column.elementType == .string
                ? try target.createStringDataset(column.name, shape: shape, length: column.stringLength)
                : try target.createDataset(column.name, storedAs: column.elementType, shape: shape, storage: storage)
            try copy.copyAttributes(from: column)
            made[column.name] = copy
        }
        return Writer(columns: made)
    }
}
