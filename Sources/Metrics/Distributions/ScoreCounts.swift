/// Where the numbers stand that ranks add up about their galaxies' scores: the totals of all groups, one behind
/// another; then how many PITs of all galaxies are in each of many cells, and the same of each bin, in fewer cells.
struct ScoreCounts {
    /// How many groups there are: all galaxies, and the bins.
    let groups: Int

    /// Counts among the totals of a group: galaxies, PIT outliers, the parts of the histogram, the intervals.
    static let counts = 2 + DistributionMetrics.partCount + IntervalCoverage.levels.count
    /// Sums among them: of the CDE loss and of the CRPS.
    static let sums = 2

    /// Cells of all galaxies' PITs.
    static let fineCells = 1 << 20
    /// Cells of the PITs in a bin.
    static let coarseCells = 1 << 14

    /// All numbers.
    var count: Int { cells(of: groups).lowerBound }

    private var totalCount: Int { groups * Totals.packedCount(counts: Self.counts, sums: Self.sums) }

    /// The cells of a group.
    func cells(of group: Int) -> Range<Int> {
        let first = totalCount + (group > 0 ? Self.fineCells + (group - 1) * Self.coarseCells : 0)
        return first..<first + (group > 0 ? Self.coarseCells : Self.fineCells)
    }

    /// The metrics of each group, from the numbers of all ranks.
    func metrics(_ numbers: UnsafeBufferPointer<Int64>) -> [DistributionMetrics] {
        let totals = [Totals](
            groups: groups, counts: Self.counts, sums: Self.sums, packed: Array(numbers[..<totalCount]))
        return totals.enumerated().map { group, totals in DistributionMetrics(totals, cells: numbers[cells(of: group)])
        }
    }
}

extension DistributionMetrics {
    /// Of a group, from what all ranks have found.
    fileprivate init(_ totals: Totals, cells: Slice<UnsafeBufferPointer<Int64>>) {
        let counts = totals.counts.map { Int($0) }
        let count = counts[0]
        func mean(_ sum: ExactSum) -> Double? { count > 0 ? sum.rounded / Double(count) : nil }
        self.count = count
        (cdeLoss, crps) = (mean(totals.sums[0]), mean(totals.sums[1]))
        pit = count > 0 ? PITStatistics(cells, count: count) : nil
        outlierFraction = count > 0 ? Double(counts[1]) / Double(count) : nil
        histogram = Array(counts[2..<2 + Self.partCount])
        coverage = zip(IntervalCoverage.levels, counts[(2 + Self.partCount)...]).map {
            IntervalCoverage(level: $0, within: $1, of: count)
        }
    }
}
