import Collectives
import HDF5
import PhotozMachine
import PhotozRecords
import Survey

/// The data set as all ranks see it: rank 0 lists the partitions, each rank opens its part of them, and each node has
/// one table of all. Nothing that one rank does grows with the partitions by more than their names.
extension Run {
    /// What all ranks must know of the data set beside the table of its partitions.
    private struct Head: Codable {
        let folder: String
        let hasRedshift: Bool
        let identifiers: Int
        let stringForm: StringForm?
        let kept: [KeptColumn]
    }

    /// Lists and opens the partitions; every rank calls it.
    ///
    /// - Parameters:
    ///   - schema: How partitions lie.
    ///   - nodes: How ranks lie on nodes.
    /// - Throws: On every rank the first fault of a partition, by its place in the data set; on rank 0 what keeps the
    ///   partitions from going together.
    mutating func openDataSet(_ schema: PartitionSchema, _ nodes: Nodes) throws -> DataSet {
        let skips = options.onError == .skip
        let listed = world.rank == 0 ? try list() : nil
        let folder = try world.broadcastValue(listed?.folder)
        let shift = try shiftOfParts()
        let mine = try deal(listed?.names, shift)
        let scan = PartitionScan(of: mine.names, in: folder, schema: schema, skipsUnusable: skips)
        let failure = scan.failure.map { (mine.first + $0.place, $0.error) }
        let usable = try world.allReduce(scan.entries.count(where: \.isUsable), .sum)
        if let first = try world.first(of: skips && usable > 0 ? nil : failure) {
            // What other files have to do with it is known to rank 0, which knows their names.
            let explained = listed.map {
                DataSet.explained(first, folder: folder, names: $0.names, schema: schema)
            }
            try world.throwFirst(explained.map { (0, $0) })
        }
        let dataSet = try share(try gather(scan, shift, listed, folder, schema), nodes)
        try world.throwFirst(scan.unfitStrings(in: dataSet).map { (mine.first + $0.place, $0.error) })
        return dataSet
    }

    /// The folder and the files in it.
    private func list() throws -> (folder: String, names: [String]) {
        if let assignment = options.assignment { return (options.data[0], assignment.flatMap(\.self)) }
        let (folder, all) = try DataSet.list(options.data)
        return (folder, Array(all.prefix(options.fileLimit ?? all.count)))
    }

    /// How far the part that a rank looks at lies from the one that it will read, mostly: as far as the first rank of
    /// another host, so that a file which is another one on each host is found out by its stamp.
    private func shiftOfParts() throws -> Int {
        let first = try world.allReduce(isFirstNode ? Int.max : world.rank, .min)
        return first == Int.max ? 0 : first
    }

    /// Deals rank 0's files to the ranks, neighbours to each.
    private func deal(_ names: [String]?, _ shift: Int) throws -> (first: Int, names: [String]) {
        let count = try world.broadcast(names?.count ?? 0, root: 0)
        func part(_ rank: Int) -> Range<Int> {
            Sharding.part((rank + shift) % world.size, of: world.size, count: count)
        }
        let parts = names.map { names in (0..<world.size).map { NameList.bytes(of: names[part($0)]) } }
        let bytes = try world.scatterVarying(parts, root: 0)
        let mine = part(world.rank)
        return (mine.lowerBound, mine.isEmpty ? [] : NameList.names(in: bytes))
    }

    /// Puts together on rank 0 what the ranks have found.
    private mutating func gather(
        _ scan: PartitionScan, _ shift: Int, _ listed: (folder: String, names: [String])?, _ folder: String,
        _ schema: PartitionSchema
    ) throws -> DataSet? {
        /// By parts instead of ranks.
        func inOrder<T>(_ all: [T]) -> [T] { Array(all.suffix(shift) + all.dropLast(shift)) }
        let entries = try world.gatherVarying(scan.entries, root: 0).map { inOrder($0).flatMap(\.self) }
        let findings = try world.gatherValues(scan.findings)
        let unusable = try world.gatherValues(scan.failures.map { SkippedRows(file: $0.name, error: $0.error) })
        guard let listed, let entries, let findings, let unusable else { return nil }
        skippedFiles = inOrder(unusable).flatMap(\.self)
        if let result = PartitionScan.SystemIdentity(of: options.output + "/" + ResultNames.predictions),
            let place = entries.firstIndex(where: { $0.systemIdentity == result })
        {
            throw JobError(
                .outputRefused,
                "\(folder.isEmpty ? "" : folder + "/")\(listed.names[place]): is \(options.output)/\(ResultNames.predictions), which this run would replace; choose another output"
            )
        }
        var all = PartitionScan.Findings()
        for findings in inOrder(findings) { all.add(findings) }
        let dataSet = try DataSet(folder: folder, names: listed.names, all, entries, schema: schema)
        // One line for a few, not a screen for a thousand.
        for warning in dataSet.warnings.prefix(3) { warn(warning) }
        if dataSet.warnings.count > 3 { warn("and \(dataSet.warnings.count - 3) more of that kind") }
        for warning in dataSet.warnings.dropFirst(3) + dataSet.assumptions { WarningLog.add(warning) }
        return dataSet
    }

    /// Rank 0's data set on every rank, with one table on each node.
    private func share(_ dataSet: DataSet?, _ nodes: Nodes) throws -> DataSet {
        let head = try world.broadcastValue(
            dataSet.map {
                Head(
                    folder: $0.folder, hasRedshift: $0.hasRedshift, identifiers: $0.identifiers.rawValue,
                    stringForm: $0.stringForm, kept: $0.kept)
            })
        let memory = try nodes.copy(dataSet?.partitions.bytes)
        return DataSet(
            folder: head.folder, partitions: PartitionTable(in: UnsafeRawBufferPointer(memory.bytes), owner: memory),
            hasRedshift: head.hasRedshift, identifiers: .init(rawValue: head.identifiers) ?? .none,
            stringForm: head.stringForm, kept: head.kept)
    }
}
