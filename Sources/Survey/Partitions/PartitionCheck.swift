import HDF5
import PhotozText

/// Collects the faults of a partition file.
struct PartitionCheck {
    let file: File
    let schema: PartitionSchema
    private(set) var faults: [String] = []
    /// Names that the file must have, and that are not there or lead to no data set.
    private(set) var missing: [String] = []

    init(file: File, schema: PartitionSchema) {
        self.file = file
        self.schema = schema
    }

    mutating func images() -> Dataset? {
        guard let images = required(schema.images) else { return nil }
        let (bands, size) = (schema.bands, schema.imageSize)
        let expected = schema.layout == .nchw ? "[N, \(bands), \(size), \(size)]" : "[N, \(size), \(size), \(bands)]"
        guard images.shape.count == 4 else {
            faults.append("\(schema.images): has shape \(images.shape) instead of \(expected)\(fields(of: images))")
            return nil
        }
        let isFirst = schema.layout == .nchw
        let sides = isFirst ? images.shape[2...] : images.shape[1...2]
        let fits = sides.allSatisfy { schema.crop ? $0 >= size : $0 == size }
        if images.shape[isFirst ? 1 : 3] != bands || !fits {
            faults.append(
                "\(schema.images): has shape \(images.shape) instead of \(expected)\(hint(of: images.shape, sides: sides))"
            )
        }
        if !images.elementType.isNumeric {
            faults.append("\(schema.images): holds \(images.elementType), not numbers\(fields(of: images))")
        }
        return images
    }

    mutating func magnitudes() -> [Dataset] {
        let names = schema.magnitudes
        let found = names.compactMap { required($0) }
        let isTable = names.count == 1
        for dataset in found {
            let expected = isTable ? [dataset.rows, schema.bands] : [dataset.rows]
            if dataset.shape != expected, isTable || !Self.isColumn(dataset) {
                let shape = isTable ? "[N, \(schema.bands)]" : "[N]"
                faults.append("\(dataset.name): has shape \(dataset.shape) instead of \(shape)")
            }
        }
        if !isTable, names.count != schema.bands {
            faults.append("\(names.count) data sets of magnitudes are named; the network takes \(schema.bands) bands")
        }
        return found
    }

    /// Advice for a table that was named where one of its fields is meant.
    private func fields(of dataset: Dataset) -> String {
        let names = dataset.fields.map { "\(dataset.name):\($0)" }
        return names.isEmpty ? "" : "; name one of its fields: \(shortened(names, 20))"
    }

    mutating func optional(_ name: String) -> Dataset? { file.contains(name) ? open(name) : nil }

    mutating func required(_ name: String) -> Dataset? {
        guard file.contains(name) else {
            faults.append("\(name): is missing")
            missing.append(name)
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
            if error.kind == .missingObject { missing.append(name) }
            return nil
        }
    }

    private mutating func checkStorage(of dataset: Dataset) {
        do { try dataset.requireWritten() } catch { faults.append("\(dataset.name): \(error.reason)") }
        for filter in dataset.filters where !filter.isDecodable {
            faults.append(
                "\(dataset.name): is packed with \(filter.name), which this HDF5 library cannot undo; install its plug-in or repack the file"
            )
        }
    }

    /// Whether there is one element for each row; pandas writes columns as tables of one.
    private static func isColumn(_ dataset: Dataset) -> Bool {
        !dataset.shape.isEmpty && dataset.shape.dropFirst().allSatisfy { $0 == 1 }
    }

    /// The columns that are carried into the results; a fault for each that cannot be.
    mutating func kept() -> [Dataset] {
        schema.kept.compactMap { name in
            guard let dataset = required(name) else { return nil }
            guard Self.isColumn(dataset) else {
                faults.append("\(name): has shape \(dataset.shape); --keep carries columns [N]\(fields(of: dataset))")
                return nil
            }
            guard dataset.elementType == .string || dataset.storedElements != nil else {
                faults.append(
                    "\(name): holds \(dataset.elementType); --keep carries numbers, enumerations and strings\(fields(of: dataset))"
                )
                return nil
            }
            guard dataset.stringLength ?? 0 <= KeptColumn.longestString else {
                faults.append(
                    "\(name): holds strings of \(dataset.stringLength ?? 0) bytes; --keep carries at most \(KeptColumn.longestString)"
                )
                return nil
            }
            return dataset
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
        if let objectID, objectID.isField { faults += Packing(objectID).faults }
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
            faults.append(
                "\(dataset.name): holds \(dataset.elementType); magnitudes are floating-point numbers\(fields(of: dataset))"
            )
        }
        if let redshift {
            if !Self.isColumn(redshift) {
                faults.append("\(redshift.name): has shape \(redshift.shape) instead of [N]")
            }
            if !redshift.elementType.isNumeric {
                faults.append(
                    "\(redshift.name): holds \(redshift.elementType), not numbers\(fields(of: redshift))")
            }
        }
        guard let objectID else { return }
        if !Self.isColumn(objectID) { faults.append("\(objectID.name): has shape \(objectID.shape) instead of [N]") }
        switch objectID.elementType {
        case .integer(let bits, _) where bits <= 64: break
        case .integer:
            faults.append(
                "\(objectID.name): holds \(objectID.elementType), wider than 64 bits; store such identifiers as strings"
            )
        case .string where objectID.stringLength ?? 0 <= PartitionFile.longestIdentifier: break
        case .string:
            faults.append(
                "\(objectID.name): holds strings of \(objectID.stringLength ?? 0) bytes; identifiers have at most \(PartitionFile.longestIdentifier)"
            )
        case .float, .customFloat:
            faults.append(
                "\(objectID.name): holds \(objectID.elementType), which does not tell large integers apart; identifiers are integers or strings"
            )
        default:
            faults.append(
                "\(objectID.name): holds \(objectID.elementType); identifiers are integers or strings\(fields(of: objectID))"
            )
        }
    }
}
