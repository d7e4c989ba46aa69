import AstroMAE
import PhotozMachine
import PhotozRecords
import Survey

/// The rank's own part of the work.
extension Run {
    func infer(_ means: RunMeans) throws -> RankFindings {
        let (dataSet, schema, finished) = (means.dataSet, means.plan.schema, means.finished)
        let share = share(of: dataSet)
        var found = RankFindings(capacity: share.count, options.columns, identifiers: dataSet.identifiers)
        try finished.forEach(in: share) { found.append($0) }
        try addIdentifiers(of: dataSet, schema, to: &found)
        found.report.resumed = found.report.samples
        var progress = Progress(
            total: dataSet.rows, resumed: finished.count, isShown: world.rank == 0 && !options.quiet)
        let inference = Inference(
            network: means.network, dataSet: dataSet, schema: schema, batchSize: options.batchSize,
            threads: options.threads, views: options.views, calibration: means.plan.calibration?.calibration,
            onError: options.onError)
        let journal = try JournalWriter(
            in: options.output + "/" + Journal.folder, attempt: finished.attempts + 1, world: world, node: node,
            identity: means.plan.identity)
        // Ranks may have different numbers of threads.
        let smallestChunk = try world.allReduce(inference.smallestChunk, .max)
        let schedule = try schedule(share, finished, dataSet, smallestChunk: smallestChunk)
        try inference.run(schedule, into: &found, journal: journal) { progress.update($0) }
        progress.finish()
        return found
    }

    /// Reads the identifiers of galaxies that an earlier attempt predicted: their partitions are as they were then.
    private func addIdentifiers(of dataSet: DataSet, _ schema: PartitionSchema, to found: inout RankFindings) throws {
        guard dataSet.identifiers != .none else { return }
        for span in found.spans {
            for piece in Shard(span.galaxies, starts: dataSet.partitions.starts).pieces {
                do {
                    let file = try dataSet.openAsBefore(piece.partition, schema: schema)
                    try found.identifiers.append(piece.rows, of: file)
                } catch {
                    guard options.onError == .skip else { throw error }
                    found.identifiers.appendUnknown(piece.rows.count)
                    found.note(
                        SkippedRows(
                            file: dataSet.partitions[piece.partition].name, rows: piece.rows, error: error))
                }
            }
        }
    }

    /// Which of the galaxies that are left this rank does.
    func schedule(
        _ share: Range<Int>, _ finished: FinishedGalaxies, _ dataSet: DataSet, smallestChunk: Int
    ) throws -> any Schedule {
        guard options.schedule == .dynamic else {
            return StaticSchedule(finished.left(of: share), board: world.patience.board)
        }
        switch options.sharding {
        case .rows:
            let chunks = Chunks.cut(
                finished.left(of: 0..<dataSet.rows), worldSize: world.size, smallest: smallestChunk)
            return try DynamicSchedule(chunks, on: world)
        case .files:
            var chunks: [Range<Int>] = []
            for partition in dataSet.partitions.indices {
                chunks += finished.left(of: dataSet.partitions.galaxies(of: partition))
            }
            return try DynamicSchedule(chunks, on: world)
        }
    }
}
