import AstroMAE
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
    let onError: ErrorPolicy

    /// Galaxies that are read and computed at once: they keep the engine's tiles full, and memory does not grow with the
    /// batch.
    var pieceSize: Int { Engine.preferredCount(for: network.shape) * threads }

    /// Galaxies of the smallest chunk of a dynamic schedule.
    var smallestChunk: Int { min(pieceSize, batchSize) }

    /// Predicts the galaxies that the schedule gives this rank.
    ///
    /// - Parameters:
    ///   - schedule: Which galaxies.
    ///   - outcome: Holds what earlier attempts found, and gets the findings.
    ///   - journal: Gets them too.
    ///   - progress: Told what part of the job is done, after each piece.
    /// - Throws: `PartitionError` or `HDF5Error` when a piece cannot be read, ``JobError`` with code 75 after a signal.
    func run(
        _ schedule: any Schedule, into outcome: inout Outcome, journal: JournalWriter, progress: (Double) -> Void
    ) throws {
        let (start, processorStart) = (ContinuousClock.now, Host.processorTime())
        let engine = Engine(network, threads: threads)
        let work = Work(
            schedule, partitionRows: dataSet.partitions.map(\.rows), batchSize: batchSize, pieceSize: pieceSize)
        let reader = BatchReader(work, of: dataSet, schema: schema, onError: onError)
        var waiting = ContinuousClock.now
        defer {
            schedule.stop()
            try? journal.finish()
        }
        try reader.forEach { batch in
            outcome.report.readWait += (ContinuousClock.now - waiting).seconds
            let findings = predict(batch, engine)
            outcome.append(findings)
            outcome.identifiers.append(batch.identifiers)
            for skipped in batch.skipped { outcome.skip(skipped.rows, galaxies: skipped.galaxies) }
            for whole in Self.withoutSkipped(findings, batch.skipped) { try journal.append(whole) }
            let done = outcome.report.samples - outcome.report.resumed
            schedule.tell(done: done)
            progress(schedule.fraction(done: done))
            if let signal = StopSignal.received { throw StopSignal.Stopped(signal: signal) }
            waiting = .now
        }
        try journal.finish()

        outcome.report.threads = threads
        outcome.report.batches = work.batches
        outcome.report.wallTime = (ContinuousClock.now - start).seconds
        outcome.report.processorTime = Host.processorTime() - processorStart
        outcome.report.memory = Host.peakMemory()
    }

    /// What goes into the journal: rows that were left out may be readable when the run is resumed.
    private static func withoutSkipped(_ findings: Findings, _ skipped: [BatchReader.Skipped]) -> [Findings] {
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

    private func predict(_ batch: BatchReader.Batch, _ engine: Engine) -> Findings {
        let images = UnsafeBufferPointer(batch.buffers.images)
        let isIncomplete = isIncomplete(batch)
        var unknown = batch.missing.magnitudes > 0 ? isIncomplete.indices.filter { isIncomplete[$0] } : []
        unknown += batch.skipped.flatMap { $0.galaxies.map { $0 - batch.galaxies.lowerBound } }
        let redshifts = predict(batch, images, engine, unknown)
        var findings = Findings(
            galaxies: batch.galaxies, predictions: redshifts, redshifts: Array(batch.buffers.redshifts),
            magnitudes: referenceMagnitudes(batch), isIncomplete: isIncomplete,
            missingRedshifts: batch.missing.redshifts)
        guard views > 1 else { return findings }
        var statistics = ViewStatistics(redshifts)
        withUnsafeTemporaryAllocation(of: Float.self, capacity: images.count) { turned in
            turned.initialize(repeating: 0)
            for view in 1..<views {
                ImageViews.write(view, of: images, size: schema.imageSize, into: turned)
                statistics.add(predict(batch, UnsafeBufferPointer(turned), engine, unknown))
            }
        }
        (findings.means, findings.scatters) = (statistics.means, statistics.scatters)
        return findings
    }

    /// Whether each galaxy lacks a magnitude.
    private func isIncomplete(_ batch: BatchReader.Batch) -> [Bool] {
        let bands = schema.bands
        return (0..<batch.galaxies.count).map { galaxy in
            batch.buffers.magnitudes[galaxy * bands..<(galaxy + 1) * bands].contains(where: \.isNaN)
        }
    }

    /// The band in the middle: r of u, g, r, i, z.
    private func referenceMagnitudes(_ batch: BatchReader.Batch) -> [Float] {
        stride(from: schema.bands / 2, to: batch.galaxies.count * schema.bands, by: schema.bands).map {
            batch.buffers.magnitudes[$0]
        }
    }

    /// - Parameter unknown: Galaxies that have no photometric redshift, whatever the network makes of them.
    private func predict(
        _ batch: BatchReader.Batch, _ images: UnsafeBufferPointer<Float>, _ engine: Engine, _ unknown: [Int]
    ) -> [Float] {
        [Float](unsafeUninitializedCapacity: batch.galaxies.count) { redshifts, count in
            engine.predict(
                images: images, magnitudes: UnsafeBufferPointer(batch.buffers.magnitudes),
                redshifts: UnsafeMutableBufferPointer(rebasing: redshifts[..<batch.galaxies.count]))
            count = batch.galaxies.count
            for galaxy in unknown { redshifts[galaxy] = .nan }
        }
    }
}
