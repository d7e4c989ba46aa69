/// Medians and quartiles of the relative errors d of all ranks.
struct Spread {
    let median: Double
    let firstQuartile: Double
    let thirdQuartile: Double
    /// median |d - median d|
    let medianDeviation: Double

    /// - Parameter count: the counted galaxies of all ranks, at least 1.
    init<Failure: Error>(
        _ galaxies: Galaxies, count: Int, sumOverRanks: (inout [Int64]) throws(Failure) -> Void
    ) throws(Failure) {
        let quartiles = try quantilesOverRanks(
            [1, 2, 3].map { Quantile(quarters: $0, count: count) },
            of: galaxies.keys { $0.relativeError }, sumOverRanks: sumOverRanks)
        firstQuartile = quartiles[0]
        let median = quartiles[1]
        thirdQuartile = quartiles[2]
        self.median = median
        medianDeviation = try quantilesOverRanks(
            [Quantile(quarters: 2, count: count)],
            of: galaxies.keys { ($0.relativeError - median).magnitude }, sumOverRanks: sumOverRanks)[0]
    }
}
