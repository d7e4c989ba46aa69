import HDF5
import Interchange
import PhotozCheckedSizes
import PhotozMachine
import PhotozText
import Survey

/// Galaxies of a file of PyTorch or NumPy, on their way to a partition file.
struct ImportedPartition {
    /// Identifiers are numbers or strings.
    private enum Identifiers {
        case numbers(any NumberArray)
        case texts(NumPyTexts)

        var shape: [Int] {
            switch self {
            case .numbers(let array): array.shape
            case .texts(let array): array.shape
            }
        }
    }

    private let source: String
    private let images: any NumberArray
    /// One table, or a column for each band.
    private let magnitudes: [any NumberArray]
    private let redshift: (any NumberArray)?
    private let objectID: Identifiers?
    /// Whether images are [N, y, x, band], which a partition has as [N, band, y, x].
    private let hasBandsLast: Bool
    /// What was left out, for people.
    let notes: [String]

    /// Bytes of a galaxy's image that are taken: it is in memory as a whole.
    private static let largestImage = 1 << 28

    /// Galaxies.
    var count: Int { images.rowCount }

    /// What it holds, for people.
    var description: String {
        "partition, \(count) galaxies, images \(imageShape) \(images.type.elementType)"
            + (redshift == nil ? ", no redshifts" : "")
    }

    /// - Parameters:
    ///   - arrays: What the file has.
    ///   - names: What the user calls them.
    /// - Throws: ``JobError`` with code 65 when columns are missing or do not fit each other, `InterchangeError` when
    ///   they are damaged or no numbers.
    init(_ arrays: NamedArrays, names: ArrayNames) throws {
        let choice = try ColumnChoice(arrays, names)
        source = arrays.source
        notes = choice.notes
        images = try Self.numbers(choice.images, in: arrays)
        magnitudes = try choice.magnitudes.map { try Self.numbers($0, in: arrays) }
        redshift = try choice.redshift.map { try Self.numbers($0, in: arrays) }
        objectID = try choice.objectID.map { name in
            if let texts = try arrays.texts(name) { return .texts(texts) }
            return .numbers(try Self.numbers(name, in: arrays))
        }
        hasBandsLast = try Self.hasBandsLast(images, magnitudes, source)
        try check()
    }

    private static func numbers(_ name: String, in arrays: NamedArrays) throws -> any NumberArray {
        guard let array = try arrays.numbers(name) else {
            throw JobError(.badData, "\(arrays.source): has no array \(name); it has \(arrays.listing)")
        }
        return array
    }

    /// Where the bands of images are: where there are as many as magnitudes.
    private static func hasBandsLast(
        _ images: any NumberArray, _ magnitudes: [any NumberArray], _ source: String
    ) throws -> Bool {
        let shape = images.shape
        guard shape.count == 4, shape.dropFirst().allSatisfy({ $0 > 0 }),
            let size = CheckedSize.product(shape.dropFirst() + [images.type.size])
        else {
            throw JobError(
                .badData, "\(source): images have shape \(shape) instead of [N, bands, y, x] or [N, y, x, bands]")
        }
        guard size <= largestImage else {
            throw JobError(
                .badData, "\(source): images have shape \(shape): \(megabytes(size)) for one galaxy is no cut-out")
        }
        let table = magnitudes[0].shape
        let bands = magnitudes.count == 1 && table.count == 2 ? table[1] : magnitudes.count
        let (first, last) = (shape[1] == bands, shape[3] == bands && shape[1] == shape[2])
        guard first != last || !first else {
            throw JobError(
                .badData,
                "\(source): images have shape \(shape), which may have its bands first or last; store images that are larger than the number of bands"
            )
        }
        return last || !first && shape[1] == shape[2] && shape[3] < shape[1]
    }

    private var imageShape: [Int] {
        let shape = images.shape
        return hasBandsLast ? [shape[0], shape[3], shape[1], shape[2]] : shape
    }

    private func check() throws {
        var faults: [String] = []
        let bands = imageShape[1]
        let isTable = magnitudes.count == 1
        for column in magnitudes where column.shape != (isTable ? [count, bands] : [count]) {
            faults.append("magnitudes have shape \(column.shape) instead of \(isTable ? [count, bands] : [count])")
        }
        if !isTable, magnitudes.count != bands {
            faults.append("\(magnitudes.count) arrays of magnitudes are named; images have \(bands) bands")
        }
        if Set(magnitudes.map { "\($0.type)" }).count > 1 { faults.append("magnitudes of the bands differ in type") }
        for column in magnitudes {
            if case .integer = column.type { faults.append("magnitudes are integers, not floating-point numbers") }
        }
        for (name, shape) in [("redshifts", redshift?.shape), ("identifiers", objectID?.shape)] {
            guard let shape, shape != [count], shape != [count, 1] else { continue }
            faults.append("\(name) have shape \(shape) instead of \([count])")
        }
        if case .numbers(let column) = objectID {
            if case .integer = column.type {
            } else {
                faults.append("identifiers are floating-point numbers, in which large integers become others")
            }
        }
        guard faults.isEmpty else {
            let distinct = faults.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
            throw JobError(.badData, "\(source): \(distinct.joined(separator: "; "))")
        }
    }

    /// Refuses tensors that show a few numbers over and over.
    ///
    /// - Parameter fileSize: Bytes of the file that they are in.
    /// - Throws: ``JobError`` with code 65.
    func requireModest(fileSize: Int) throws {
        var arrays = [images] + magnitudes + [redshift].compactMap { $0 }
        if case .numbers(let column) = objectID { arrays.append(column) }
        try requireModestTensors(arrays, fileSize: fileSize, source: source)
    }

    /// Writes the partition file.
    ///
    /// - Throws: `InterchangeError` when the source cannot be read, `HDF5Error` when the file cannot be written.
    func write(to path: String) throws {
        let file = try File.create(path)
        try file.setAttribute("description", importedBy + source)
        try file.copy(images, to: "images", bandsFirst: hasBandsLast)
        if magnitudes.count == 1 { try file.copy(magnitudes[0], to: "magnitudes") } else { try join(in: file) }
        if let redshift { try file.copy(redshift, to: "redshift", shape: [count]) }
        switch objectID {
        case .numbers(let column): try file.copy(column, to: "object_id", shape: [count])
        case .texts(let texts): try file.copy(texts, count, to: "object_id")
        case nil: break
        }
        try file.close()
    }

    /// Puts the columns of the bands beside each other, some rows at a time.
    private func join(in file: File) throws {
        let size = magnitudes[0].type.size
        let dataset = try file.createDataset(
            "magnitudes", storedAs: magnitudes[0].type.elementType, shape: [count, magnitudes.count])
        let together = 1 << 16
        for first in stride(from: 0, to: count, by: together) {
            let rows = first..<min(first + together, count)
            let columns = try magnitudes.map { column in
                var bytes = [UInt8](repeating: 0, count: rows.count * size)
                try bytes.withUnsafeMutableBytes { try column.read(rows: rows, into: $0) }
                return bytes
            }
            var table: [UInt8] = []
            table.reserveCapacity(rows.count * columns.count * size)
            for row in 0..<rows.count {
                for column in columns { table += column[row * size..<(row + 1) * size] }
            }
            try table.withUnsafeBytes { try dataset.write(rows: rows, stored: $0) }
        }
    }
}
