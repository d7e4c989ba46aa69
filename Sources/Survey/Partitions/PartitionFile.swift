import HDF5

/// An open partition: a file of galaxies whose data sets have been checked by name, shape and type.
public final class PartitionFile {
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
    /// The columns of ``PartitionSchema/kept``, in that order.
    let kept: [Dataset]
    /// The names of the image's bands of each galaxy.
    let bandTable: Dataset?
    /// How the numbers of each data set are stored.
    let packings: Packings
    /// What makes the network's images and magnitudes of those in the file.
    let preparation: Preparation

    /// Tells whether the file, and those that it leads to, are still the same.
    public let stamp: FileStamp
    /// Real paths of those.
    let linkedFiles: [String]

    /// Opens a partition and checks everything but the values.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - schema: How it is laid out.
    ///   - folder: What the file leads to must lie below this folder, unless links are followed anywhere; nil for its
    ///     own.
    /// - Throws: `HDF5Error` when the file cannot be opened, ``PartitionError`` with every fault that it has.
    public init(_ path: String, schema: PartitionSchema, folder: String? = nil) throws {
        let file = try File.open(path, links: schema.followsLinks ? .anywhere : folder.map { .within(folder: $0) })
        var check = PartitionCheck(file: file, schema: schema)
        let images = check.images()
        let magnitudes = check.magnitudes()
        let redshift = check.optional(schema.redshift)
        let objectID = check.optional(schema.objectID)
        let count = check.faults.count
        let kept = check.kept()
        let keptFaults = check.faults.count - count
        check.lengths(of: [images].compactMap { $0 } + magnitudes + [redshift, objectID].compactMap { $0 } + kept)
        let packings = check.packings(images: images, magnitudes: magnitudes, redshift: redshift, objectID: objectID)
        check.types(magnitudes: magnitudes, redshift: redshift, objectID: objectID, packings)
        let bandTable = check.bandTable()
        guard let images, check.faults.isEmpty else {
            throw PartitionError(
                file: path, faults: check.faults, missing: check.missing, hint: check.hint,
                isFoundByInspect: file.contains(schema.images) && check.faults.count > keptFaults)
        }
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
        self.kept = kept
        linkedFiles = file.linkedFiles
        stamp = FileStamp(path, linked: linkedFiles)
        hasRedshift = redshift != nil
        switch objectID?.elementType {
        case nil: identifiers = .none
        case .string: identifiers = .strings
        case .integer(bits: 64, signed: false): identifiers = .unsignedIntegers
        default: identifiers = .integers
        }
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
