import PhotozDistributions
import TestSupport
import Testing

/// Distributions against numerical integration of their cumulative distribution functions.
@Suite struct QuantileDistributionTests {
    /// Locations as of a galaxy, narrow and skewed, each another time.
    static func someLocations(_ seed: UInt64) -> [Float] {
        var random = SeededNumbers(seed: seed)
        var z = Double.random(in: -0.05...0.3, using: &random)
        return (0..<29).map { _ in
            z += Double.random(in: 0.0005...0.02, using: &random)
            return Float(z)
        }
    }

    /// F, written down again.
    static func plainCumulative(_ locations: [Float], _ z: Double) -> Double {
        let levels = QuantileLevels.all
        if z < Double(locations[0]) { return 0 }
        for k in 0..<28 where z < Double(locations[k + 1]) {
            let (a, b) = (Double(locations[k]), Double(locations[k + 1]))
            return levels[k] + (levels[k + 1] - levels[k]) * (z - a) / (b - a)
        }
        return 1
    }

    /// ∫ f over a range that holds all of the distribution, by the midpoint rule.
    static func integral(_ range: ClosedRange<Double>, steps: Int = 200_000, _ f: (Double) -> Double) -> Double {
        let step = (range.upperBound - range.lowerBound) / Double(steps)
        return (0..<steps).reduce(0) { $0 + f(range.lowerBound + (Double($1) + 0.5) * step) } * step
    }

    @Test func levels() {
        #expect(QuantileLevels.all.count == QuantileLevels.count)
        #expect(QuantileLevels.all.first == 0 && QuantileLevels.all.last == 1)
        #expect(zip(QuantileLevels.all, QuantileLevels.all.dropFirst()).allSatisfy(<))
        #expect(QuantileLevels.index(of: 0.5) == 14)
        #expect(QuantileLevels.index(of: 0.025) == 4)
        #expect(QuantileLevels.index(of: 0.16) == nil)
        #expect(
            Set([0.001, 0.005, 0.01, 0.05, 0.35, 0.95, 0.975, 0.99, 0.995, 0.999]).isSubset(of: QuantileLevels.all))
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>) func moments(seed: UInt64) {
        let locations = Self.someLocations(seed)
        let distribution = QuantileDistribution(locations: locations)
        let range = Double(locations[0])...Double(locations[28])
        // By parts: the mean is the upper end less ∫F, the second moment about it follows alike.
        let mean = range.upperBound - Self.integral(range) { Self.plainCumulative(locations, $0) }
        let second = Self.integral(range) { 2 * (range.upperBound - $0) * Self.plainCumulative(locations, $0) }
        let variance = second - (range.upperBound - mean) * (range.upperBound - mean)
        #expect(abs(distribution.mean - mean) < 1e-8)
        #expect(abs(distribution.standardDeviation - variance.squareRoot()) < 1e-7)
        #expect(distribution.median == Double(locations[14]))
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>) func cumulativeDensityAndQuantiles(seed: UInt64) {
        let locations = Self.someLocations(seed)
        let distribution = QuantileDistribution(locations: locations)
        let (lower, upper) = (Double(locations[0]), Double(locations[28]))
        for step in -10...1010 {
            let z = lower + (upper - lower) * Double(step) / 1000
            #expect(abs(distribution.cumulative(at: z) - Self.plainCumulative(locations, z)) < 1e-14)
            let slope =
                (Self.plainCumulative(locations, z + 1e-9) - Self.plainCumulative(locations, z - 1e-9)) / 2e-9
            let isNearALocation = locations.contains { abs(Double($0) - z) < 1e-8 }
            if !isNearALocation { #expect(abs(distribution.density(at: z) - slope) < 1e-4 * max(slope, 1)) }
            if 0...1000 ~= step {
                let level = Double(step) / 1000
                #expect(abs(distribution.cumulative(at: distribution.quantile(level)) - level) < 1e-12)
            }
        }
        for (level, location) in zip(QuantileLevels.all, locations) {
            #expect(abs(distribution.quantile(level) - Double(location)) < 1e-12)
        }
        #expect(distribution.density(at: upper) > 0)
        #expect(distribution.density(at: upper.nextUp) == 0)
        #expect(distribution.density(at: lower.nextDown) == 0)
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>) func scores(seed: UInt64) {
        let locations = Self.someLocations(seed)
        let distribution = QuantileDistribution(locations: locations)
        let (lower, upper) = (Double(locations[0]), Double(locations[28]))
        let squared = Self.integral(lower...upper) { distribution.density(at: $0) * distribution.density(at: $0) }
        for share in [-0.5, -0.01, 0, 0.013, 0.3, 0.5, 0.77, 0.999, 1, 1.01, 1.5] {
            let z = lower + (upper - lower) * share
            let scores = distribution.scores(at: z)
            let crps = Self.integral(min(lower, z)...max(upper, z)) {
                let difference = Self.plainCumulative(locations, $0) - ($0 >= z ? 1 : 0)
                return difference * difference
            }
            #expect(abs(scores.crps - crps) < 1e-5)
            #expect(abs(scores.cdeLoss - (squared - 2 * distribution.density(at: z))) < 1e-3 * squared)
            #expect(scores.pit == distribution.cumulative(at: z))
        }
    }

    /// The score is proper: the distribution that redshifts are drawn from has the least on average.
    @Test func theTrueDistributionScoresBest() {
        var random = SeededNumbers(seed: 4)
        let truth = Self.someLocations(4)
        let middle = truth[14]
        let others =
            [0.7, 1.3].map { factor in truth.map { middle + Float(factor) * ($0 - middle) } }
            + [truth.map { $0 + 0.03 }]
        let distributions = ([truth] + others).map { QuantileDistribution(locations: $0) }
        var sums = distributions.map { _ in (cdeLoss: 0.0, crps: 0.0) }
        for _ in 0..<20_000 {
            let z = distributions[0].quantile(Double.random(in: 0..<1, using: &random))
            for (index, distribution) in distributions.enumerated() {
                let scores = distribution.scores(at: z)
                sums[index].cdeLoss += scores.cdeLoss
                sums[index].crps += scores.crps
            }
        }
        for other in sums.dropFirst() {
            #expect(sums[0].cdeLoss < other.cdeLoss)
            #expect(sums[0].crps < other.crps)
        }
    }

    @Test func theModeIsInTheMiddleOfTheShortestFifth() {
        // Even stretches of 0.01, but those from level 0.3 to 0.5 (places 10 to 14) are a tenth as wide.
        var (z, locations) = (Float(0.1), [Float]())
        for place in 0..<29 {
            locations.append(z)
            z += 10..<14 ~= place ? 0.001 : 0.01
        }
        let mode = QuantileDistribution(locations: locations).mode
        #expect(abs(mode - Double(locations[10] + locations[14]) / 2) < 1e-7)
        // All as wide: the lowest.
        let even = (0..<29).map { Float($0) / 64 }
        #expect(QuantileDistribution(locations: even).mode == 7.0 / 64)
    }

    /// A file may hold them, ours do not.
    @Test func equalLocationsAreSteps() {
        var locations = (0..<29).map { Float($0) / 64 }
        locations[15] = locations[14]
        let distribution = QuantileDistribution(locations: locations)
        #expect(distribution.cumulative(at: 14.0 / 64) == 0.55)
        #expect(distribution.cumulative(at: (14.0 / 64).nextDown) <= 0.5)
        #expect(distribution.scores(at: 0.3).cdeLoss == .infinity)
        #expect(distribution.scores(at: 0.3).crps.isFinite)
    }
}
