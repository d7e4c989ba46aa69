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
    /// mean z
    let meanRedshift: Double
    /// mean d
    let meanRelativeError: Double
    /// Galaxies with |d| > ``QuartilesOfDifference/outlierLimit``; 0 before the second pass, as those below.
    private(set) var aboveLimit = 0
    /// Σ(z - mean z)²
    private(set) var squaredDeviations = 0.0
    /// Σ(d - mean d)²
    private(set) var squaredErrorDeviations = 0.0

    /// Of a group, from what all ranks have found in the first pass.
    private init(firstPass totals: Totals) {
        count = Int(totals.counts[0])
        above015 = Int(totals.counts[1])
        above005 = Int(totals.counts[2])
        absoluteErrors = totals.sums[0].rounded
        squaredErrors = totals.sums[1].rounded
        relativeErrors = totals.sums[2].rounded
        meanRedshift = count > 0 ? totals.sums[3].rounded / Double(count) : 0
        meanRelativeError = count > 0 ? relativeErrors / Double(count) : 0
    }

    /// Of each group, from the sums over ranks of what ``firstPass(_:)`` gave.
    static func ofGroups(_ count: Int, firstPass packed: [Int64]) -> [Moments] {
        [Totals](groups: count, counts: 3, sums: 4, packed: packed).map(Moments.init)
    }

    /// How many numbers the first pass adds up for each group.
    static let firstPassCount = Totals.packedCount(counts: 3, sums: 4)

    /// What a rank has to add in the first pass, for each group.
    static func firstPass(_ groups: GalaxyGroups) -> [Int64] {
        var totals = GroupTotals(groups: groups.count, counts: 3, sums: 4)
        groups.forEach(Terms.init) { terms, group in
            totals.count(true, in: 0, of: group)
            totals.count(terms.isAbove015, in: 1, of: group)
            totals.count(terms.isAbove005, in: 2, of: group)
            totals.add(terms.absoluteError, to: 0, of: group)
            totals.add(terms.squaredError, to: 1, of: group)
            totals.add(terms.relativeError, to: 2, of: group)
            totals.add(terms.redshift, to: 3, of: group)
            totals.endGalaxy()
        }
        return totals.packed()
    }

    /// What a rank has to add in the second pass, for which the mean redshifts and the quartiles must be known.
    static func secondPass(
        _ groups: GalaxyGroups, _ moments: [Moments], _ quartiles: [QuartilesOfDifference]
    ) -> [Int64] {
        let limits = quartiles.map(\.outlierLimit)
        var totals = GroupTotals(groups: groups.count, counts: 1, sums: 2)
        groups.forEach({ ($0.spectroscopic, $0.relativeError) }) { values, group in
            let (redshift, error) = values
            let deviation = redshift - moments[group].meanRedshift
            let errorDeviation = error - moments[group].meanRelativeError
            totals.count(error.magnitude > limits[group], in: 0, of: group)
            totals.add(ExactSum.Term(deviation * deviation), to: 0, of: group)
            totals.add(ExactSum.Term(errorDeviation * errorDeviation), to: 1, of: group)
            totals.endGalaxy()
        }
        return totals.packed()
    }

    /// Completes the moments of each group by the sums over ranks of what the second pass gave.
    static func complete(_ moments: inout [Moments], secondPass packed: [Int64]) {
        let totals = [Totals](groups: moments.count, counts: 1, sums: 2, packed: packed)
        for group in moments.indices {
            moments[group].aboveLimit = Int(totals[group].counts[0])
            moments[group].squaredDeviations = totals[group].sums[0].rounded
            moments[group].squaredErrorDeviations = totals[group].sums[1].rounded
        }
    }
}

/// What a galaxy adds in the first pass to each of its groups.
private struct Terms {
    let isAbove015: Bool
    let isAbove005: Bool
    let absoluteError: ExactSum.Term
    let squaredError: ExactSum.Term
    let relativeError: ExactSum.Term
    let redshift: ExactSum.Term

    @inline(__always)
    init(_ galaxy: Galaxy) {
        let (error, relative) = (galaxy.error, galaxy.relativeError)
        isAbove015 = relative.magnitude > 0.15
        isAbove005 = relative.magnitude > 0.05
        absoluteError = ExactSum.Term(error.magnitude)
        squaredError = ExactSum.Term(error * error)
        relativeError = ExactSum.Term(relative)
        redshift = ExactSum.Term(galaxy.spectroscopic)
    }
}
