import FoundationEssentials
import PhotozMachine
import PhotozRecords
import Survey

/// What the partitions were when each attempt began, so that galaxies of a file that has changed since are done again.
struct PartitionStamps {
    private let dataSet: DataSet
    private let folder: String
    private let changed: [Int: [Bool]]

    /// Looks at what earlier attempts noted in the journal of a folder of results.
    init(_ dataSet: DataSet, in output: String) {
        self.dataSet = dataSet
        let folder = output + "/" + Journal.folder
        self.folder = folder
        let now = dataSet.partitions.map(\.stamp)
        var changed: [Int: [Bool]] = [:]
        for name in FolderListing.names(of: folder) ?? [] {
            guard name.hasPrefix("stamps-"), let attempt = Int(name.dropFirst(7)),
                let bytes = try? contents(ofFile: folder + "/" + name, limit: 1 << 30),
                let before = try? JSONDecoder().decode([FileStamp].self, from: Data(bytes)), before.count == now.count
            else { continue }
            changed[attempt] = zip(before, now).map { $0 != $1 }
        }
        self.changed = changed
    }

    /// The galaxies of the partitions that are as they were when an attempt began, in order.
    func unchanged(since attempt: Int) -> [Range<Int>] {
        guard let changed = changed[attempt] else { return [] }
        var (runs, first) = ([Range<Int>](), 0)
        for (partition, isChanged) in zip(dataSet.partitions, changed) {
            let galaxies = first..<first + partition.rows
            first = galaxies.upperBound
            if isChanged { continue }
            if let last = runs.last, last.upperBound == galaxies.lowerBound {
                runs[runs.count - 1] = last.lowerBound..<galaxies.upperBound
            } else {
                runs.append(galaxies)
            }
        }
        return runs
    }

    /// Says which partitions have changed.
    func tellChanges() {
        let places = dataSet.partitions.indices.filter { place in changed.values.contains { $0[place] } }
        guard let first = places.first else { return }
        let more = places.count > 1 ? " and \(places.count - 1) more partitions were" : " was"
        warn("\(dataSet.path(of: first))\(more) changed after the run began: their galaxies are done again")
    }

    /// Notes what the partitions are at the beginning of an attempt.
    ///
    /// - Throws: ``JobError`` with code 74.
    func note(attempt: Int) throws {
        let path = "\(folder)/stamps-\(attempt)"
        let bytes = try JSONEncoder().encode(dataSet.partitions.map(\.stamp))
        try writeWhole(path) { try writeFile(Array(bytes), $0) }
    }
}
