import AstroMAE
import Survey

/// One rank's inference phase: its galaxies in batches, the next ones read while the ones before are computed.
struct Inference {
    let network: PreparedNetwork
    let dataSet: DataSet
    let schema: PartitionSchema
    let shard: Shard
    let batchSize: Int
    let threads: Int
    /// Views of each image that are predicted; 1 for the image alone.
    let views: Int

    /// What came out.
    struct Outcome {
        /// Photometric redshifts of the shard's galaxies, in order.
        var predictions: [Float]
        /// Their spectroscopic redshifts, NaN where unknown.
        var redshifts: [Float]
        /// Mean and scatter of the redshifts of all views; empty without views.
        var means: [Float]
        var scatters: [Float]
        /// Their magnitudes in the reference band.
        var magnitudes: [Float]
        /// Those without a redshift because they lack a magnitude, by their place in the shard.
        var incomplete: Set<Int> = []
        var report = RankReport()

        init(count: Int, hasViews: Bool) {
            let room = [Float](repeating: .nan, count: count)
            (predictions, redshifts, magnitudes) = (room, room, room)
            (means, scatters) = hasViews ? (room, room) : ([], [])
        }
    }

    /// Numbers of a galaxy in the journal: those of ``Outcome``, and one of remarks.
    static func journalColumns(views: Int) -> Int { views > 1 ? 6 : 4 }

    /// Predicts every galaxy of the shard that is not finished, and takes the others from the journals.
    ///
    /// - Parameters:
    ///   - finished: What earlier attempts have done.
    ///   - journal: Told what is done.
    ///   - progress: Told the galaxies done so far, after each batch.
    /// - Throws: `PartitionError` or `HDF5Error` when a batch cannot be read, ``JobError`` with code 75 after a signal.
    func run(finished: FinishedGalaxies, journal: JournalWriter, progress: (Int) -> Void) throws -> Outcome {
        var outcome = Outcome(count: shard.galaxies.count, hasViews: views > 1)
        try finished.forEach(in: shard.galaxies, columns: Self.journalColumns(views: views)) {
            restore($0, $1, to: &outcome)
        }
        outcome.report.memoryBefore = Host.peakMemory()
        let (start, processorStart) = (ContinuousClock.now, Host.processorTime())

        let engine = Engine(network, threads: threads)
        let rows = dataSet.partitions.map(\.rows)
        let batches = finished.left(of: shard.galaxies).flatMap {
            Shard($0, partitionRows: rows).batches(of: batchSize)
        }
        // A batch is read and computed in pieces that keep the engine's tiles full: memory does not grow with the batch.
        let pieces = batches.flatMap { $0.batches(of: Engine.preferredCount * threads) }
        let reader = BatchReader(pieces, of: dataSet, schema: schema)
        var done = outcome.report.resumed
        var waiting = ContinuousClock.now
        defer { try? journal.finish() }
        try reader.forEach { batch in
            outcome.report.readWait += (ContinuousClock.now - waiting).seconds
            predict(batch, engine, into: &outcome)
            try note(batch, of: outcome, in: journal)
            done += batch.galaxies.count
            progress(done)
            if let signal = StopSignal.received { throw Self.stop(signal, done: done, of: shard.galaxies.count) }
            waiting = .now
        }
        try journal.finish()

        outcome.report.samples = outcome.predictions.count
        outcome.report.batches = batches.count
        outcome.report.wallTime = (ContinuousClock.now - start).seconds
        outcome.report.processorTime = Host.processorTime() - processorStart
        outcome.report.memory = Host.peakMemory()
        return outcome
    }

    private static func stop(_ signal: String, done: Int, of count: Int) -> JobError {
        JobError(
            .stopped,
            "stopped by \(signal) with \(done) of this rank's \(count) galaxies done; go on with the same command and --resume"
        )
    }

    // MARK: The journal

    /// Places of galaxies within the shard.
    private func places(_ galaxies: Range<Int>) -> Range<Int> {
        galaxies.lowerBound - shard.galaxies.lowerBound..<galaxies.upperBound - shard.galaxies.lowerBound
    }

