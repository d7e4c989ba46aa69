import AstroMAE
import PhotozMachine

/// What a bench found of one precision with one instruction set.
package struct BenchMeasurement: Sendable {
    /// The instruction set's name.
    package let instructionSet: String
    /// How numbers were stored.
    package let precision: Precision
    /// How long the weights took to be read, folded and packed: what a run waits for that finds none in its cache.
    package let preparationSeconds: Double
    /// Galaxies a second, of all threads together.
    package let galaxiesPerSecond: Double
    /// The same in the fastest batch: what the engine does while nothing else uses the machine.
    package let fastest: Double
    /// Billions of multiplications and additions a second.
    package let gflops: Double
    /// What the cores do at best.
    package let cores: CoreSpeed
    /// The share of each kind of layer in the time; nil when it was not measured.
    package let layers: [String: Double]?

    /// - Parameters: As the properties; `operationsPerGalaxy` counts multiplications and additions.
    package init(
        instructionSet: String, precision: Precision, preparationSeconds: Double,
        galaxiesPerSecond: (median: Double, fastest: Double), operationsPerGalaxy: Double, cores: CoreSpeed,
        layers: [String: Double]?
    ) {
        self.instructionSet = instructionSet
        self.precision = precision
        self.preparationSeconds = preparationSeconds
        self.galaxiesPerSecond = galaxiesPerSecond.median
        fastest = galaxiesPerSecond.fastest
        gflops = galaxiesPerSecond.median * operationsPerGalaxy / 1e9
        self.cores = cores
        self.layers = layers
    }

    /// The peak in billions of operations a second.
    package var peak: Double { cores.peak / 1e9 }

    /// What the engine makes of the cores; nil when their peak cannot be true, since a share of it would mean nothing.
    package var fraction: Double? { cores.isPlausible ? gflops / peak : nil }

    /// - Throws: ``JobError`` with code 70 when the peak cannot be true.
    package func requirePlausiblePeak() throws {
        guard !cores.isPlausible else { return }
        throw JobError(
            .unexpected,
            "the peak of these cores cannot be \(peak) G operations a second, since cached products make "
                + "\(cores.products / 1e9); the measurement is wrong on this processor, or the machine is too busy to "
                + "be measured")
    }
}
