import AstroMAE
import HDF5
import TestSupport
import Testing

/// What fewer bits may cost, at every instruction set of this machine.
@Suite(.serialized) struct PrecisionTests {
    /// The error in redshift that 99 % of the galaxies stay below: a seventh of the network's own scatter. What it does
    /// to sigma_mad of 20 000 galaxies is a test of the simulation's.
    static let limit = 2e-3

    @Test(arguments: GoldenTests.sets, [Precision.bfloat16, .int8])
    func redshiftsOfTheGoldenGalaxies(set: Int, precision: Precision) throws {
        let redshifts = try Golden().predict(GoldenTests.engine(Repository.weights, set: set, precision), batch: 64)
        let errors = zip(redshifts, try Golden.expected("redshift_float64")).map { abs(Double($0) - $1) }
        #expect(errors.count == 64 && errors.quantile(0.99) <= Self.limit, "\(errors.quantile(0.99))")
    }

    @Test(arguments: GoldenTests.sets, [Precision.bfloat16, .int8])
    func redshiftsOfTheDemonstrationGalaxies(set: Int, precision: Precision) throws {
        let file = try File.open(Repository.galaxies)
        let galaxies = Golden(
            images: try file.dataset("images").readAll(), magnitudes: try file.dataset("magnitudes").readAll())
        let exact = galaxies.predict(try GoldenTests.engine(Repository.weights, set: set), batch: 64)
        let rough = galaxies.predict(try GoldenTests.engine(Repository.weights, set: set, precision), batch: 64)
        let errors = zip(rough, exact).map { abs(Double($0) - Double($1)) }
        #expect(errors.quantile(0.99) <= Self.limit, "\(errors.quantile(0.99))")
        // Fewer bits are no hidden float32.
        #expect(errors.quantile(0.5) > 1e-6)
    }

    /// Every stage is held to what its numbers are stored with: a redshift may hardly notice some of them. Measured:
    /// 1.7 % (a module of the inception branch) and 5.5 % (its first dense layer).
    @Test(arguments: GoldenTests.sets, [(Precision.bfloat16, 0.02), (.int8, 0.07)])
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
