import AstroMAE
import Crypto
import FoundationEssentials
import Glibc
import Survey

/// All that the numbers of a run depend on: an attempt goes on with what another has finished only when both have the same.
struct RunIdentity: Encodable {
    /// A partition as the file system knows it: its content would take as long to read as the run.
    private struct Partition: Encodable {
        let name: String
        let rows: Int
        let bytes: Int
        let modified: [Int]
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
        partitions = dataSet.partitions.indices.map { index in
            var status = stat()
            let isThere = stat(dataSet.path(of: index), &status) == 0
            return Partition(
                name: dataSet.partitions[index].name, rows: dataSet.partitions[index].rows,
                bytes: isThere ? Int(status.st_size) : -1,
                modified: isThere ? [status.st_mtim.tv_sec, status.st_mtim.tv_nsec] : [])
        }
    }

    /// SHA-256 of all of it.
    func hash() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return Array(SHA256.hash(data: try encoder.encode(self)))
    }
}
