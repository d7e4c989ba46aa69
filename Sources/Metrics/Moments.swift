/// The counts and sums over the counted galaxies of all ranks; each sum exact, and rounded once.
struct Moments {
    let count: Int
    /// Galaxies with |d| > 0.15, and with |d| > 0.05.
    let above015: Int
    let above005: Int
    /// Σ|p - z|
    let absoluteErrors: Double
    /// Σ(p - z)²
    let squaredErrors: Double
    /// Σd
    let relativeErrors: Double
    /// Σ(z - mean z)²
    let squaredDeviations: Double

    /// Two passes and two reductions: the mean redshift must be known before deviations from it are.
    init<Failure: Error>(
        _ galaxies: Galaxies, sumOverRanks: (inout [Int64]) throws(Failure) -> Void
    ) throws(Failure) {
        var totals = Self.firstPass(galaxies)
        try totals.reduce(sumOverRanks: sumOverRanks)
        count = Int(totals.counts[0])
        above015 = Int(totals.counts[1])
        above005 = Int(totals.counts[2])
        absoluteErrors = totals.sums[0].rounded
        squaredErrors = totals.sums[1].rounded
        relativeErrors = totals.sums[2].rounded

        let mean = count > 0 ? totals.sums[3].rounded / Double(count) : 0
        var deviations = Self.secondPass(galaxies, mean: mean)
        try deviations.reduce(sumOverRanks: sumOverRanks)
        squaredDeviations = deviations.sums[0].rounded
    }

    private static func firstPass(_ galaxies: Galaxies) -> Totals {
        var totals = Totals(counts: 3, sums: 4)
        galaxies.forEachCounted { galaxy in
            let error = galaxy.error
            let relative = galaxy.relativeError
            totals.counts[0] += 1
            totals.counts[1] += relative.magnitude > 0.15 ? 1 : 0
            totals.counts[2] += relative.magnitude > 0.05 ? 1 : 0
            totals.sums[0].add(error.magnitude)
            totals.sums[1].add(error * error)
            totals.sums[2].add(relative)
            totals.sums[3].add(galaxy.spectroscopic)
        }
        return totals
    }

    private static func secondPass(_ galaxies: Galaxies, mean: Double) -> Totals {
        var totals = Totals(counts: 0, sums: 1)
        galaxies.forEachCounted { galaxy in
            let deviation = galaxy.spectroscopic - mean
            totals.sums[0].add(deviation * deviation)
        }
        return totals
    }
}
