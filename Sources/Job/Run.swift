import AstroMAE
import Collectives
import FoundationEssentials
import Metrics
import Survey

/// One run of the job on all ranks: plan, read ahead, infer, reduce, write.
public struct Run {
    let options: RunOptions
    private let world: Communicator
    private let node: Communicator
    let version: String
    let started = Date()
    var clock: PhaseClock

    /// - Parameters:
    ///   - options: What to do; the same on every rank.
    ///   - world: All ranks.
    ///   - node: The ranks of this node.
    ///   - version: The program's version, for the record.
    ///   - start: When the process began, before MPI was started.
    ///   - ready: When MPI was up.
    public init(
        _ options: RunOptions, world: Communicator, node: Communicator, version: String,
        start: ContinuousClock.Instant, ready: ContinuousClock.Instant
    ) {
        self.options = options
        self.world = world
        self.node = node
        self.version = version
        clock = PhaseClock(start: start, ready: ready)
    }

    /// Runs the job; every rank calls it.
    ///
    /// - Returns: On rank 0 a summary for people, unless the run is quiet.
    /// - Throws: Whatever stops the job on this rank; nothing half-written is left under a final name.
    public mutating func run() throws -> String? {
        if options.resume, try world.broadcast(OutputFolder.isFinished(options.output), root: 0) {
            return options.quiet ? nil : "\(options.output): the run is finished; there is nothing to resume"
        }
        let weights = world.rank == 0 ? try WeightsFile(options.weights) : nil
        let shape = try world.broadcast(weights?.shape ?? NetworkShape(), root: 0)
        let schema = options.schema(shape.bands, shape.imageSize)
        let output =
            world.rank == 0
            ? try OutputFolder(options.output, overwrite: options.overwrite, resume: options.resume) : nil
        do {
            let instructionSet = try commonInstructionSet()
            let plan = try plan(weights, schema: schema, instructionSet, output: output)
            clock.end(\.startup)
            let network = try NodeWeights(world: world, node: node).load(
                weights, of: shape, options.precision, for: instructionSet)
            try world.barrier()
            clock.end(\.load)
            return try finish(network, plan, schema, output)
        } catch {
            output?.discard()
            output?.release()
            throw error
        }
    }

    /// Rank 0 looks at the data set and at what earlier attempts left; all get what it found.
    private func plan(
        _ weights: WeightsFile?, schema: PartitionSchema, _ instructionSet: InstructionSet, output: OutputFolder?
    ) throws -> RunPlan {
        var found: RunPlan?
        if let output {
            for path in options.data { try output.requireOther(than: path) }
            let dataSet = try open(schema)
            try compare(dataSet, schema, with: weights)
            // One line for a few, not a screen for a thousand.
            for warning in dataSet.warnings.prefix(3) { warn(warning) }
            if dataSet.warnings.count > 3 { warn("and \(dataSet.warnings.count - 3) more of that kind") }
            try output.requireSpace(bytes: 2 * PredictionsWriter.byteCount(of: dataSet, ranks: world.size))
            let identity = try RunIdentity(
                version: version, weightsHash: fileHash(options.weights), options: options,
                instructionSet: instructionSet, dataSet: dataSet, schema: schema
            ).hash()
            let finished = try FinishedGalaxies(
                in: options.output, identity: identity, columns: Inference.journalColumns(views: options.views),
                count: dataSet.rows)
            try output.makeJournal()
            found = RunPlan(dataSet, finished: finished, identity: identity)
        }
        return try world.share(found)
    }

    /// Says when images are of other bands or units than the network was trained on.
    private func compare(_ dataSet: DataSet, _ schema: PartitionSchema, with weights: WeightsFile?) throws {
        guard let trained = weights?.texts, !dataSet.partitions.isEmpty else { return }
        let file = try PartitionFile(dataSet.path(of: 0), schema: schema)
        let stated = Dictionary(file.imageTexts) { first, _ in first }
        let known = Dictionary(trained.map { ($0.name, $0.text) }) { first, _ in first }
        if let bands = schema.bandNames ?? stated["bands"], let others = known["bands"], bands != others {
            warn(
                "the images have the bands \(bands) and the weights were trained on \(others): redshifts will be wrong until there are weights for these bands"
            )
        }
        // The network's units may say more, such as the softening of each band.
        if let units = stated["units"], let others = known["image_units"], !others.hasPrefix(units) {
            warn("the images are in \(units) and the weights were trained on \(others): redshifts may be wrong")
        }
    }

