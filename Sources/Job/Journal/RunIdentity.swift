import AstroMAE
import FoundationEssentials
import PhotozDigest
import Survey

/// All that the numbers of a run depend on, but for what the partitions hold: an attempt goes on with what another has
/// finished only when both have the same. Partitions that have changed are found by ``PartitionStamps``.
struct RunIdentity: Codable, Equatable {
    /// Marks the files that it is written in.
    private(set) var format = "photoz.run/1"
    private let version: String
    private let weights: String
    private let precision: String
    private let instructionSet: String
    private let views: Int
    /// SHA-256 of the calibration, and how distributions are written; nil without one.
    private let calibration: String?
    private let distributions: String?
    private let schema: [String]
    private let partitionCount: Int
    /// Of the partitions' names and galaxies.
    private let partitions: BlockDigests

    init(
        version: String, weightsHash: String, calibrationHash: String?, options: RunOptions,
        instructionSet: InstructionSet, dataSet: DataSet, schema: PartitionSchema
    ) {
        self.version = version
        weights = weightsHash
        precision = options.precision.rawValue
        self.instructionSet = "\(instructionSet)"
        views = options.views
        calibration = calibrationHash
        distributions = calibrationHash.map { _ in options.distributionForm.description }
        // Whatever the schema comes to say: how values are read decides what is predicted.
        self.schema = Mirror(reflecting: schema).children.map { "\($0.label ?? "") \(OptionWords.text(of: $0.value))" }
        partitionCount = dataSet.partitions.count
        partitions = BlockDigests(count: partitionCount) { partition, hash in
            let (name, rows) = (
                dataSet.partitions.name(of: partition), dataSet.partitions.galaxies(of: partition).count
            )
            withUnsafeBytes(of: (name.count, rows)) { hash.update($0) }
            hash.update(name)
        }
    }

    /// SHA-256 of all of it.
    func hash() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return SHA256.hash(of: try encoder.encode(self))
    }

    /// What differs from that of a run before, in words; nil when nothing does.
    ///
    /// - Parameter dataSet: That of this run.
    func difference(from before: RunIdentity, _ dataSet: DataSet) -> String? {
        func words(_ name: String, _ mine: some CustomStringConvertible, _ other: some CustomStringConvertible)
            -> String?
        {
            mine.description == other.description
                ? nil : (name.isEmpty ? "" : name + " ") + "\(mine) instead of \(other)"
        }
        let settings =
            [
                words("version", version, before.version), words("precision", precision, before.precision),
                words("weights with SHA-256", weights.prefix(12), before.weights.prefix(12)),
                words("views", views, before.views),
                words(
                    "calibration with SHA-256", calibration?.prefix(12) ?? "none",
                    before.calibration?.prefix(12) ?? "none"),
                words("distributions as", distributions ?? "none", before.distributions ?? "none"),
                words("instruction set", instructionSet, before.instructionSet),
            ] + zip(schema, before.schema).map { words("", OptionWords(entry: $0), OptionWords(entry: $1)) }
        if let first = settings.lazy.compactMap(\.self).first { return first }
        if let difference = words("number of partitions", partitionCount, before.partitionCount) { return difference }
        if let place = partitions.firstDifference(from: before.partitions) {
            let partition = dataSet.partitions[place]
            let others =
                partitions.blockSize > 1 ? ", or one of the \(partitions.blockSize) partitions from there on," : ""
            return
                "\(partition.name) of \(partition.rows) galaxies\(others) is another, or had another number of galaxies"
        }
        return self == before ? nil : "another format"
    }
}
