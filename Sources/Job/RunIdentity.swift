import AstroMAE
import Crypto
import FoundationEssentials
import Survey

/// All that the numbers of a run depend on, but for what the partitions hold: an attempt goes on with what another has finished
/// only when both have the same. Partitions that have changed are found by ``PartitionStamps``.
struct RunIdentity: Encodable {
    private struct Partition: Encodable {
        let name: String
        let rows: Int
    }

    private let version: String
    private let weights: String
    private let precision: String
    private let instructionSet: String
    private let views: Int
    private let schema: [String]
    private let partitions: [Partition]

    init(
        version: String, weightsHash: String, options: RunOptions, instructionSet: InstructionSet, dataSet: DataSet,
        schema: PartitionSchema
    ) {
        self.version = version
        weights = weightsHash
        precision = options.precision.rawValue
        self.instructionSet = "\(instructionSet)"
        views = options.views
        self.schema =
            [schema.images] + schema.magnitudes
            + [schema.redshift, schema.layout.rawValue, "\(schema.crop)", "\(schema.allowsMissingMagnitudes)"]
        partitions = dataSet.partitions.map { Partition(name: $0.name, rows: $0.rows) }
    }

    /// SHA-256 of all of it.
    func hash() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return Array(SHA256.hash(data: try encoder.encode(self)))
    }
}