    private func open(_ schema: PartitionSchema) throws -> DataSet {
        guard let assignment = options.assignment else {
            return try DataSet.open(options.data, fileLimit: options.fileLimit, schema: schema)
        }
        return try DataSet.open(folder: options.data[0], names: assignment.flatMap(\.self), schema: schema)
    }

    /// The galaxies of each rank.
    private func shares(_ rows: [Int]) -> [Range<Int>] {
        guard let assignment = options.assignment else {
            return (0..<world.size).map {
                options.sharding.galaxies(of: $0, worldSize: world.size, partitionRows: rows)
            }
        }
        var (file, galaxy) = (0, 0)
        return assignment.map { names in
            let count = rows[file..<file + names.count].reduce(0, +)
            defer { (file, galaxy) = (file + names.count, galaxy + count) }
            return galaxy..<galaxy + count
        }
    }

    /// The widest instruction set that every rank's processor has: on unlike nodes, results must not depend on who
    /// computes a galaxy.
    private func commonInstructionSet() throws -> InstructionSet {
        let mine = options.instructionSet.map(InstructionSet.widest(upTo:)) ?? .widest
        let common = try world.allReduce(mine.level, .min)
        return InstructionSet.available[common]
    }

    private mutating func finish(
        _ network: PreparedNetwork, _ plan: RunPlan, _ schema: PartitionSchema, _ output: OutputFolder?
    ) throws -> String? {
        let dataSet = plan.dataSet
        let rows = dataSet.partitions.map(\.rows)
        let shares = shares(rows)
        let outcome = try infer(network, plan, schema, Shard(shares[world.rank], partitionRows: rows))
        try world.barrier()
        clock.end(\.inference)

        try warnOfPredictionsThatAreNotFinite(outcome, shares, dataSet)
        try warnOfMissingMagnitudes(outcome)
        let metrics = try measure(outcome, dataSet)
        let bins = try measureBins(outcome, dataSet)
        let calibration = options.views > 1 ? try calibrate(outcome) : nil
        let reports = try world.gather(outcome.report, root: 0)
        let hosts = try world.gatherStrings(MPI.processorName)
        clock.end(\.reduce)

        let weightsHash = try output.map { _ in try fileHash(options.weights) } ?? ""
        let writer = try output.map {
            try PredictionsWriter(
                $0.temporary("predictions.h5"),
                table: options.writesCSV ? $0.temporary(forExtra: "predictions.csv") : nil, dataSet: dataSet,
                schema: schema, hasViews: options.views > 1,
                provenance: provenanceTexts(network, weightsHash: weightsHash))
        }
        let columns =
            [outcome.predictions, outcome.redshifts] + (options.views > 1 ? [outcome.means, outcome.scatters] : [])
        try BlockCollection(communicator: world, shares: shares).forEachBlock(columns) {
            try writer?.write(first: $0, columns: $1)
        }
        try writer?.close()

        guard let output, let reports, let hosts else { return nil }
        let ranks = rankResults(reports, dataSet, shares, network)
        try output.write(json(ranks), to: "combined_data.json")
        if options.writesRankFiles {
            for (rank, result) in ranks.enumerated() { try output.write(json(result), toFileOf: rank) }
        }
        clock.end(\.write)
        let results = results(reports, metrics, bins, calibration, hosts, dataSet, network, weightsHash: weightsHash)
        try output.write(json(results), to: "Results.json")
        try output.publish()
        output.release()
        return options.quiet ? nil : results.summary(output: options.output)
    }

