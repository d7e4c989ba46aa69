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
    /// Σ(z - mean z)²; 0 before the second pass.
    private(set) var squaredDeviations = 0.0

    /// Of a group, from what all ranks have found in the first pass.
    private init(firstPass totals: Totals) {
        count = Int(totals.counts[0])
        above015 = Int(totals.counts[1])
        above005 = Int(totals.counts[2])
        absoluteErrors = totals.sums[0].rounded
        squaredErrors = totals.sums[1].rounded
        relativeErrors = totals.sums[2].rounded
        meanRedshift = count > 0 ? totals.sums[3].rounded / Double(count) : 0
    }

    /// Of each group, from the sums over ranks of what ``firstPass(_:)`` gave.
    static func ofGroups(_ count: Int, firstPass packed: [Int64]) -> [Moments] {
        [Totals](groups: count, counts: 3, sums: 4, packed: packed).map(Moments.init)
    }

    /// How many numbers the first pass adds up for each group.
    static let firstPassCount = Totals.packedCount(counts: 3, sums: 4)

    /// What a rank has to add in the first pass, for each group.
    static func firstPass(_ groups: GalaxyGroups) -> [Int64] {
        var totals = Array(repeating: Totals(counts: 3, sums: 4), count: groups.count)
        groups.forEach({ $0 }) { galaxy, group in
            let error = galaxy.error
            let relative = galaxy.relativeError
            totals[group].counts[0] += 1
            totals[group].counts[1] += relative.magnitude > 0.15 ? 1 : 0
            totals[group].counts[2] += relative.magnitude > 0.05 ? 1 : 0
            totals[group].sums[0].add(error.magnitude)
            totals[group].sums[1].add(error * error)
            totals[group].sums[2].add(relative)
            totals[group].sums[3].add(galaxy.spectroscopic)
        }
        return totals.flatMap(\.packed)
    }

    /// What a rank has to add in the second pass, for which the mean redshifts must be known.
    static func secondPass(_ groups: GalaxyGroups, _ moments: [Moments]) -> [Int64] {
        var totals = Array(repeating: Totals(counts: 0, sums: 1), count: groups.count)
        groups.forEach(\.spectroscopic) { redshift, group in
            let deviation = redshift - moments[group].meanRedshift
            totals[group].sums[0].add(deviation * deviation)
        }
        return totals.flatMap(\.packed)
    }

    /// Completes the moments of each group by the sums over ranks of what the second pass gave.
    static func complete(_ moments: inout [Moments], secondPass packed: [Int64]) {
        let totals = [Totals](groups: moments.count, counts: 0, sums: 1, packed: packed)
        for group in moments.indices { moments[group].squaredDeviations = totals[group].sums[0].rounded }
    }
}
