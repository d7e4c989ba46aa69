import AstroMAE
import Collectives
import FoundationEssentials
import Glibc
import Metrics
import Survey

/// One run of the job on all ranks: plan, read ahead, infer, reduce, write.
public struct Run {
    let options: RunOptions
    private(set) var world: Communicator
    private var node: Communicator
    let version: String
    let started = Date()
    var clock: PhaseClock
    /// SHA-256 of the weights file; on rank 0.
    var weightsHash = ""
    /// Partitions that are no part of the data set because they cannot be used; on rank 0.
    var skippedFiles: [SkippedRows] = []

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
    /// - Returns: What rank 0 has to say in the end.
    /// - Throws: Whatever stops the job on this rank; nothing half-written is left under a final name.
    public mutating func run() throws -> RunEnding {
        do { return try runUnlessStopped() } catch {
            guard let reason = Self.reasonOfStop(error) else { throw error }
            // The first rank that speaks ends the others: by now they have stored what they have found as well.
            usleep(300_000)
            throw JobError(.stopped, "\(reason); go on with: \(resumingCommand)")
        }
    }

    /// What stopped a job that can be resumed; nil for other failures.
    private static func reasonOfStop(_ error: any Error) -> String? {
        if let stop = error as? StopSignal.Stopped { return "stopped by \(stop.signal)" }
        guard let error = error as? CollectiveError else { return nil }
        switch error.kind {
        case .interrupted: return error.cause.flatMap(reasonOfStop)
        case .timedOut: return "\(error)"
        default: return nil
        }
    }

    private mutating func runUnlessStopped() throws -> RunEnding {
        try settleWaiting()
        if options.resume, try world.broadcast(world.rank == 0 && OutputFolder.isFinished(options.output), root: 0) {
            let text = "\(options.output): the run is finished; there is nothing to resume"
            return RunEnding(summary: options.quiet ? nil : text, leftOut: nil)
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
            let finished = try FinishedGalaxies(
                in: options.output, plan, columns: Findings.columnCount(hasViews: options.views > 1), world: world)
            end(.startup)
            let network = try NodeWeights(world: world, node: node).load(
                weights, of: shape, options.precision, for: instructionSet)
            if output != nil {
                try PartitionStamps(plan.dataSet, in: options.output).note(attempt: finished.attempts + 1)
            }
            try world.barrier()
            end(.load)
            return try finish(network, plan, finished, schema, output)
        } catch {
            output?.discard()
            output?.release()
            throw error
        }
    }

    /// From now on ranks wait for each other as the options say.
    private mutating func settleWaiting() throws {
        let isCrowded = try world.allReduce(node.size > Host.processorCount ? 1 : 0, .max) > 0
        let board = try options.deadline.map { _ in
            try ProgressBoard(on: world, phases: Phase.allCases.map(\.rawValue))
        }
        world = world.with(
            Patience(
                deadline: options.deadline, wait: options.wait ?? (isCrowded ? .cheap : .fast), board: board,
                interrupt: { StopSignal.received.map { StopSignal.Stopped(signal: $0) } }))
        node = try world.splitByNode()
    }

    /// Ends a phase; the next begins.
    private mutating func end(_ phase: Phase) {
        clock.end(phase)
        guard let next = phase.next else { return }
        world.patience.board?.report(phase: next.place)
    }

    /// The command that goes on where this one stops.
    private var resumingCommand: String {
        let launcher = Launcher.isPresent ? ["mpirun", "-np", "\(world.size)"] : []
        let words = options.commandLine.filter { $0 != "--overwrite" && $0 != "--resume" }
        return (launcher + words.map(quoted) + ["--resume"]).joined(separator: " ")
    }