    private func infer(
        _ network: PreparedNetwork, _ plan: RunPlan, _ schema: PartitionSchema, _ shard: Shard
    ) throws -> Inference.Outcome {
        let dataSet = plan.dataSet
        var progress = Progress(
            total: dataSet.rows, isShown: world.rank == 0 && !options.quiet, isLaunched: Launcher.isPresent)
        let inference = Inference(
            network: network, dataSet: dataSet, schema: schema, shard: shard, batchSize: options.batchSize,
            threads: options.threads, views: options.views)
        let journal = try JournalWriter(
            "\(options.output)/\(Journal.folder)/\(plan.finished.attempts + 1)-\(world.rank)", identity: plan.identity)
        return try inference.run(finished: plan.finished, journal: journal) {
            progress.update(Double($0) / Double(shard.galaxies.count))
        }
    }

    /// Finite input may still be so far from any galaxy that the network overflows; the user should know.
    private func warnOfPredictionsThatAreNotFinite(
        _ outcome: Inference.Outcome, _ shares: [Range<Int>], _ dataSet: DataSet
    ) throws {
        let places = outcome.predictions.indices.lazy.filter {
            !outcome.predictions[$0].isFinite && !outcome.incomplete.contains($0)
        }
        let place = places.first
        let count = try world.allReduce(places.count { _ in true }, .sum)
        let first = try world.allReduce(place.map { shares[world.rank].lowerBound + $0 } ?? Int.max, .min)
        guard count > 0, world.rank == 0,
            let piece = Shard(first..<first + 1, partitionRows: dataSet.partitions.map(\.rows)).pieces.first
        else { return }
        warn(
            "\(count) predictions are not finite, the first in \(dataSet.path(of: piece.partition)), row \(piece.rows.lowerBound); its image or magnitudes are far from what the network knows"
        )
    }

    private func warnOfMissingMagnitudes(_ outcome: Inference.Outcome) throws {
        let count = try world.allReduce(outcome.report.missing.magnitudes, .sum)
        guard count > 0, world.rank == 0 else { return }
        warn(
            "\(count) of the galaxies lack a magnitude (-99, -99.9, 99 or infinite): they have no redshift, and metrics leave them out"
        )
    }

    /// Metrics over all ranks; nil when no partition knows redshifts.
    private func measure(_ outcome: Inference.Outcome, _ dataSet: DataSet) throws -> RedshiftMetrics? {
        guard dataSet.hasRedshift else { return nil }
        return try RedshiftMetrics(predicted: outcome.predictions, spectroscopic: outcome.redshifts) { counts in
            try world.allReduce(inPlace: &counts, .sum)
        }
    }

    /// The same in bins of redshift and of magnitude.
    private func measureBins(_ outcome: Inference.Outcome, _ dataSet: DataSet) throws -> Results.Bins? {
        guard dataSet.hasRedshift else { return nil }
        func bins(of values: [Float]) throws -> [MetricsBin] {
            try MetricsBin.bins(of: values, predicted: outcome.predictions, spectroscopic: outcome.redshifts) {
                counts in
                try world.allReduce(inPlace: &counts, .sum)
            }
        }
        return Results.Bins(redshift: try bins(of: outcome.redshifts), magnitude: try bins(of: outcome.magnitudes))
    }

    /// How many redshifts are where their uncertainties say.
    private func calibrate(_ outcome: Inference.Outcome) throws -> Results.Calibration {
        var counts = [0, 0, 0]
        for (index, redshift) in outcome.redshifts.enumerated() {
            let (error, sigma) = (abs(outcome.means[index] - redshift), outcome.scatters[index])
            guard error.isFinite, sigma.isFinite, redshift > -1 else { continue }
            counts[0] += 1
            counts[1] += error <= sigma ? 1 : 0
            counts[2] += error <= 2 * sigma ? 1 : 0
        }
        try world.allReduce(inPlace: &counts, .sum)
        return Results.Calibration(views: options.views, count: counts[0], withinOne: counts[1], withinTwo: counts[2])
    }
}