    /// Remarks: 1 for a galaxy that lacks a magnitude; the first of a record has twice the record's missing redshifts added.
    private func note(_ batch: BatchReader.Batch, of outcome: Outcome, in journal: JournalWriter) throws {
        let places = places(batch.galaxies)
        var remarks = [Float](repeating: 0, count: places.count)
        for place in places where outcome.incomplete.contains(place) { remarks[place - places.lowerBound] = 1 }
        remarks[0] += Float(2 * batch.missing.redshifts)
        var columns = [outcome.predictions[places], outcome.redshifts[places], outcome.magnitudes[places]]
        if views > 1 { columns += [outcome.means[places], outcome.scatters[places]] }
        try journal.append(first: batch.galaxies.lowerBound, columns: columns + [remarks[...]])
    }

    private func restore(_ galaxies: Range<Int>, _ columns: [ArraySlice<Float>], to outcome: inout Outcome) {
        let places = places(galaxies)
        outcome.predictions.replaceSubrange(places, with: columns[0])
        outcome.redshifts.replaceSubrange(places, with: columns[1])
        outcome.magnitudes.replaceSubrange(places, with: columns[2])
        if views > 1 {
            outcome.means.replaceSubrange(places, with: columns[3])
            outcome.scatters.replaceSubrange(places, with: columns[4])
        }
        for (place, remark) in zip(places, columns[columns.count - 1]) {
            if Int(remark) & 1 == 1 { outcome.incomplete.insert(place) }
            outcome.report.missing.magnitudes += Int(remark) & 1
            outcome.report.missing.redshifts += Int(remark) >> 1
        }
        outcome.report.resumed += galaxies.count
    }

    // MARK: The computation

    /// Galaxies that lack a magnitude, by their place in the batch.
    private func incomplete(_ batch: BatchReader.Batch) -> [Int] {
        let bands = schema.bands
        return (0..<batch.galaxies.count).filter { galaxy in
            batch.buffers.magnitudes[galaxy * bands..<(galaxy + 1) * bands].contains(where: \.isNaN)
        }
    }

    /// The band in the middle: r of u, g, r, i, z.
    private func referenceMagnitudes(_ batch: BatchReader.Batch) -> [Float] {
        stride(from: schema.bands / 2, to: batch.galaxies.count * schema.bands, by: schema.bands).map {
            batch.buffers.magnitudes[$0]
        }
    }

    private func predict(_ batch: BatchReader.Batch, _ engine: Engine, into outcome: inout Outcome) {
        let places = places(batch.galaxies)
        let images = UnsafeBufferPointer(batch.buffers.images)
        let redshifts = predict(batch, images, engine)
        outcome.predictions.replaceSubrange(places, with: redshifts)
        outcome.redshifts.replaceSubrange(places, with: batch.buffers.redshifts)
        outcome.magnitudes.replaceSubrange(places, with: referenceMagnitudes(batch))
        outcome.report.missing += batch.missing
        if batch.missing.magnitudes > 0 {
            outcome.incomplete.formUnion(incomplete(batch).map { places.lowerBound + $0 })
        }
        guard views > 1 else { return }
        var statistics = ViewStatistics(redshifts)
        withUnsafeTemporaryAllocation(of: Float.self, capacity: images.count) { turned in
            turned.initialize(repeating: 0)
            for view in 1..<views {
                ImageViews.write(view, of: images, size: schema.imageSize, into: turned)
                statistics.add(predict(batch, UnsafeBufferPointer(turned), engine))
            }
        }
        outcome.means.replaceSubrange(places, with: statistics.means)
        outcome.scatters.replaceSubrange(places, with: statistics.scatters)
    }

    private func predict(
        _ batch: BatchReader.Batch, _ images: UnsafeBufferPointer<Float>, _ engine: Engine
    ) -> [Float] {
        [Float](unsafeUninitializedCapacity: batch.galaxies.count) { redshifts, count in
            engine.predict(
                images: images, magnitudes: UnsafeBufferPointer(batch.buffers.magnitudes),
                redshifts: UnsafeMutableBufferPointer(rebasing: redshifts[..<batch.galaxies.count]))
            count = batch.galaxies.count
            if batch.missing.magnitudes > 0 { forgetIncomplete(batch, redshifts) }
        }
    }

    /// A galaxy that lacks a magnitude has no photometric redshift, whatever the network makes of it.
    private func forgetIncomplete(_ batch: BatchReader.Batch, _ redshifts: UnsafeMutableBufferPointer<Float>) {
        for galaxy in incomplete(batch) { redshifts[galaxy] = .nan }
    }
}
