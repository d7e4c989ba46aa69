import AstroMAE
import Collectives
import FoundationEssentials
import Glibc
import PhotozMachine
import Survey

/// One run of the job on all ranks: plan, read ahead, infer, reduce, write.
package struct Run {
    let options: RunOptions
    private(set) var world: Communicator
    private(set) var node: Communicator
    /// Whether rank 0 is on this node.
    private var isFirstNode = true
    /// Whether a rank on another host has failed, and says why.
    private var isToldElsewhere = false
    let version: String
    let started = Date()
    var clock: PhaseClock
    /// SHA-256 of the weights file; on rank 0.
    var weightsHash = ""
    /// What the results are made of; on rank 0.
    var sources: RunSources?
    /// Whether results of runs before are no longer what the folder stands for.
    private(set) var hasBegun = false
    /// Partitions that are no part of the data set because they cannot be used; on rank 0.
    var skippedFiles: [SkippedRows] = []

    /// - Parameters:
    ///   - options: What to do; the same on every rank.
    ///   - world: All ranks.
    ///   - node: The ranks of this node.
    ///   - version: The program's version, for the record.
    ///   - start: When the process began, before MPI was started.
    ///   - ready: When MPI was up.
    package init(
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
    package mutating func run() throws -> RunEnding {
        do { return try runUnlessStopped() } catch {
            let reason = Self.reasonOfStop(error)
            let signal = reason == nil || Self.isTimeout(error) ? nil : StopSignal.ofLauncher
            if signal == nil, hasBegun, !isFirstNode { FailureMark(output: options.output).leave() }
            guard let reason else { throw error }
            // The first rank that speaks ends the others: by now they have stored what they have found as well.
            usleep(300_000)
            var failure = JobError(.stopped, "\(reason); go on with: \(resumingCommand)")
            failure.byLauncher = signal.map { JobError.ByLauncher(signal: $0, isToldElsewhere: isToldElsewhere) }
            throw failure
        }
    }

    private static func isTimeout(_ error: any Error) -> Bool {
        if case .timedOut = (error as? CollectiveError)?.kind { true } else { false }
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
        let weights =
            world.rank == 0 ? try WeightsFile(options.weights, followsLinks: options.schema(1, 1).followsLinks) : nil
        let shape = try world.broadcast(weights?.shape ?? NetworkShape(), root: 0)
        let training = try world.broadcastValue(weights?.training)
        let schema = options.schema(shape.bands, shape.imageSize).trained(on: training)
        if let contradiction = schema.contradiction { throw JobError(.wrongUsage, contradiction) }
        let output = world.rank == 0 ? try openOutput() : nil
        do {
            let instructionSet = try commonInstructionSet()
            let plan = try plan(weights, schema: schema, instructionSet, output: output)
            if plan.isFinished {
                output?.tidy()
                let text = "\(options.output): the run is finished; there is nothing to resume"
                return RunEnding(summary: world.rank > 0 || options.quiet ? nil : text, leftOut: nil)
            }
            hasBegun = true
            try output?.journal.write(note(on: plan.dataSet))
            let finished = try FinishedGalaxies(
                in: options.output, plan, columns: BatchFindings.columnCount(hasViews: options.views > 1), world: world)
            end(.startup)
            let network = try NodeWeights(world: world, node: node).load(
                weights, of: shape, options.precision, for: instructionSet)
            try finished.stamps?.note(attempt: finished.attempts + 1)
            try world.barrier()
            end(.load)
            return try finish(network, plan, finished, schema, training, output)
        } catch {
            // Before the journal goes, if there is nothing in it.
            isToldElsewhere = hasBegun && isFirstNode && FailureMark(output: options.output).isThere
            output?.discard(keepsBeginning: Self.reasonOfStop(error) != nil)
            output?.release()
            throw error
        }
    }

    /// The folder of the results, for this run alone; rank 0 calls it.
    private func openOutput() throws -> ResultFolder {
        // A plan names its files one by one.
        let files = options.assignment?.flatMap(\.self).map { options.data[0] + "/" + $0 }
        try OutputPlace.require(options.output, outside: files ?? options.data)
        let ranks = options.writesRankFiles ? (0..<world.size).map { "\($0).json" } : []
        return try ResultFolder(
            options.output, extras: ranks + (options.writesCSV ? ["predictions.csv"] : []),
            overwrite: options.overwrite, resume: options.resume)
    }

    /// From now on ranks wait for each other as the options say.
    private mutating func settleWaiting() throws {
        let interrupt: @Sendable () -> (any Error)? = { StopSignal.received.map { StopSignal.Stopped(signal: $0) } }
        world = world.with(Patience(deadline: options.deadline, interrupt: interrupt))
        isFirstNode = try node.broadcast(world.rank, root: 0) == 0
        let cores = try Host.cores(of: node)
        let isCrowded = try world.allReduce(node.size > cores ? 1 : 0, .max) > 0
        let board = try options.deadline.map { _ in
            try ProgressBoard(on: world, phases: Phase.allCases.map(\.rawValue))
        }
        world = world.with(
            Patience(
                deadline: options.deadline, wait: options.wait ?? (isCrowded ? .cheap : .fast), board: board,
                interrupt: interrupt))
        node = try world.splitByNode()
    }

    /// Ends a phase; the next begins.
    private mutating func end(_ phase: Phase) {
        clock.end(phase)
        guard let next = phase.next else { return }
        world.patience.board?.report(phase: next.place)
    }

    private mutating func finish(
        _ network: PreparedNetwork, _ plan: RunPlan, _ finished: FinishedGalaxies, _ schema: PartitionSchema,
        _ training: TrainingRecord, _ output: ResultFolder?
    ) throws -> RunEnding {
        let dataSet = plan.dataSet
        var found = try infer(network, plan, finished, schema)
        let ended = ContinuousClock.now
        try world.barrier()
        found.report.idle = (ContinuousClock.now - ended).seconds
        // What is left takes a moment: a job that is to stop had better finish it.
        StopSignal.ignore()
        end(.inference)

        let flags = try countFlags(found)
        try warnOfFlags(flags, found, dataSet, training)
        try warnOfDuplicates(found, dataSet, schema)
        let metrics = try measure(found, dataSet)
        let bins = try measureBins(found, dataSet)
        let calibration = options.views > 1 ? try calibrate(found) : nil
        let ranks = try gather(found, dataSet)
        end(.reduce)

        try write(found, dataSet, provenance: provenanceTexts(network), to: output)
        guard let output, let ranks else { return RunEnding() }
        let entries = rankResults(ranks, dataSet, network)
        try output.write(json(entries), to: "combined_data.json")
        if options.writesRankFiles {
            for (rank, entry) in entries.enumerated() { try output.write(json(entry), to: "\(rank).json") }
        }
        // That there is room for it is known before anything old is replaced.
        try output.write(
            json(results(ranks, metrics, bins, calibration, flags, training, dataSet, network)), to: "Results.json")
        try output.publish()
        end(.write)
        let results = results(ranks, metrics, bins, calibration, flags, training, dataSet, network)
        try output.write(json(results), to: "Results.json")
        try output.finish()
        output.release()
        return RunEnding(
            summary: options.quiet ? nil : results.summary(output: options.output),
            leftOut: results.skipped.message(output: options.output))
    }

    /// Brings the predictions to rank 0, which writes them block by block.
    private func write(
        _ found: RankFindings, _ dataSet: DataSet, provenance: [(String, String)], to output: ResultFolder?
    ) throws {
        let writer = try output.map {
            try PredictionsWriter(
                $0.temporary("predictions.h5"),
                table: options.writesCSV ? $0.temporary("predictions.csv") : nil, dataSet: dataSet,
                hasViews: options.views > 1, provenance: provenance)
        }
        let columns =
            [found.predictions, found.redshifts] + (options.views > 1 ? [found.means, found.scatters] : [])
            + [found.flags.map { Float(bitPattern: $0.rawValue) }]
        try BlockCollection(found.spans, total: dataSet.rows, on: world).forEachBlock(columns, found.identifiers) {
            try writer?.write(first: $0, columns: $1, identifiers: $2)
        }
        try writer?.close()
    }
}
