import AstroMAE

/// Measures the engine alone, beside what the cores can do at best.
package struct Bench {
    /// How long a measurement goes on.
    package struct Effort: Sendable {
        let seconds: Double
        let leastBatches: Int
        /// Of the cores, before the engine is measured and after; each takes 0.01 s.
        let slices: Int
        /// None when nobody asks where the time goes.
        let layerSeconds: Double?

        /// Enough for the last percent.
        package static let thorough = Effort(seconds: 2, leastBatches: 5, slices: 50, layerSeconds: 0.5)

        /// A part of a table: less, so that the whole table takes no more than half a minute.
        ///
        /// - Parameters:
        ///   - combinations: How many the table has.
        ///   - layers: Whether it says where the time goes.
        package static func brief(combinations: Int, layers: Bool) -> Effort {
            Effort(
                seconds: min(0.7, 14 / Double(max(1, combinations))), leastBatches: 1, slices: 15,
                layerSeconds: layers ? 0.1 : nil)
        }
    }

    private let weights: WeightsFile
    private let galaxies: BenchGalaxies
    private let threads: Int
    private let effort: Effort

    /// - Parameters:
    ///   - weights: The network.
    ///   - batchSize: Galaxies that are predicted together.
    ///   - threads: Threads that share them.
    ///   - effort: How long to measure.
    package init(_ weights: WeightsFile, batchSize: Int, threads: Int, effort: Effort) {
        self.weights = weights
        self.threads = threads
        self.effort = effort
        galaxies = BenchGalaxies(batchSize, for: weights.shape)
    }

    /// A batch that suits any number of threads, and is so small that the plainest instruction set is soon done.
    package static func batchSize(for weights: WeightsFile, threads: Int) -> Int {
        Engine.preferredCount(for: weights.shape) * threads
    }

    /// Measures one precision with one instruction set.
    ///
    /// - Throws: `WeightsError` when the weights are damaged.
    package func measure(_ precision: Precision, _ instructionSet: InstructionSet) throws -> BenchMeasurement {
        let start = ContinuousClock.now
        let network = try PreparedNetwork(weights, precision, for: instructionSet)
        let preparation = ContinuousClock.now - start
        let atWork = EngineAtWork(network, threads: threads, on: galaxies)
        let cores = { CoreSpeed.measure(instructionSet, precision, threads: threads, slices: effort.slices) }
        // The cores are measured before and after, since a machine's clock drifts; the higher peak counts.
        let before = cores()
        let rate = atWork.galaxiesPerSecond(seconds: effort.seconds, leastBatches: effort.leastBatches)
        return BenchMeasurement(
            instructionSet: "\(instructionSet)", precision: precision, preparationSeconds: preparation.seconds,
            galaxiesPerSecond: rate, operationsPerGalaxy: network.shape.operationsPerGalaxy,
            cores: before.settled(again: cores), layers: effort.layerSeconds.map(atWork.layerShares))
    }
}

extension CoreSpeed {
    /// What was measured of the cores, and again: until it can be true, for ten seconds at most. On a busy machine it
    /// takes many slices until all threads have their cores for the whole of one. Whoever asks must still see whether
    /// it can be true.
    fileprivate func settled(again: () -> CoreSpeed) -> CoreSpeed {
        let start = ContinuousClock.now
        var cores = best(again())
        while !cores.isPlausible, ContinuousClock.now - start < .seconds(10) { cores = cores.best(again()) }
        return cores
    }
}
