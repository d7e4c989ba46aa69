import PhotozDistributions

/// How the distributions of galaxies fare, one number a galaxy; NaN for one that has no distribution or no
/// spectroscopic redshift.
struct GalaxyScores {
    /// F(z).
    private(set) var pit: [Float]
    /// ∫p² - 2 p(z).
    private(set) var cdeLoss: [Float]
    /// ∫(F(x) - [x >= z])² dx.
    private(set) var crps: [Float]

    fileprivate init(count: Int) {
        pit = .init(repeating: .nan, count: count)
        (cdeLoss, crps) = (pit, pit)
    }

    fileprivate mutating func set(_ scores: DistributionScores, of galaxy: Int) {
        pit[galaxy] = Float(scores.pit)
        cdeLoss[galaxy] = Float(scores.cdeLoss)
        crps[galaxy] = Float(scores.crps)
    }
}

extension GalaxyDistributions {
    /// A distribution of which a grid cuts off more than this is noted.
    static let tolerableCut = 0.01

    /// The scores of all galaxies of a rank.
    func scores(of found: RankFindings) -> GalaxyScores {
        var scores = GalaxyScores(count: found.predictions.count)
        forEach(found.predictions.indices, of: found) { galaxy, locations in
            let redshift = found.redshifts[galaxy]
            guard let locations, redshift.isFinite, redshift > -1 else { return }
            scores.set(QuantileDistribution(locations).scores(at: Double(redshift)), of: galaxy)
        }
        return scores
    }

    /// Galaxies of a rank that have more than ``tolerableCut`` of their probability outside of a grid.
    func cutCount(of found: RankFindings, by grid: RedshiftGrid) -> Int {
        var count = 0
        forEach(found.predictions.indices, of: found) { _, locations in
            guard let locations else { return }
            count += QuantileDistribution(locations).mass(inside: grid) < 1 - Self.tolerableCut ? 1 : 0
        }
        return count
    }
}
