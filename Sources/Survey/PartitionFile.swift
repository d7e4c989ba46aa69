import HDF5

/// An open partition: a file of galaxies whose data sets have been checked by name, shape and type.
public final class PartitionFile {
    /// What object identifiers are.
    public enum Identifiers: Int, Sendable {
        case none, integers, strings
    }

    /// The file's path.
    public let path: String
    /// Galaxies in the file.
    public let rows: Int
    /// Whether the file knows spectroscopic redshifts.
    public let hasRedshift: Bool
    /// Whether its galaxies have identifiers, and of which kind.
    public let identifiers: Identifiers
    /// What it says of its images and magnitudes.
    public let statement: Statement
    /// What of that the user should know about, although the file can be used; without the file's name.
    public let warnings: [String]

    /// Shape, type and storage of the images.
    public var imageDescription: String {
        "\(images.shape) \(images.elementType), " + (images.chunk.map { "in chunks of \($0[0])" } ?? "in one piece")
    }

    let schema: PartitionSchema
    let images: Dataset
    let magnitudes: [Dataset]
    let redshift: Dataset?
    let objectID: Dataset?
    /// The names of the image's bands of each galaxy.
    let bandTable: Dataset?
    /// How the numbers of each data set are stored.
    let packings: Packings
    /// What makes the network's images and magnitudes of those in the file.
    let preparation: Preparation

    /// Opens a partition and checks everything but the values.
    ///
    /// - Throws: `HDF5Error` when the file cannot be opened, ``PartitionError`` with every fault that it has.
    public init(_ path: String, schema: PartitionSchema) throws {
        let file = try File.open(path)
        var check = PartitionCheck(file: file, schema: schema)
        let images = check.images()
        let magnitudes = check.magnitudes()
        let redshift = check.optional(schema.redshift)
        let objectID = check.optional(schema.objectID)
        check.lengths(of: [images].compactMap { $0 } + magnitudes + [redshift, objectID].compactMap { $0 })
        let packings = check.packings(images: images, magnitudes: magnitudes, redshift: redshift, objectID: objectID)
        check.types(magnitudes: magnitudes, redshift: redshift, objectID: objectID, packings)
        let bandTable = check.bandTable()
        guard let images, check.faults.isEmpty else { throw PartitionError(file: path, faults: check.faults) }
        let statement = Statement(
            file: file, images: images, magnitudes: magnitudes, table: bandTable, bands: schema.bands)
        let preparation = Preparation(schema, statement: statement)
        guard preparation.faults.isEmpty else { throw PartitionError(file: path, faults: preparation.faults) }
        self.path = path
        self.schema = schema
        self.images = images
        self.magnitudes = magnitudes
        self.redshift = redshift
        self.objectID = objectID
        rows = images.rows
        hasRedshift = redshift != nil
        identifiers = objectID.map { $0.elementType == .string ? .strings : .integers } ?? .none
        self.bandTable = bandTable
        self.packings = packings
        self.statement = statement
        self.preparation = preparation
        let isWhole = redshift.map { !packings.redshift.isScaled && !$0.elementType.isFloat } ?? false
        warnings =
            preparation.warnings
            + (isWhole ? ["\(schema.redshift) holds whole numbers, as classes are and redshifts are not"] : [])
    }
}

/// Collects the faults of a partition file.
private struct PartitionCheck {
    let file: File
    let schema: PartitionSchema
    var faults: [String] = []

    mutating func images() -> Dataset? {
        guard let images = required(schema.images) else { return nil }
        let (bands, size) = (schema.bands, schema.imageSize)
        let expected = schema.layout == .nchw ? "[N, \(bands), \(size), \(size)]" : "[N, \(size), \(size), \(bands)]"
        guard images.shape.count == 4 else {
            faults.append("\(schema.images): has shape \(images.shape) instead of \(expected)")
            return nil
        }
        let isFirst = schema.layout == .nchw
        let sides = isFirst ? images.shape[2...] : images.shape[1...2]
        let fits = sides.allSatisfy { schema.crop ? $0 >= size : $0 == size }
        if images.shape[isFirst ? 1 : 3] != bands || !fits {
            let hint =
                sides.allSatisfy { $0 >= size } && !schema.crop ? "; --crop takes the centre of larger images" : ""
            faults.append("\(schema.images): has shape \(images.shape) instead of \(expected)\(hint)")
        }
        if !images.elementType.isNumeric { faults.append("\(schema.images): holds \(images.elementType), not numbers") }
        return images
    }

