import AstroMAE
import HDF5
import TestSupport
import Testing

/// What fewer bits may cost, at every instruction set of this machine.
@Suite(.serialized) struct PrecisionTests {
    /// The error in redshift that 99 % of the galaxies stay below, and the change of sigma_mad as a share.
    static let limits: [(precision: Precision, error: Double, spread: Double)] = [
        (.bfloat16, 3e-4, 0.005), (.int8, 6e-4, 0.01),
    ]

    @Test(arguments: GoldenTests.sets, limits)
    func redshiftsOfTheGoldenGalaxies(
        set: Int, limit: (precision: Precision, error: Double, spread: Double)
    ) throws {
        let redshifts = try Golden().predict(
            GoldenTests.engine(Repository.weights, set: set, limit.precision), batch: 64)
        let errors = zip(redshifts, try Golden.expected("redshift_float64")).map { abs(Double($0) - $1) }
        #expect(errors.count == 64 && errors.quantile(0.99) <= limit.error, "\(errors.quantile(0.99))")
    }

    @Test(arguments: GoldenTests.sets, limits)
    func spreadOfTheDemonstrationGalaxies(
        set: Int, limit: (precision: Precision, error: Double, spread: Double)
    ) throws {
        let file = try File.open(Repository.galaxies)
        let galaxies = Golden(
            images: try file.dataset("images").readAll(), magnitudes: try file.dataset("magnitudes").readAll())
        let spectroscopic: [Double] = try file.dataset("redshift").readAll()
        let exact = galaxies.predict(try GoldenTests.engine(Repository.weights, set: set), batch: 64)
        let rough = galaxies.predict(
            try GoldenTests.engine(Repository.weights, set: set, limit.precision), batch: 64)
        let change = rough.spread(around: spectroscopic) / exact.spread(around: spectroscopic) - 1
        #expect(abs(change) <= limit.spread, "sigma_mad changes by \(change)")
        let errors = zip(rough, exact).map { abs(Double($0) - Double($1)) }
        #expect(errors.quantile(0.99) <= limit.error, "\(errors.quantile(0.99))")
        // Fewer bits are no hidden float32.
        #expect(errors.quantile(0.5) > 1e-6)
    }

    /// The demonstration network's redshift hardly notices its transformer (the ReLU of the token head is zero for most
    /// galaxies), so every stage is held to what its numbers are stored with. Measured: 1.7 % and 2.8 %.
    @Test(arguments: GoldenTests.sets, [(Precision.bfloat16, 0.02), (.int8, 0.04)])
    func everyStage(set: Int, limit: (precision: Precision, error: Double)) throws {
        let errors = try GoldenTests.stageErrors(of: GoldenTests.engine(Repository.weights, set: set, limit.precision))
        #expect(errors.keys.contains("blocks.11") && errors.keys.contains("concat_block.0"))
        for (name, error) in errors { #expect(error <= limit.error, "\(name): off by \(error)") }
    }

    @Test(arguments: GoldenTests.sets, [Precision.bfloat16, .int8])
    func aSmallVariantOfOddWidths(set: Int, precision: Precision) throws {
        // Random weights with nothing at its default value: what is left over at the ends of rows would show.
        let redshifts = try Golden().predict(
            GoldenTests.engine(Repository.fixture("small-weights.h5"), set: set, precision), batch: 64)
        let expected = try Golden.expected("small_redshift_float64")
        let worst = zip(redshifts, expected).map { abs(Double($0) - $1) }.max() ?? .nan
        // Two significant digits are what random weights leave of bytes; the answers are about 0.1.
        #expect(worst <= 1e-3, "off by \(worst)")
    }
}

extension Array where Element == Double {
    /// The value that a share of the others stay below, linear between neighbours.
    fileprivate func quantile(_ share: Double) -> Double {
        let sorted = sorted(), place = share * Double(count - 1)
        let below = Int(place)
        let above = Swift.min(below + 1, count - 1)
        return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
    }
}

extension Array where Element == Float {
    /// sigma_mad: 1.4826 median |d - median d| of d = (prediction - redshift) / (1 + redshift).
    fileprivate func spread(around redshifts: [Double]) -> Double {
        let deviations = zip(self, redshifts).map { (Double($0) - $1) / (1 + $1) }
        let median = deviations.quantile(0.5)
        return 1.4826 * deviations.map { abs($0 - median) }.quantile(0.5)
    }
}
