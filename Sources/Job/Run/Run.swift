import AstroMAE
import Collectives
import FoundationEssentials
import Glibc
import PhotozMachine
import PhotozText
import Survey

/// One run of the job on all ranks: plan, read ahead, infer, reduce, write.
package struct Run {
    let options: RunOptions
    let world: Communicator
    private(set) var node: Communicator
    /// Whether rank 0 is on this node.
    private(set) var isFirstNode = true
    /// Whether a host has more ranks than cores.
    private(set) var isCrowded = false
    /// Whether a rank on another host has failed, and says why.
    private var isToldElsewhere = false
    let version: String
    let started = Date()
    var clock: PhaseClock
    /// SHA-256 of the weights file; on rank 0.
    private(set) var weightsHash = ""
    /// How the packed weights came about; on rank 0.
    private(set) var weightsOrigin: WeightsOrigin?
    /// What the weights say of themselves; on rank 0.
    var weightsLabel = WeightsLabel()
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
            // The launcher may end rank 0 before it can: what is not whole takes room, which the disk may lack.
            if hasBegun { ResultFolder.removeUnfinished(ResultFolder.largeNames, in: options.output) }
            let reason = Self.reasonOfStop(error)
            let signal = reason == nil || Self.isTimeout(error) ? nil : StopSignal.ofLauncher
            if signal == nil, hasBegun, !isFirstNode { FailureMark(output: options.output).leave() }
            guard let reason else { throw error }
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
        if let stop = error as? StopSignal.Stopped { return "stopped by \(stop.cause)" }
        guard let error = error as? CollectiveError else { return nil }
        switch error.kind {
        case .interrupted: return error.cause.flatMap(reasonOfStop)
        case .timedOut: return "\(error)"
        default: return nil
        }
    }

    private mutating func runUnlessStopped() throws -> RunEnding {
        let nodes = try settleWaiting()
        let opened =
            world.rank == 0 ? try OpenedWeights(options.weights, followsLinks: options.schema(1, 1).followsLinks) : nil
        let weights = opened?.file
        weightsHash = opened?.hash ?? ""
        let shape = try world.broadcast(weights?.shape ?? NetworkShape(), root: 0)
        if options.isDry { return try tryOut(weights, shape, nodes) }
        let output = world.rank == 0 ? try openOutput() : nil
        do {
            let instructionSet = try commonInstructionSet()
            let plan = try plan(weights, shape, instructionSet, nodes, output: output)
            if plan.isFinished {
                output?.tidy()
                let text = "\(options.output): the run is finished; there is nothing to resume"
                return RunEnding(summary: world.rank > 0 || options.quiet ? nil : text, leftOut: nil)
            }
            hasBegun = true
            try output?.journal.write(note(on: plan.dataSet))
            let finished = try FinishedGalaxies(
                in: options.output, plan, columns: options.columns, world: world)
            end(.startup)
            let (network, origin) = try NodeWeights(nodes: nodes).load(
                opened, weightsCache, of: shape, options.precision, for: instructionSet)
            weightsOrigin = origin
            try finished.stamps?.note(attempt: finished.attempts + 1)
            let writer = try predictionsWriter(plan, network, nodes)
            try world.barrier()
            try sayWhatIsDone(plan, network, finished, nodes)
            end(.load)
            return try finish(
                RunMeans(plan: plan, network: network, finished: finished, writer: writer, output: output))
        } catch {
            // Before the journal goes, if there is nothing in it.
            isToldElsewhere = hasBegun && isFirstNode && FailureMark(output: options.output).isThere
            output?.discard(keepsBeginning: Self.reasonOfStop(error) != nil)
            output?.release()
            throw error
        }
    }

    /// Where rank 0 keeps packed weights; nil for nowhere.
    var weightsCache: WeightsCache? {
        world.rank == 0 && options.usesWeightsCache ? WeightsCache(version: version) : nil
    }

    /// The folder of the results, for this run alone; rank 0 calls it.
    private func openOutput() throws -> ResultFolder {
        try requireOutputPlace()
        let ranks = options.writesRankFiles ? (0..<world.size).map { "\($0).json" } : []
        return try ResultFolder(
            options.output, extras: ranks + options.extraPredictions,
            overwrite: options.overwrite, resume: options.resume)
    }

    /// Refuses a folder of the data.
    func requireOutputPlace() throws {
        // A plan names its files one by one.
        let files = options.assignment?.flatMap(\.self).map { options.data[0] + "/" + $0 }
        try OutputPlace.require(options.output, outside: files ?? options.data)
    }

    /// From now on ranks wait for each other as the options say.
    mutating func settleWaiting() throws -> Nodes {
        let interrupt: @Sendable () -> (any Error)? = { StopSignal.received.map { StopSignal.Stopped(by: $0) } }
        try world.setPatience(Patience(deadline: options.deadline, interrupt: interrupt))
        isFirstNode = try node.broadcast(world.rank, root: 0) == 0
        let cores = try Host.cores(of: node)
        isCrowded = try world.allReduce(node.size > cores ? 1 : 0, .max) > 0
        let board = try options.deadline.map { _ in
            try ProgressBoard(on: world, phases: Phase.allCases.map(\.rawValue))
        }
        try world.setPatience(
            Patience(
                deadline: options.deadline, wait: options.wait ?? (isCrowded ? .cheap : .fast), board: board,
                interrupt: interrupt))
        node = try world.splitByNode()
        return try Nodes(world, node: node)
    }

    /// Ends a phase; the next begins.
    private mutating func end(_ phase: Phase) {
        clock.end(phase)
        guard let next = phase.next else { return }
        world.patience.board?.report(phase: next.place)
    }

    /// Predicts, sums up and writes.
    private mutating func finish(_ means: RunMeans) throws -> RunEnding {
        var found = try infer(means)
        let ended = ContinuousClock.now
        try world.barrier()
        found.report.idle = (ContinuousClock.now - ended).seconds
        // What is left takes a moment: a job that is to stop had better finish it.
        StopSignal.ignore()
        end(.inference)

        let evaluated = try evaluate(found, means.plan)
        try warnOfFlags(evaluated, found, means.plan)
        try warnOfDuplicates(found, means.plan)
        let ranks = try gather(found, means.dataSet)
        end(.reduce)

        try means.writer.write(found)
        guard let output = means.output, let ranks else { return RunEnding() }
        let entries = rankEntries(ranks, means)
        try output.write(json(entries), to: "combined_data.json")
        if options.writesRankFiles {
            for (rank, entry) in entries.enumerated() { try output.write(json(entry), to: "\(rank).json") }
        }
        // That there is room for it is known before anything old is replaced.
        try output.write(json(results(ranks, evaluated, means)), to: ResultFolder.mark)
        try output.publish()
        end(.write)
        let results = results(ranks, evaluated, means)
        try output.write(json(results), to: ResultFolder.mark)
        try output.finish()
        output.release()
        return RunEnding(
            summary: options.quiet ? nil : results.summary(output: options.output),
            leftOut: results.skipped.message(output: options.output))
    }
}
