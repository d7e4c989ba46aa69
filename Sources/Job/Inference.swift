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
        var predictions: [Float] = []
        /// Their spectroscopic redshifts, NaN where unknown.
        var redshifts: [Float] = []
        /// Mean and scatter of the redshifts of all views; empty without views.
        var means: [Float] = []
        var scatters: [Float] = []
        /// Their magnitudes in the reference band.
        var magnitudes: [Float] = []
        /// Those without a redshift because they lack a magnitude, by their place in the shard.
        var incomplete: Set<Int> = []
        var report = RankReport()
    }

    /// Predicts every galaxy of the shard.
    ///
    /// - Parameter progress: Told the galaxies done so far, after each batch.
    /// - Throws: `PartitionError` or `HDF5Error` when a batch cannot be read.
    func run(progress: (Int) -> Void) throws -> Outcome {
        var outcome = Outcome()
        outcome.predictions.reserveCapacity(shard.galaxies.count)
        outcome.redshifts.reserveCapacity(shard.galaxies.count)
        outcome.magnitudes.reserveCapacity(shard.galaxies.count)
        outcome.report.memoryBefore = Host.peakMemory()
        let (start, processorStart) = (ContinuousClock.now, Host.processorTime())

        let engine = Engine(network, threads: threads)
        let batches = shard.batches(of: batchSize)
        // A batch is read and computed in pieces that keep the engine's tiles full: memory does not grow with the batch.
        let pieces = batches.flatMap { $0.batches(of: Engine.preferredCount * threads) }
        let reader = BatchReader(pieces, of: dataSet, schema: schema)
        var waiting = ContinuousClock.now
        try reader.forEach { batch in
            outcome.report.readWait += (ContinuousClock.now - waiting).seconds
            predict(batch, engine, into: &outcome)
            outcome.report.missing += batch.missing
            if batch.missing.magnitudes > 0 {
                let first = batch.galaxies.lowerBound - shard.galaxies.lowerBound
                outcome.incomplete.formUnion(incomplete(batch).map { first + $0 })
            }
            outcome.redshifts += batch.buffers.redshifts
            outcome.magnitudes += referenceMagnitudes(batch)
            progress(outcome.predictions.count)
            waiting = .now
        }

        outcome.report.samples = outcome.predictions.count
        outcome.report.batches = batches.count
        outcome.report.wallTime = (ContinuousClock.now - start).seconds
        outcome.report.processorTime = Host.processorTime() - processorStart
        outcome.report.memory = Host.peakMemory()
        return outcome
    }

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
        let images = UnsafeBufferPointer(batch.buffers.images)
        let redshifts = predict(batch, images, engine)
        outcome.predictions += redshifts
        guard views > 1 else { return }
        var statistics = ViewStatistics(redshifts)
        withUnsafeTemporaryAllocation(of: Float.self, capacity: images.count) { turned in
            turned.initialize(repeating: 0)
            for view in 1..<views {
                ImageViews.write(view, of: images, size: schema.imageSize, into: turned)
                statistics.add(predict(batch, UnsafeBufferPointer(turned), engine))
            }
        }
        outcome.means += statistics.means
        outcome.scatters += statistics.scatters
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