    /// A word as a shell takes it.
    private func quoted(_ word: String) -> String {
        let isPlain = word.allSatisfy { $0.isLetter || $0.isNumber || "-_./=,:+@%".contains($0) }
        guard !isPlain else { return word }
        return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    /// Rank 0 looks at the data set; all get what it found.
    private mutating func plan(
        _ weights: WeightsFile?, schema: PartitionSchema, _ instructionSet: InstructionSet, output: OutputFolder?
    ) throws -> RunPlan {
        var found: RunPlan?
        if let output {
            for path in options.data { try output.requireOther(than: path) }
            let dataSet = try open(schema)
            skippedFiles = dataSet.unusable.map { SkippedRows(file: $0.name, error: $0.error) }
            try compare(dataSet, schema, with: weights)
            // One line for a few, not a screen for a thousand.
            for warning in dataSet.warnings.prefix(3) { warn(warning) }
            if dataSet.warnings.count > 3 { warn("and \(dataSet.warnings.count - 3) more of that kind") }
            // The journal takes as much again.
            try output.requireSpace(bytes: 2 * PredictionsWriter.byteCount(of: dataSet, ranks: world.size))
            weightsHash = try fileHash(options.weights)
            let identity = try RunIdentity(
                version: version, weightsHash: weightsHash, options: options,
                instructionSet: instructionSet, dataSet: dataSet, schema: schema
            ).hash()
            try output.makeJournal()
            found = RunPlan(dataSet, identity: identity)
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
        let skips = options.onError == .skip
        guard let assignment = options.assignment else {
            return try DataSet.open(
                options.data, fileLimit: options.fileLimit, schema: schema, skipsUnusable: skips)
        }
        return try DataSet.open(
            folder: options.data[0], names: assignment.flatMap(\.self), schema: schema, skipsUnusable: skips)
    }

    /// The galaxies of each rank.
    private func shares(_ dataSet: DataSet) -> [Range<Int>] {
        guard let assignment = options.assignment else {
            let rows = dataSet.partitions.map(\.rows)
            return (0..<world.size).map {
                options.sharding.galaxies(of: $0, worldSize: world.size, partitionRows: rows)
            }
        }
        // The data set has the same files in the same order, but for those that were left out.
        var (partitions, galaxy) = (dataSet.partitions[...], 0)
        return assignment.map { names in
            let first = galaxy
            for name in names where partitions.first?.name == name {
                galaxy += partitions.removeFirst().rows
            }
            return first..<galaxy
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
        _ network: PreparedNetwork, _ plan: RunPlan, _ finished: FinishedGalaxies, _ schema: PartitionSchema,
        _ output: OutputFolder?
    ) throws -> RunEnding {
        let dataSet = plan.dataSet
        var outcome = try infer(network, plan, finished, schema)
        let ended = ContinuousClock.now
        try world.barrier()
        outcome.report.idle = (ContinuousClock.now - ended).seconds
        // What is left takes a moment: a job that is to stop had better finish it.
        StopSignal.ignore()
        end(.inference)

        try warnOfPredictionsThatAreNotFinite(outcome, dataSet)
        try warnOfMissingMagnitudes(outcome)
        let metrics = try measure(outcome, dataSet)
        let bins = try measureBins(outcome, dataSet)
        let calibration = options.views > 1 ? try calibrate(outcome) : nil
        let ranks = try gather(outcome, dataSet)
        end(.reduce)

        try write(outcome, dataSet, schema, provenance: provenanceTexts(network), to: output)
        guard let output, let ranks else { return RunEnding() }
        let entries = rankResults(ranks, dataSet, network)
        try output.write(json(entries), to: "combined_data.json")
        if options.writesRankFiles {
            for (rank, entry) in entries.enumerated() { try output.write(json(entry), toFileOf: rank) }
        }
        end(.write)
        let results = results(ranks, metrics, bins, calibration, dataSet, network)
        try output.write(json(results), to: "Results.json")
        try output.publish()
        output.release()
        return RunEnding(
            summary: options.quiet ? nil : results.summary(output: options.output),
            leftOut: results.skipped.message(output: options.output))
    }

    /// Brings the predictions to rank 0, which writes them block by block.
    private func write(
        _ outcome: Outcome, _ dataSet: DataSet, _ schema: PartitionSchema, provenance: [(String, String)],
        to output: OutputFolder?
    ) throws {
        let writer = try output.map {
            try PredictionsWriter(
                $0.temporary("predictions.h5"),
                table: options.writesCSV ? $0.temporary(forExtra: "predictions.csv") : nil, dataSet: dataSet,
                schema: schema, hasViews: options.views > 1, provenance: provenance)
        }
        let columns =
            [outcome.predictions, outcome.redshifts] + (options.views > 1 ? [outcome.means, outcome.scatters] : [])
        try BlockCollection(outcome.runs, total: dataSet.rows, on: world).forEachBlock(columns) {
            try writer?.write(first: $0, columns: $1)
        }
        try writer?.close()
    }

    private func infer(
        _ network: PreparedNetwork, _ plan: RunPlan, _ finished: FinishedGalaxies, _ schema: PartitionSchema
    ) throws -> Outcome {
        let dataSet = plan.dataSet
        let share = shares(dataSet)[world.rank]
        var outcome = Outcome(capacity: share.count, hasViews: options.views > 1)
        try finished.forEach(in: share) { outcome.append($0) }
        outcome.report.resumed = outcome.report.samples
        var progress = Progress(
            total: dataSet.rows, isShown: world.rank == 0 && !options.quiet, isLaunched: Launcher.isPresent)
        let inference = Inference(
            network: network, dataSet: dataSet, schema: schema, batchSize: options.batchSize,
            threads: options.threads, views: options.views, onError: options.onError)
        let journal = try JournalWriter(
            in: options.output + "/" + Journal.folder, attempt: finished.attempts + 1, rank: world.rank,
            identity: plan.identity)
        let schedule = try schedule(share, finished, dataSet, smallestChunk: inference.smallestChunk)
        try inference.run(schedule, into: &outcome, journal: journal) { progress.update($0) }
        return outcome
    }

    /// Which of the galaxies that are left this rank does.
    private func schedule(
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
            var first = 0
            for partition in dataSet.partitions {
                chunks += finished.left(of: first..<first + partition.rows)
                first += partition.rows
            }
            return try DynamicSchedule(chunks, on: world)
        }
    }

    /// Finite input may still be so far from any galaxy that the network overflows; the user should know.
    private func warnOfPredictionsThatAreNotFinite(
        _ outcome: Outcome, _ dataSet: DataSet
    ) throws {
        let places = outcome.predictions.indices.lazy.filter {
            !outcome.predictions[$0].isFinite && !outcome.withoutRedshift.contains($0)
        }
        let count = try world.allReduce(places.count { _ in true }, .sum)
        let first = try world.allReduce(places.compactMap(outcome.galaxy(at:)).min() ?? Int.max, .min)
        guard count > 0, world.rank == 0,
            let piece = Shard(first..<first + 1, partitionRows: dataSet.partitions.map(\.rows)).pieces.first
        else { return }
        warn(
            "\(count) predictions are not finite, the first in \(dataSet.path(of: piece.partition)), row \(piece.rows.lowerBound); its image or magnitudes are far from what the network knows"
        )
    }

    private func warnOfMissingMagnitudes(_ outcome: Outcome) throws {
        let count = try world.allReduce(outcome.report.missing.magnitudes, .sum)
        guard count > 0, world.rank == 0 else { return }
        warn(
            "\(count) of the galaxies lack a magnitude (-99, -99.9, 99 or infinite): they have no redshift, and metrics leave them out"
        )
    }

    /// Metrics over all ranks; nil when no partition knows redshifts.
    private func measure(_ outcome: Outcome, _ dataSet: DataSet) throws -> RedshiftMetrics? {
        guard dataSet.hasRedshift else { return nil }
        return try RedshiftMetrics(predicted: outcome.predictions, spectroscopic: outcome.redshifts) { counts in
            try world.allReduce(inPlace: &counts, .sum)
        }
    }

    /// The same in bins of redshift and of magnitude.
    private func measureBins(_ outcome: Outcome, _ dataSet: DataSet) throws -> Results.Bins? {
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
    private func calibrate(_ outcome: Outcome) throws -> Results.Calibration {
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