    mutating func magnitudes() -> [Dataset] {
        let names = schema.magnitudes
        let found = names.compactMap { required($0) }
        let isTable = names.count == 1
        for dataset in found {
            let expected = isTable ? [dataset.rows, schema.bands] : [dataset.rows]
            if dataset.shape != expected {
                let shape = isTable ? "[N, \(schema.bands)]" : "[N]"
                faults.append("\(dataset.name): has shape \(dataset.shape) instead of \(shape)")
            }
        }
        if !isTable, names.count != schema.bands {
            faults.append("\(names.count) data sets of magnitudes are named; the network takes \(schema.bands) bands")
        }
        return found
    }

    mutating func optional(_ name: String) -> Dataset? { file.contains(name) ? open(name) : nil }

    mutating func required(_ name: String) -> Dataset? {
        guard file.contains(name) else {
            faults.append("\(name): is missing")
            return nil
        }
        return open(name)
    }

    private mutating func open(_ name: String) -> Dataset? {
        do {
            let dataset = try file.dataset(name)
            checkStorage(of: dataset)
            return dataset
        } catch {
            faults.append("\(name): \(error.reason)")
            return nil
        }
    }

    private mutating func checkStorage(of dataset: Dataset) {
        if dataset.isNeverWritten {
            faults.append("\(dataset.name): has shape \(dataset.shape) and no data; its writer did not finish")
        } else if dataset.isImplausible {
            faults.append("\(dataset.name): claims \(dataset.count) elements, more than the file can hold")
        }
        for filter in dataset.filters where !filter.isDecodable {
            faults.append(
                "\(dataset.name): is packed with \(filter.name), which this HDF5 library cannot undo; install its plug-in or repack the file"
            )
        }
    }

    mutating func lengths(of datasets: [Dataset]) {
        let lengths = Set(datasets.map(\.rows))
        guard lengths.count > 1 else { return }
        let each = datasets.map { "\($0.name) \($0.rows)" }.joined(separator: ", ")
        faults.append("the data sets differ in length: \(each)")
    }

    /// How the numbers are stored. Identifiers are taken as they are: a scale of theirs is refused.
    mutating func packings(
        images: Dataset?, magnitudes: [Dataset], redshift: Dataset?, objectID: Dataset?
    ) -> Packings {
        let packings = Packings(
            images: images.map { Packing($0) } ?? Packing(), magnitudes: magnitudes.map { Packing($0) },
            redshift: redshift.map { Packing($0) } ?? Packing())
        faults += packings.images.faults + packings.magnitudes.flatMap(\.faults) + packings.redshift.faults
        if let objectID, objectID.elementType != .string, Packing(objectID).isScaled {
            faults.append("\(objectID.name): identifiers with a scale_factor or add_offset are not supported")
        }
        return packings
    }

    /// The names of the bands of each image, where a file has such a table.
    func bandTable() -> Dataset? {
        guard file.contains(Statement.bandTable), let table = try? file.dataset(Statement.bandTable),
            table.elementType == .string, table.shape.count == 2, table.shape[1] == schema.bands
        else { return nil }
        return table
    }

    mutating func types(magnitudes: [Dataset], redshift: Dataset?, objectID: Dataset?, _ packings: Packings) {
        for (dataset, packing) in zip(magnitudes, packings.magnitudes) where !dataset.elementType.isFloat {
            if dataset.elementType.isNumeric && packing.isScaled { continue }
            faults.append("\(dataset.name): holds \(dataset.elementType); magnitudes are floating-point numbers")
        }
        if let redshift {
            if redshift.shape.count != 1 {
                faults.append("\(redshift.name): has shape \(redshift.shape) instead of [N]")
            }
            if !redshift.elementType.isNumeric {
                faults.append("\(redshift.name): holds \(redshift.elementType), not numbers")
            }
        }
        guard let objectID else { return }
        if objectID.shape.count != 1 { faults.append("\(objectID.name): has shape \(objectID.shape) instead of [N]") }
        switch objectID.elementType {
        case .integer, .string: break
        default: faults.append("\(objectID.name): holds \(objectID.elementType); identifiers are integers or strings")
        }
    }
}
