import AstroMAE
import PhotozMachine

/// What a bench found of one precision with one instruction set.
package struct BenchMeasurement: Sendable {
    /// The instruction set's name.
    package let instructionSet: String
    /// How numbers were stored.
    package let precision: Precision
    /// Galaxies a second, of all threads together.
    package let galaxiesPerSecond: Double
    /// Billions of multiplications and additions a second.
    package let gflops: Double
    /// What the cores do at best.
    package let cores: CoreSpeed
    /// The share of each kind of layer in the time; nil when it was not measured.
    package let layers: [String: Double]?

    /// - Parameters: As the properties; `operationsPerGalaxy` counts multiplications and additions.
    package init(
        instructionSet: String, precision: Precision, galaxiesPerSecond: Double, operationsPerGalaxy: Double,
        cores: CoreSpeed, layers: [String: Double]?
    ) {
        self.instructionSet = instructionSet
        self.precision = precision
        self.galaxiesPerSecond = galaxiesPerSecond
        gflops = galaxiesPerSecond * operationsPerGalaxy / 1e9
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
