import AstroMAE
import Collectives
import PhotozDistributions
import PhotozMachine
import Survey

/// `photoz calibrate` on all ranks: labelled galaxies are predicted as a run predicts them, each rank its share, and
/// rank 0 fits the calibration to all of them in data-set order, so that it is the same for any number of ranks.
package struct Calibrate {
    let options: CalibrateOptions
    let world: Communicator
    let version: String
    /// What a run has before it predicts anything is what this has.
    private(set) var job: Run

    /// - Parameters:
    ///   - options: What to do; the same on every rank.
    ///   - world: All ranks.
    ///   - node: The ranks of this node.
    ///   - version: The program's version, for the record.
    ///   - ready: When MPI was up.
    package init(
        _ options: CalibrateOptions, world: Communicator, node: Communicator, version: String,
        ready: ContinuousClock.Instant
    ) {
        (self.options, self.world, self.version) = (options, world, version)
        job = Run(
            options.run(on: options.data), world: world, node: node, version: version, start: ready, ready: ready)
    }

    /// What rank 0 knows of the weights before anything is predicted: they may be replaced meanwhile.
    private struct Origin {
        let weightsHash: String
        let trainedSample: WeightsFile.TrainedSample?
        let created: String
    }

    /// Makes the calibration; every rank calls it.
    ///
    /// - Returns: What rank 0 has to say in the end.
    /// - Throws: Whatever stops the job on this rank; nothing half-written is left under the file's name.
    package mutating func run() throws -> RunEnding {
        let start = ContinuousClock.now
        let nodes = try job.settleWaiting()
        if world.rank == 0 { try requireOutput() }
        let opened =
            world.rank == 0 ? try OpenedWeights(options.weights, followsLinks: options.schema(1, 1).followsLinks) : nil
        let weights = opened?.file
        let origin = try opened.map {
            Origin(weightsHash: $0.hash, trainedSample: try $0.file.trainedSample(), created: try Self.date())
        }
        let shape = try world.broadcast(weights?.shape ?? NetworkShape(), root: 0)
        let instructionSet = try job.commonInstructionSet()
        let (training, schema) = try job.trainedSchema(weights, shape)
        let dataSet = try job.openDataSet(schema, nodes)
        try requireLabels(dataSet, schema)
        let target = try target(schema, nodes)
        let network = try NodeWeights(nodes: nodes).load(
            opened, job.weightsCache, of: shape, options.precision, for: instructionSet
        ).network
        var mine = try predict(dataSet, schema, network)
        guard let labelled = try mine.gathered(on: world), let origin else { return RunEnding() }

        try requireGalaxies(labelled.counts)
        let fit = try fit(labelled, target)
        let summary = CalibrationSummary(
            version: version, weightsHash: origin.weightsHash, precision: options.precision.rawValue,
            instructionSet: "\(instructionSet)", views: options.views, bands: shape.bands,
            bandNames: training.bands.flatMap { BandNames($0, count: shape.bands)?.names },
            missing: CalibrationSummary.MissingRule(schema.missing), method: options.method,
            cells: fit.calibration.cellCount, counts: labelled.counts,
            labelledHash: labelled.hash(of: dataSet.partitions), created: origin.created, heldOut: fit.heldOut,
            trained: labelled.overlap(with: origin.trainedSample), reweighting: fit.reweighting)
        try CalibrationFile.write(fit.calibration, summary, to: options.output)
        for warning in summary.warnings { warn(warning) }
        let report = summary.report(
            on: options.output, of: fit.calibration, ranks: world.size, seconds: (ContinuousClock.now - start).seconds)
        return RunEnding(summary: options.quiet ? nil : report, leftOut: leftOut(labelled.skipped))
    }

    /// The magnitudes that labelled galaxies are weighted towards; nil when nobody asks.
    private func target(_ schema: PartitionSchema, _ nodes: Nodes) throws -> TargetMagnitudes? {
        guard !options.target.isEmpty else { return nil }
        var schema = schema
        // The target is what has no labels.
        (schema.requiresRedshift, schema.requiresObjectID) = (false, false)
        var other = Run(
            options.run(on: options.target), world: world, node: job.node, version: version, start: .now, ready: .now)
        let dataSet = try other.openDataSet(schema, nodes)
        let target = try TargetMagnitudes(of: dataSet, schema, on: world)
        guard world.rank > 0 || target.count > 0 else {
            throw JobError(
                .badData,
                "\(options.target.joined(separator: ", ")): none of the \(target.galaxies) galaxies has all magnitudes, so that nothing can be weighted towards them"
            )
        }
        return target
    }

    /// Predicts this rank's share.
    private func predict(
        _ dataSet: DataSet, _ schema: PartitionSchema, _ network: PreparedNetwork
    ) throws -> LabelledColumns {
        let share = job.share(of: dataSet)
        var columns = LabelledColumns(bands: schema.bands)
        guard !share.isEmpty else { return columns }
        let inference = Inference(
            network: network, dataSet: dataSet, schema: schema, batchSize: options.batchSize,
            threads: options.threads, views: options.views, onError: options.onError)
        let engine = Engine(network, threads: options.threads)
        let schedule = StaticSchedule([share], board: nil)
        let work = Work(
            schedule, partitions: dataSet.partitions, batchSize: options.batchSize, pieceSize: inference.pieceSize)
        var progress = Progress(total: dataSet.rows, resumed: 0, isShown: world.rank == 0 && !options.quiet)
        try BatchReader(work, of: dataSet, schema: schema, onError: options.onError).forEach { batch in
            columns.add(inference.predict(batch, engine), batch)
            progress.update(schedule.fraction(done: columns.counts.galaxies))
        }
        progress.finish()
        return columns
    }

    /// What rank 0 makes of all labelled galaxies.
    private struct Fit {
        let calibration: Calibration
        /// Nil when half of the galaxies are too few.
        let heldOut: HeldOutCheck?
        let reweighting: CalibrationSummary.Reweighting?
    }

    /// Fits the calibration to all labelled galaxies, and checks one that is made of half of them.
    private func fit(_ labelled: LabelledColumns, _ target: TargetMagnitudes?) throws(JobError) -> Fit {
        let counts = labelled.counts
        let settings = CalibrationSettings(method: options.method, smallestCell: options.smallestCell)
        do throws(CalibrationFault) {
            let neighbours = try target.map { target throws(CalibrationFault) in
                try NeighbourWeights(labelled: labelled.magnitudes, target: target.magnitudes, bands: labelled.bands)
            }
            let galaxies = LabelledGalaxies(
                predicted: labelled.predicted, spectroscopic: labelled.spectroscopic,
                magnitudes: labelled.magnitudes, bands: labelled.bands, weights: neighbours?.weights)
            let calibration = try Calibration(fitting: galaxies, settings)
            var reweighting: CalibrationSummary.Reweighting?
            if let target, let neighbours { reweighting = CalibrationSummary.Reweighting(target, neighbours) }
            return Fit(
                calibration: calibration, heldOut: try? HeldOutCheck(of: galaxies, settings), reweighting: reweighting)
        } catch {
            let leftOut = counts.leftOut.map { " (\($0))" } ?? ""
            throw JobError(.badData, "\(place): \(error.message)\(leftOut)")
        }
    }
}

extension CalibrationSummary.Reweighting {
    /// - Parameters:
    ///   - target: What galaxies were weighted towards.
    ///   - neighbours: How.
    fileprivate init(_ target: TargetMagnitudes, _ neighbours: NeighbourWeights) {
        (targets, targetGalaxies) = (target.count, target.galaxies)
        (effectiveSize, outside) = (neighbours.effectiveSampleSize, neighbours.targetOutside)
    }
}
