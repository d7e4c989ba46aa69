/// The quartiles of d of a group of galaxies.
struct QuartilesOfDifference {
    let first, median, third: Double
    /// Whether there are galaxies; all quartiles are 0 when there are none.
    let isKnown: Bool

    /// - Parameter quartiles: Three, or none without galaxies.
    init(_ quartiles: [Double]) {
        isKnown = quartiles.count == 3
        (first, median, third) = isKnown ? (quartiles[0], quartiles[1], quartiles[2]) : (0, 0, 0)
    }

    /// For a normal distribution of d, its standard deviation.
    var sigma: Double { (third - first) / 1.349 }

    /// What |d| must be above for an outlier of the PZ data challenge: three of these sigma, at least 0.06.
    var outlierLimit: Double { max(0.06, 3 * sigma) }
}
