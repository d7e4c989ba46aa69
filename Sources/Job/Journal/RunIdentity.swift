import AstroMAE
import Crypto
import FoundationEssentials
import Survey

/// All that the numbers of a run depend on, but for what the partitions hold: an attempt goes on with what another has finished
/// only when both have the same. Partitions that have changed are found by ``PartitionStamps``.
struct RunIdentity: Codable, Equatable {
    struct Partition: Codable, Equatable {
        let name: String
        let rows: Int
    }

    /// Marks the files that it is written in.
    private(set) var format = "photoz.run/1"
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
        // Whatever the schema comes to say: how values are read decides what is predicted.
        self.schema = Mirror(reflecting: schema).children.map { "\($0.label ?? "") \(Self.described($0.value))" }
        partitions = dataSet.partitions.map { Partition(name: $0.name, rows: $0.rows) }
    }

    /// A value in words; those of a set or dictionary have no order of their own.
    private static func described(_ value: Any) -> String {
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .set, .dictionary: return "\(mirror.children.map { described($0.value) }.sorted())"
        default: return "\(value)"
        }
    }

    /// SHA-256 of all of it.
    func hash() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return Array(SHA256.hash(data: try encoder.encode(self)))
    }

    /// What differs from that of a run before, in words; nil when nothing does.
    func difference(from before: RunIdentity) -> String? {
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
                words("instruction set", instructionSet, before.instructionSet),
            ] + zip(schema, before.schema).map { words("", $0, $1) }
        if let first = settings.lazy.compactMap(\.self).first { return first }
        if let (mine, other) = zip(partitions, before.partitions).first(where: { $0 != $1 }) {
            return "partition \(mine.name) of \(mine.rows) galaxies instead of \(other.name) of \(other.rows)"
        }
        return words("number of partitions", partitions.count, before.partitions.count)
            ?? (self == before ? nil : "another format")
    }
}

/// What a finished run was made of and from: its identity, and what its partitions were.
struct RunSources: Codable {
    let identity: RunIdentity
    let stamps: [FileStamp]

    /// What differs from the run whose results stand in a folder; nil when nothing does.
    func difference(fromResultsIn folder: String, _ dataSet: DataSet) -> String? {
        struct Results: Decodable {
            struct Provenance: Decodable { let sources: RunSources? }
            let provenance: Provenance
        }
        guard let data = FileManager.default.contents(atPath: folder + "/Results.json"),
            let before = (try? JSONDecoder().decode(Results.self, from: data))?.provenance.sources
        else { return "Results.json does not say which" }
        if let difference = identity.difference(from: before.identity) { return difference }
        guard before.stamps.count == stamps.count else { return "other partitions" }
        let changed = stamps.indices.first { stamps[$0] != before.stamps[$0] }
        return changed.map { "\(dataSet.path(of: $0)) was changed since" }
    }
}
