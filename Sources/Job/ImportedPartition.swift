import HDF5
import Interchange
import Survey

/// Galaxies of a file of PyTorch or NumPy, on their way to a partition file.
struct ImportedPartition {
    private let source: String
    private let images: any NumberArray
    /// One table, or a column for each band.
    private let magnitudes: [any NumberArray]
    private let redshift: (any NumberArray)?
    private let objectID: (any NumberArray)?

    /// Galaxies.
    var count: Int { images.rowCount }

    /// What it holds, for people.
    var description: String {
        "partition, \(count) galaxies, images \(imageShape) \(images.type.elementType)"
            + (redshift == nil ? ", no redshifts" : "")
    }

    /// The tensors of a data set: images, magnitudes and, if there are more, redshifts and identifiers.
    ///
    /// - Throws: ``JobError`` with code 65 when they are something else.
    init(_ tensors: [TorchTensor], source: String) throws {
        guard (2...4).contains(tensors.count) else {
            throw JobError(
                .badData,
                "\(source): holds \(tensors.count) tensors; a partition has images, magnitudes, redshifts and identifiers"
            )
        }
        self.source = source
        images = tensors[0]
        magnitudes = [tensors[1]]
        redshift = tensors.count > 2 ? tensors[2] : nil
        objectID = tensors.count > 3 ? tensors[3] : nil
        try check()
    }

    /// The arrays of an archive.
    ///
    /// - Throws: ``JobError`` with code 65 when some are missing or are something else, `InterchangeError` when they are
    ///   damaged.
    init(_ file: NumPyFile, names: ArrayNames, source: String) throws {
        self.source = source
        func find(_ given: String?, _ usual: [String]) throws -> NumPyArray? {
            for name in given.map({ [$0] }) ?? usual {
                if let array = try file.array(name) { return array }
            }
            guard let given else { return nil }
            throw JobError(.badData, "\(source): has no array \(given); it has \(file.names.joined(separator: ", "))")
        }
        let magnitudes =
            try names.magnitudes.map { try $0.compactMap { try find($0, []) } }
            ?? [try find(nil, ["magnitudes", "magnitude", "mags", "mag"])].compactMap { $0 }
        guard let images = try find(names.images, ["images", "image", "cube", "x", "X"]), !magnitudes.isEmpty else {
            throw JobError(
                .badData,
                "\(source): has the arrays \(file.names.joined(separator: ", ")); say which are what with --images, --magnitudes and --redshift"
            )
        }
        self.images = images
        self.magnitudes = magnitudes
        redshift = try find(names.redshift, ["redshift", "redshifts", "specz", "z", "labels", "y"])
        objectID = try find(names.objectID, ["object_id", "objid", "specObjID"])
        try check()
    }

    /// Whether images are [N, y, x, band], which a partition has as [N, band, y, x].
    private var hasBandsLast: Bool {
        images.shape[1] == images.shape[2] && images.shape[3] < images.shape[1]
    }

    private var imageShape: [Int] {
        let shape = images.shape
        return hasBandsLast ? [shape[0], shape[3], shape[1], shape[2]] : shape
    }

    private func check() throws {
        var faults: [String] = []
        guard images.shape.count == 4, images.shape.dropFirst().allSatisfy({ $0 > 0 }) else {
            throw JobError(
                .badData, "\(source): images have shape \(images.shape) instead of [N, bands, y, x] or [N, y, x, bands]"
            )
        }
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
        for (name, column) in [("redshifts", redshift), ("identifiers", objectID)] {
            guard let column, column.shape != [count], column.shape != [count, 1] else { continue }
            faults.append("\(name) have shape \(column.shape) instead of \([count])")
        }
        if let objectID {
            if case .integer = objectID.type {} else { faults.append("identifiers are no integers") }
        }
        guard faults.isEmpty else { throw JobError(.badData, "\(source): \(faults.joined(separator: "; "))") }
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
        if let objectID { try file.copy(objectID, to: "object_id", shape: [count]) }
        try file.close()
    }

    /// Puts the columns of the bands beside each other.
    private func join(in file: File) throws {
        let columns = try magnitudes.map { try $0.readAll() }
        let size = magnitudes[0].type.size
        let dataset = try file.createDataset(
            "magnitudes", storedAs: magnitudes[0].type.elementType, shape: [count, columns.count])
        var table: [UInt8] = []
        table.reserveCapacity(count * columns.count * size)
        for row in 0..<count {
            for column in columns { table += column[row * size..<(row + 1) * size] }
        }
        try table.withUnsafeBytes { try dataset.write(rows: 0..<count, stored: $0) }
    }
}
