/// How well the redshift distributions of all ranks keep their word: over all galaxies and in bins.
public struct DistributionEvaluation: Sendable, Equatable {
    /// Over all galaxies.
    public let metrics: DistributionMetrics
    /// In the bins of ``Evaluation/bins``, of each quantity.
    public let bins: [[DistributionBin]]

    /// Evaluates the distributions of the galaxies of all ranks. Every rank calls this with its own galaxies (possibly
    /// none) and gets the same result, bit for bit whatever the number of ranks, and however the galaxies are dealt and
    /// ordered.
    ///
    /// Counts are exact, and so are the sums behind `cde_loss` and `crps`, which are rounded once. PITs are counted in
    /// cells: ``PITStatistics`` says how far from themselves that is. Nothing is gathered: there is one reduction, of
    /// 15 MB with three quantities.
    ///
    /// - Parameters:
    ///   - pit: F(z) of this rank's galaxies, 0 to 1. A galaxy is counted where it and the next two are finite: NaN
    ///     stands for one that has no distribution, or no spectroscopic redshift.
    ///   - cdeLoss: ∫p² - 2 p(z) of the same galaxies.
    ///   - crps: ∫(F(x) - [x >= z])² dx of the same galaxies.
    ///   - quantities: What bins are made of, as they were given to `evaluation`, for the same galaxies.
    ///   - evaluation: Of the same galaxies' point predictions, for the edges of its bins.
    ///   - sum: The sum over ranks, with room for ``numberCount(quantities:)``.
    /// - Throws: What the sum throws, nothing else.
    public init<Failure: Error>(
        pit: [Float], cdeLoss: [Float], crps: [Float], binnedBy quantities: [[Float]], as evaluation: Evaluation,
        _ sum: SumOverRanks<Failure>
    ) throws(Failure) {
        precondition(
            ([cdeLoss, crps] + quantities).allSatisfy { $0.count == pit.count },
            "three scores, and one of each quantity, for each galaxy")
        let scores = ScoredGalaxies(pit: pit, cdeLoss: cdeLoss, crps: crps)
        let groups = BinGroups(
            quantities, edges: evaluation.bins.map { BinEdges($0) }, isCounted: scores.isCounted)
        let layout = ScoreCounts(groups: groups.count)
        let totals = scores.totals(groups)
        let sums = try sum(layout.count) { numbers in
            _ = UnsafeMutableBufferPointer(rebasing: numbers[..<totals.count]).update(fromContentsOf: totals)
            scores.count(in: layout, groups, numbers)
        }
        let metrics = layout.metrics(UnsafeBufferPointer(sums))
        self.metrics = metrics[0]
        bins = zip(evaluation.bins, groups.groupsOfBins).map { bins, groups in
            zip(bins, metrics[groups]).map { DistributionBin(lower: $0.lower, upper: $0.upper, metrics: $1) }
        }
    }

    /// How many numbers are added up: 15 MB of them with three quantities.
    public static func numberCount(quantities: Int) -> Int {
        ScoreCounts(groups: BinGroups.largestCount(quantities: quantities)).count
    }
}
