import PhotozElementary

/// One normal distribution of r for all galaxies: what a calibration has to be better than.
struct OneGaussian {
    private let centre, width: Double

    /// Median and 1.4826 times the median absolute deviation of r, which outliers hardly move.
    init(_ galaxies: LabelledGalaxies) {
        let residuals = (0..<galaxies.count).map { Double(galaxies.residual(of: $0)) }
        let median = Self.median(residuals)
        centre = median
        // Of residuals that are mostly the same no width is left; this is that of a velocity of 3 km/s.
        width = max(1.4826 * Self.median(residuals.map { abs($0 - median) }), Calibration.leastStretch)
    }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }

    /// Means over galaxies by their weights. For a normal distribution of width σ and x = (z - mean)/σ, the loss is
    /// 1/(2 σ √π) - 2 φ(x)/σ and the score σ (x (2 Φ(x) - 1) + 2 φ(x) - 1/√π) (Gneiting & Raftery 2007).
    func scores(of galaxies: LabelledGalaxies) -> HeldOutCheck.Scores {
        let inverseRootPi = 1 / Double.pi.squareRoot()
        var (total, cdeLoss, crps) = (0.0, 0.0, 0.0)
        for galaxy in 0..<galaxies.count {
            let weight = galaxies.weights?[galaxy] ?? 1
            let sigma = width * LabelledGalaxies.breadth(Double(galaxies.predicted[galaxy]))
            let x = (Double(galaxies.residual(of: galaxy)) - centre) / width
            total += weight
            cdeLoss += weight * (inverseRootPi / 2 - 2 * Self.density(x)) / sigma
            crps += weight * sigma * (x * (2 * Self.cumulative(x) - 1) + 2 * Self.density(x) - inverseRootPi)
        }
        return HeldOutCheck.Scores(cdeLoss: cdeLoss / total, crps: crps / total)
    }

    /// φ, of the standard normal distribution.
    private static func density(_ x: Double) -> Double {
        abs(x) > 37 ? 0 : Elementary.exp(-x * x / 2) / (2 * Double.pi).squareRoot()
    }

    /// Φ, from ½ + φ(x) (x + x³/3 + x⁵/(3 · 5) + ...) (Marsaglia 2004, J. Stat. Software 11, 4); from 7 on, less
    /// than 1.3e-12 from 1.
    private static func cumulative(_ x: Double) -> Double {
        guard abs(x) < 7 else { return x > 0 ? 1 : 0 }
        var (term, sum, divisor) = (x, x, 1.0)
        while abs(term) > 1e-17 * abs(sum) {
            divisor += 2
            term *= x * x / divisor
            sum += term
        }
        return 0.5 + density(x) * sum
    }
}
