/// How well a distribution foretold a redshift: less is better in both scores.
package struct DistributionScores: Sendable, Equatable {
    /// F(z), the probability integral transform: even between 0 and 1 over many galaxies when distributions hold.
    package let pit: Double
    /// ∫ p² dz - 2 p(z): but for a constant that the distribution does not change, the expected value of the
    /// integrated squared error of the density (Izbicki & Lee 2017, Electronic Journal of Statistics 11, 2800).
    package let cdeLoss: Double
    /// ∫ (F(t) - [t ≥ z])² dt, the continuous ranked probability score (Gneiting & Raftery 2007, JASA 102, 359),
    /// in units of redshift.
    package let crps: Double
}

extension QuantileDistribution {
    /// Scores for a redshift that turned out to be z, exact for this distribution but for rounding.
    ///
    /// - Parameter z: Finite.
    package func scores(at z: Double) -> DistributionScores {
        let levels = QuantileLevels.all
        var (squaredDensity, crps) = (0.0, max(locations[0] - z, 0) + max(z - locations[28], 0))
        for stretch in 0..<28 {
            let (from, to) = (locations[stretch], locations[stretch + 1])
            let (lower, upper) = (levels[stretch], levels[stretch + 1])
            squaredDensity += (upper - lower) * (upper - lower) / (to - from)
            if to <= z {
                crps += Self.squared(from: lower, to: upper, over: to - from)
            } else if from >= z {
                crps += Self.squared(from: 1 - lower, to: 1 - upper, over: to - from)
            } else {
                let middle = lower + (upper - lower) * ((z - from) / (to - from))
                crps += Self.squared(from: lower, to: middle, over: z - from)
                crps += Self.squared(from: 1 - middle, to: 1 - upper, over: to - z)
            }
        }
        return DistributionScores(
            pit: cumulative(at: z), cdeLoss: squaredDensity - 2 * density(at: z), crps: crps)
    }

    /// The integral of the square of what goes linearly from one value to another.
    private static func squared(from: Double, to: Double, over width: Double) -> Double {
        width * (from * from + from * to + to * to) / 3
    }
}
