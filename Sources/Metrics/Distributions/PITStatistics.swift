import PhotozElementary

/// How far the PITs of N galaxies are from an even spread over 0 to 1, by three distances, each of the empirical
/// distribution from the uniform one.
///
/// They are made of counts: of how many PITs lie in each of 2^k cells of equal width, all of which stand for the
/// middle of their cell. So they do not depend on the order of galaxies, and ranks can add the counts up. Over all
/// galaxies there are 2^20 cells: `ks` is within 2^-21 = 5e-7 of what the PITs themselves give; in bins there are 2^14
/// cells, and it is within 2^-15 = 3.1e-5. `cvm` differs by at most 2^-20 N (2^-14 N in bins), and by far less where
/// PITs are near an even spread, since what is rounded up and down cancels: by some 1e-6 for 10^6 galaxies. So does
/// `ad`, but that a PIT of 0 or 1 would make it infinite: here it counts as the middle of its cell.
public struct PITStatistics: Sendable, Equatable {
    /// D = sup |F_N(u) - u| (Kolmogorov and Smirnov), as `scipy.stats.kstest` has it.
    public let ks: Double
    /// How probable so large a D is where PITs are spread evenly: Kolmogorov's limiting law, corrected for N.
    public let ksProbability: Double
    /// W² = 1/12N + Σ((2i - 1)/2N - uᵢ)² over the sorted PITs (Cramér and von Mises), as
    /// `scipy.stats.cramervonmises` has it.
    public let cvm: Double
    /// How probable so large a W² is then: the limiting law and its 1/N correction.
    public let cvmProbability: Double
    /// A² = -N - 1/N Σ (2i - 1)(ln uᵢ + ln(1 - u_{N+1-i})) over the sorted PITs (Anderson and Darling), against the
    /// uniform distribution itself. qp compares with N evenly spaced numbers instead and gives another number.
    public let ad: Double

    /// - Parameters:
    ///   - counts: Of the PITs in each cell.
    ///   - count: Their sum, at least 1.
    init(_ counts: some Collection<Int64>, count: Int) {
        let (total, cells) = (Double(count), Double(counts.count))
        var (below, farthest, squares, logarithms) = (0.0, 0.0, 0.0, 0.0)
        for (cell, inCell) in counts.enumerated() where inCell > 0 {
            let (middle, inCell) = ((Double(cell) + 0.5) / cells, Double(inCell))
            let above = below + inCell
            farthest = max(farthest, above / total - middle, middle - below / total)
            // The mean of the (2i - 1)/2N of this cell's PITs, and what they scatter about it.
            let mean = (below + above) / (2 * total)
            squares += inCell * (mean - middle) * (mean - middle)
            squares += inCell * (inCell * inCell - 1) / (12 * total * total)
            // Σ(2i - 1) over the cell, from below and from above, in units of N.
            let fromBelow = inCell / total * (above + below)
            let fromAbove = inCell / total * (2 * total - above - below)
            logarithms += fromBelow * Elementary.log(middle) + fromAbove * Elementary.log(1 - middle)
            below = above
        }
        ks = farthest
        ksProbability = Self.kolmogorovProbability(farthest, count: count)
        cvm = squares + 1 / (12 * total)
        cvmProbability = Self.cramerVonMisesProbability(cvm, count: count)
        ad = -total - logarithms
    }
}
