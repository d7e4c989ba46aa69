import PhotozMachine
import PhotozRecords
import Survey

/// What the partitions were when each attempt began, so that galaxies of a file that has changed since are done again.
/// The first attempt notes all of them, and each later one what has changed.
package struct PartitionStamps {
    private let dataSet: DataSet
    private let folder: String
    private let now: [FileStamp]
    /// By attempt, the places of the partitions that have changed since, in order; none for an attempt that has noted
    /// nothing that can be read.
    private var changed: [Int: [Int]] = [:]
    /// The last attempt that noted what the partitions were, and what that was.
    private var last: (attempt: Int, stamps: [FileStamp])?

    /// Looks at what earlier attempts noted.
    ///
    /// - Parameters:
    ///   - dataSet: What the partitions are now.
    ///   - folder: The folder of journals.
    ///   - attempts: Attempts that have journals.
    package init(_ dataSet: DataSet, in folder: String, attempts: Int) {
        self.dataSet = dataSet
        self.folder = folder
        now = dataSet.partitions.indices.map(dataSet.partitions.stamp(of:))
        let prefix = StampRecord.prefix
        let noted = (FolderListing.names(of: folder) ?? []).compactMap { name in
            name.hasPrefix(prefix) ? Int(name.dropFirst(prefix.count)) : nil
        }
        for attempt in noted.sorted() where attempt > 0 && attempt <= attempts { add(attempt) }
    }

    private mutating func add(_ attempt: Int) {
        guard let record = StampRecord(of: attempt, in: folder), record.total == now.count else { return }
        if record.isWhole {
            last = (attempt, record.entries.map(\.stamp))
            changed[attempt] = now.indices.filter { record.entries[$0].stamp != now[$0] }
        } else if let before = last, before.attempt == record.base, let old = changed[before.attempt] {
            for entry in record.entries { last?.stamps[entry.place] = entry.stamp }
            last?.attempt = attempt
            let touched = Set(record.entries.map(\.place))
            let again = record.entries.filter { $0.stamp != now[$0.place] }.map(\.place)
            changed[attempt] = (old.filter { !touched.contains($0) } + again).sorted()
        }
    }

    /// The galaxies of the partitions that are as they were when an attempt began, in order.
    package func unchanged(since attempt: Int) -> [Range<Int>] {
        guard let changed = changed[attempt] else { return [] }
        var (stretches, next) = ([Range<Int>](), changed[...])
        for place in dataSet.partitions.indices {
            let galaxies = dataSet.partitions.galaxies(of: place)
            if next.first == place {
                next = next.dropFirst()
            } else if let last = stretches.last, last.upperBound == galaxies.lowerBound {
                stretches[stretches.count - 1] = last.lowerBound..<galaxies.upperBound
            } else {
                stretches.append(galaxies)
            }
        }
        return stretches
    }

    /// Says which partitions have changed.
    func tellChanges() {
        let places = Set(changed.values.joined())
        guard let first = places.min() else { return }
        let more = places.count > 1 ? " and \(places.count - 1) more partitions were" : " was"
        warn("\(dataSet.path(of: first))\(more) changed after the run began: their galaxies are done again")
    }

    /// Notes what the partitions are at the beginning of the next attempt.
    ///
    /// - Throws: ``JobError`` with code 74.
    package func note(attempt: Int) throws {
        let record: StampRecord
        if let last, let changed = changed[last.attempt] {
            record = StampRecord(
                changes: changed.map { (place: $0, stamp: now[$0]) }, since: last.attempt, total: now.count)
        } else {
            record = StampRecord(whole: now)
        }
        try record.write(of: attempt, in: folder)
    }
}
