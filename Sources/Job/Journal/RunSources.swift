import FoundationEssentials
import PhotozMachine
import Survey

/// What a finished run was made of and from: its identity, and what its partitions were.
struct RunSources: Codable {
    let identity: RunIdentity
    /// Of the partitions' sizes and times.
    private let stamps: BlockDigests

    init(identity: RunIdentity, _ dataSet: DataSet) {
        self.identity = identity
        stamps = BlockDigests(count: dataSet.partitions.count) { partition, hash in
            let stamp = dataSet.partitions.stamp(of: partition)
            let numbers = (stamp.bytes, stamp.seconds, stamp.nanoseconds, stamp.linked ?? 0)
            withUnsafeBytes(of: numbers) { hash.update($0) }
        }
    }

    /// What differs from the run whose results stand in a folder; nil when nothing does.
    func difference(fromResultsIn folder: String, _ dataSet: DataSet) -> String? {
        struct Outline: Decodable {
            struct Provenance: Decodable { let sources: RunSources? }
            let provenance: Provenance
        }
        guard let data = FileManager.default.contents(atPath: folder + "/Results.json"),
            let before = (try? JSONDecoder().decode(Outline.self, from: data))?.provenance.sources
        else { return "Results.json does not say which" }
        if let difference = identity.difference(from: before.identity, dataSet) { return difference }
        guard let place = stamps.firstDifference(from: before.stamps) else { return nil }
        return stamps.blockSize == 1
            ? "\(dataSet.path(of: place)) was changed since"
            : "\(dataSet.path(of: place)) or one of the \(stamps.blockSize) partitions from there on was changed since"
    }
}
