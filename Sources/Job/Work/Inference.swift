import AstroMAE
import PhotozDistributions
import PhotozMachine
import Survey

/// Runs a rank's galaxies through the network while more of them are read.
struct Inference {
    let network: PreparedNetwork
    let dataSet: DataSet
    let schema: PartitionSchema
    let batchSize: Int
    let threads: Int
    /// Views of each image, 1 to 8.
    let views: Int
    /// Places each galaxy's distribution; nil where none is asked for.
    var calibration: Calibration?
    let onError: ErrorPolicy

    /// Galaxies that are read and computed at once: they keep the engine's tiles full, and memory does not grow with
    /// the batch.
    var pieceSize: Int { Engine.preferredCount(for: network.shape) * threads }

    /// Galaxies of the smallest chunk of a dynamic schedule.
    var smallestChunk: Int { min(pieceSize, batchSize) }

    /// Predicts the galaxies that the schedule gives this rank.
    ///
    /// - Parameters:
    ///   - schedule: Which galaxies.
    ///   - found: Holds what earlier attempts found, and gets the findings.
    ///   - journal: Gets them too.
    ///   - progress: Told what part of the job is done, after each piece.
    /// - Throws: `PartitionError` or `HDF5Error` when a piece cannot be read, ``JobError`` with code 75 after a signal.
    func run(
        _ schedule: any Schedule, into found: inout RankFindings, journal: JournalWriter, progress: (Double) -> Void
    ) throws {
        let (start, processorStart) = (ContinuousClock.now, Host.processorTime())
        let engine = Engine(network, threads: threads)
        let work = Work(
            schedule, partitions: dataSet.partitions, batchSize: batchSize, pieceSize: pieceSize)
        let reader = BatchReader(work, of: dataSet, schema: schema, onError: onError)
        var waiting = ContinuousClock.now
        defer {
            schedule.stop()
            try? journal.finish()
        }
        try reader.forEach { batch in
            found.report.readWait += (ContinuousClock.now - waiting).seconds
            let findings = predict(batch, engine)
            found.append(findings)
            found.identifiers.append(batch.identifiers)
            for skipped in batch.skipped { found.skip(skipped.rows, galaxies: skipped.galaxies) }
            for whole in Self.withoutSkipped(findings, batch.skipped) { try journal.append(whole) }
            let done = found.report.samples - found.report.resumed
            schedule.tell(done: done)
            progress(schedule.fraction(done: done))
            if let signal = StopSignal.received { throw StopSignal.Stopped(by: signal) }
            waiting = .now
        }
        try journal.finish()

        found.report.threads = threads
        found.report.batches = work.batches
        found.report.wallTime = (ContinuousClock.now - start).seconds
        found.report.processorTime = Host.processorTime() - processorStart
        found.report.memory = Host.peakMemory()
    }

    /// What goes into the journal: rows that were left out may be readable when the run is resumed.
    private static func withoutSkipped(_ findings: BatchFindings, _ skipped: [BatchReader.Skipped]) -> [BatchFindings] {
        guard !skipped.isEmpty else { return [findings] }
        var (parts, next) = ([Range<Int>](), findings.galaxies.lowerBound)
        for galaxies in skipped.map(\.galaxies) {
            parts.append(next..<galaxies.lowerBound)
            next = galaxies.upperBound
        }
        parts.append(next..<findings.galaxies.upperBound)
        return parts.filter { !$0.isEmpty }.map(findings.part)
    }

    // MARK: The computation

    /// What the network, the flags and the calibration say of a batch.
    func predict(_ batch: BatchReader.Batch, _ engine: Engine) -> BatchFindings {
        var flags = batch.buffers.flags.map { Array($0) } ?? []
        let known = flags.map { $0.isDisjoint(with: Self.withoutPrediction) }
        let (redshifts, scatters) = predictViews(of: batch, engine, known)
        for (galaxy, redshift) in redshifts.enumerated() where known[galaxy] {
            if !redshift.isFinite {
                flags[galaxy].insert(.predictionNotFinite)
            } else if schema.trained.limits.isOutside(redshift: redshift) {
                flags[galaxy].insert(.predictionOutside)
            }
        }
        var findings = BatchFindings(
            galaxies: batch.galaxies, predictions: redshifts, redshifts: Array(batch.buffers.redshifts),
            magnitudes: referenceMagnitudes(batch), flags: flags)
        findings.scatters = scatters
        if let calibration { findings.place(by: calibration, UnsafeBufferPointer(batch.buffers.magnitudes)) }
        return findings
    }

    /// Redshifts of the galaxies, means over the views, and how far the views lie apart; the latter empty for one view.
    private func predictViews(
        of batch: BatchReader.Batch, _ engine: Engine, _ known: [Bool]
    ) -> (redshifts: [Float], scatters: [Float]) {
        let images = UnsafeBufferPointer(batch.buffers.images)
        let redshifts = predict(batch, images, engine, known)
        guard views > 1 else { return (redshifts, []) }
        var statistics = ViewStatistics(redshifts)
        withUnsafeTemporaryAllocation(of: Float.self, capacity: images.count) { turned in
            turned.initialize(repeating: 0)
            for view in 1..<views {
                ImageViews.write(view, of: images, size: schema.imageSize, into: turned)
                statistics.add(predict(batch, UnsafeBufferPointer(turned), engine, known))
            }
        }
        return (statistics.means, statistics.scatters)
    }

    /// What keeps the network from being asked.
    private static let withoutPrediction: GalaxyFlags = [.magnitudeMissing, .skipped]

    /// The band in the middle: r of u, g, r, i, z.
    private func referenceMagnitudes(_ batch: BatchReader.Batch) -> [Float] {
        stride(from: schema.bands / 2, to: batch.galaxies.count * schema.bands, by: schema.bands).map {
            batch.buffers.magnitudes[$0]
        }
    }

    /// Redshifts of the galaxies; NaN for those that have none, whatever the network makes of them, and for answers
    /// that are not finite.
    ///
    /// - Parameter known: Whether each has what the network needs.
    private func predict(
        _ batch: BatchReader.Batch, _ images: UnsafeBufferPointer<Float>, _ engine: Engine, _ known: [Bool]
    ) -> [Float] {
        [Float](unsafeUninitializedCapacity: batch.galaxies.count) { redshifts, count in
            engine.predict(
                images: images, magnitudes: UnsafeBufferPointer(batch.buffers.magnitudes),
                redshifts: UnsafeMutableBufferPointer(rebasing: redshifts[..<batch.galaxies.count]))
            count = batch.galaxies.count
            for galaxy in known.indices where !known[galaxy] || !redshifts[galaxy].isFinite {
                redshifts[galaxy] = .nan
            }
        }
    }
}
