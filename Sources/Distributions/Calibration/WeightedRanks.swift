/// Residuals of the galaxies of one cell, and which of them is the quantile of a level.
///
/// Of n galaxies that count the same, the quantile q is the residual of rank ceil((n + 1) q): a further galaxy, which
/// is one of n + 1 in an order that any of them could have, has a residual up to it with a probability of at least q
/// and less than q + 1/(n + 1), when no two are equal. Galaxies that count differently have ranks in units of their
/// weights (Tibshirani et al. 2019, "Conformal prediction under covariate shift"): the further galaxy is given the
/// weight that one drawn with these weights has on average, Σw²/Σw, so that it is one of n + 1 where n is the
/// effective number (Σw)²/Σw².
struct WeightedRanks {
    /// Ascending, of galaxies that count at all.
    let residuals: [Float]
    /// Sums of weights up to and with each.
    private let cumulative: [Double]
    /// Of the further galaxy.
    private let ownWeight: Double

    /// - Parameters:
    ///   - residuals: Ascending.
    ///   - weights: Of these galaxies; nil when all count the same.
    init(ascending residuals: [Float], weights: [Double]?) {
        guard let weights else {
            self.residuals = residuals
            cumulative = residuals.indices.map { Double($0 + 1) }
            ownWeight = 1
            return
        }
        let counting = residuals.indices.filter { weights[$0] > 0 }
        self.residuals = counting.map { residuals[$0] }
        var (sum, squares) = (0.0, 0.0)
        cumulative = counting.map { galaxy in
            sum += weights[galaxy]
            squares += weights[galaxy] * weights[galaxy]
            return sum
        }
        ownWeight = sum > 0 ? squares / sum : 0
    }

    /// The residual at a level; nil where the level is beyond what so many galaxies can tell: below the first one's
    /// share, or above that of all without the further one.
    ///
    /// - Parameter thousandths: The level.
    func residual(at thousandths: Int) -> Float? {
        guard let first = cumulative.first, let all = cumulative.last else { return nil }
        let wanted = Double(thousandths) * (all + ownWeight)
        guard first * 1000 <= wanted, wanted <= all * 1000 else { return nil }
        var (low, high) = (0, cumulative.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if cumulative[middle] * 1000 < wanted { low = middle + 1 } else { high = middle }
        }
        return residuals[low]
    }

    /// Residuals at all levels, not decreasing: where these galaxies cannot tell, their parents' are taken, and where
    /// that would make a step inwards, the one nearer to the median.
    func quantiles(parents: [Float]) -> [Float] {
        var quantiles = zip(QuantileLevels.thousandths, parents).map { residual(at: $0) ?? $1 }
        quantiles[0] = parents[0]
        quantiles[QuantileLevels.count - 1] = parents[QuantileLevels.count - 1]
        return Self.outwards(quantiles)
    }

    /// Residuals at all levels, not decreasing, of galaxies that have no parents: the whole.
    ///
    /// Levels 0 and 1 lie beyond the smallest and the largest residual, by a tenth of the distance between these. What
    /// lies between a level that is told and such an end is on a straight line.
    func quantilesOfTheWhole() -> [Float] {
        let (first, last) = (Double(residuals[0]), Double(residuals[residuals.count - 1]))
        let reach = (last - first) / 10
        let all = cumulative[cumulative.count - 1]
        let quantiles = QuantileLevels.thousandths.map { thousandths -> Float in
            if let told = residual(at: thousandths) { return told }
            let wanted = Double(thousandths) / 1000 * (all + ownWeight)
            return wanted < cumulative[0]
                ? Float(first - reach * (1 - wanted / cumulative[0]))
                : Float(last + reach * min((wanted - all) / ownWeight, 1))
        }
        return Self.outwards(quantiles)
    }

    private static func outwards(_ quantiles: [Float]) -> [Float] {
        var quantiles = quantiles
        for level in QuantileLevels.median + 1..<QuantileLevels.count {
            quantiles[level] = max(quantiles[level], quantiles[level - 1])
        }
        for level in (0..<QuantileLevels.median).reversed() {
            quantiles[level] = min(quantiles[level], quantiles[level + 1])
        }
        return quantiles
    }
}
