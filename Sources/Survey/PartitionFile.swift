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
    /// Units and bands of the images, as the file states them.
    public let imageTexts: [(name: String, text: String)]

    /// Shape, type and storage of the images.
    public var imageDescription: String {
        "\(images.shape) \(images.elementType), " + (images.chunk.map { "in chunks of \($0[0])" } ?? "in one piece")
    }

    let schema: PartitionSchema
    let images: Dataset
    let magnitudes: [Dataset]
    let redshift: Dataset?
    let objectID: Dataset?

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
        check.types(redshift: redshift, objectID: objectID)
        guard let images, check.faults.isEmpty else { throw PartitionError(file: path, faults: check.faults) }
        self.path = path
        self.schema = schema
        self.images = images
        self.magnitudes = magnitudes
        self.redshift = redshift
        self.objectID = objectID
        rows = images.rows
        hasRedshift = redshift != nil
        identifiers = objectID.map { $0.elementType == .string ? .strings : .integers } ?? .none
        imageTexts = ["bands", "units"].compactMap { name in
            (try? images.attributeStrings(name))?.first.map { (name, $0) }
        }
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
            guard case .float = dataset.elementType else {
                faults.append("\(dataset.name): holds \(dataset.elementType); magnitudes are floating-point numbers")
                continue
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

    mutating func types(redshift: Dataset?, objectID: Dataset?) {
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
