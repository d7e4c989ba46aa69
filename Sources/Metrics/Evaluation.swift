/// How well the photometric redshifts of all ranks agree with spectroscopic ones: over all galaxies and in bins.
public struct Evaluation: Sendable, Equatable {
    /// Over all galaxies.
    public let metrics: RedshiftMetrics
    /// Of each quantity, about ten bins with edges at round numbers, in ascending order, empty ones too; none when no
    /// counted galaxy has the quantity.
    ///
    /// They reach from where half a percent of the galaxies lies below to where half a percent lies above; the
    /// outermost ones take these too. Galaxies whose quantity is not finite are in none.
    public let bins: [[MetricsBin]]
    /// The caller's own counts, added up over all ranks.
    public let counts: [Int]

    /// Digits of the quantities, which are single-precision numbers: two rounds find the edges of their bins.
    private static let quantityDigits = [16, 16]
    /// Digits of the differences, which are double-precision numbers. Short ones while many groups have many candidates
    /// each; few need the last two rounds.
    private static let errorDigits = [11, 12, 13, 14, 14]

    /// Evaluates the galaxies of all ranks. Every rank calls this with its own galaxies (possibly none) and gets the
    /// same result, bit for bit whatever the number of ranks, and however the galaxies are dealt and ordered.
    ///
    /// What is exact: each term (|p - z|, (p - z)², d, z, (z - mean z)²) is computed in double precision with the
    /// usual rounding; the sum of the terms is exact and rounded once. Medians and quartiles rest on exact order
    /// statistics, interpolated as by numpy.
    ///
    /// Nothing is gathered. All groups of galaxies go side by side: there are at most thirteen reductions, usually nine
    /// to eleven, whatever the number of quantities and bins. A rank keeps one byte for each galaxy and quantity, one
    /// more for each group that a galaxy is in (seven bytes a galaxy with three quantities), and the numbers of one
    /// reduction.
    ///
    /// - Parameters:
    ///   - predicted: p of this rank's galaxies.
    ///   - spectroscopic: z of the same galaxies; NaN where unknown.
    ///   - quantities: What bins are made of, each for the same galaxies; as many quantities on every rank, at most 15.
    ///   - counts: Numbers of this rank that are to be added up as well; as many on every rank.
    ///   - bootstrap: How errors are found; nil on a rank that has no use for them, which spares it the drawing. The
    ///     others have the same errors whatever these do.
    ///   - sum: The sum over ranks.
    /// - Throws: What the sum throws, nothing else.
    public init<Failure: Error>(
        predicted: [Float], spectroscopic: [Float], binnedBy quantities: [[Float]], counts: [Int],
        bootstrap: Bootstrap?, _ sum: SumOverRanks<Failure>
    ) throws(Failure) {
        precondition(
            (quantities + [spectroscopic]).allSatisfy { $0.count == predicted.count },
            "one spectroscopic redshift, and one of each quantity, for each predicted redshift")
        var extra = counts.map(Int64.init)
        let edges = try Self.edges(
            of: quantities, predicted: predicted, spectroscopic: spectroscopic, with: &extra, sum)
        self.counts = extra.map { Int($0) }
        let groups = GalaxyGroups(
            predicted: predicted, spectroscopic: spectroscopic, quantities: quantities, edges: edges)
        let metrics = try Self.metrics(of: groups, bootstrap, sum)
        self.metrics = metrics[0]
        bins = zip(edges, groups.bins.groupsOfBins).map { edges, groups in
            zip(edges?.ranges ?? [], metrics[groups]).map {
                MetricsBin(lower: $0.lower, upper: $0.upper, metrics: $1)
            }
        }
    }

    /// Evaluates the galaxies of a single process.
    public init(
        predicted: [Float], spectroscopic: [Float], binnedBy quantities: [[Float]] = [],
        bootstrap: Bootstrap? = Bootstrap()
    ) {
        let memory = UnsafeMutableBufferPointer<Int64>.allocate(
            capacity: Self.numberCount(quantities: quantities.count, counts: 0))
        defer { memory.deallocate() }
        self.init(
            predicted: predicted, spectroscopic: spectroscopic, binnedBy: quantities, counts: [],
            bootstrap: bootstrap, SumOverRanks(in: memory) { _ in })
    }

    /// How many numbers are added up at a time, at most: 41 MB of them with three quantities. It takes differences that
    /// agree in most of their bits, but not all, to need as many; usually it is a tenth.
    public static func numberCount(quantities: Int, counts: Int) -> Int {
        let groups = BinGroups.largestCount(quantities: quantities)
        let edges = RadixSelection.largestNumberCount(groups: quantities, digits: quantityDigits, places: 4)
        let quartiles = RadixSelection.largestNumberCount(groups: groups, digits: errorDigits, places: 6)
        return max(
            counts + edges, groups * Moments.firstPassCount + quartiles, groups * DifferenceCells.count)
    }

    /// Of the bins of each quantity; nil where no galaxy has the quantity.
    private static func edges<Failure: Error>(
        of quantities: [[Float]], predicted: [Float], spectroscopic: [Float], with counts: inout [Int64],
        _ sum: SumOverRanks<Failure>
    ) throws(Failure) -> [BinEdges?] {
        var selection = RadixSelection(groups: quantities.count, digits: quantityDigits) { count in
            [0, count / 200, count - 1 - count / 200, count - 1]
        }
        try selection.run(with: &counts, sum) { body in
            for index in predicted.indices
            where Galaxy(predicted: predicted[index], spectroscopic: spectroscopic[index]) != nil {
                for (group, values) in quantities.enumerated() where values[index].isFinite {
                    body(values[index].orderedBits, group)
                }
            }
        }
        return quantities.indices.map { group in
            let found = selection.keys(of: group).map { Double(Float(orderedBits: $0)) }
            return found.isEmpty
                ? nil : BinEdges(from: found[1], to: found[2], smallest: found[0], largest: found[3])
        }
    }

    /// Of each group.
    private static func metrics<Failure: Error>(
        of groups: GalaxyGroups, _ bootstrap: Bootstrap?, _ sum: SumOverRanks<Failure>
    ) throws(Failure) -> [RedshiftMetrics] {
        var totals = Moments.firstPass(groups)
        let values = try quantiles([1, 2, 3], of: groups, with: &totals, sum) {
            $0.relativeError
        } key: {
            value, _ in
            value
        }
        let quartiles = values.map { QuartilesOfDifference($0) }
        var moments = Moments.ofGroups(groups.count, firstPass: totals)
        totals = Moments.secondPass(groups, moments, quartiles)
        let deviations = try quantiles([2], of: groups, with: &totals, sum) {
            $0.relativeError
        } key: {
            value, group in
            (value - quartiles[group].median).magnitude
        }
        Moments.complete(&moments, secondPass: totals)
        let cells = moments.indices.map { DifferenceCells(moments[$0], quartiles[$0], deviation: deviations[$0].first) }
        let errors = try MedianErrors.ofGroups(groups, cells, bootstrap, sum)
        return moments.indices.map { group in
            RedshiftMetrics(
                moments[group], quartiles[group], medianDeviation: deviations[group].first, errors: errors?[group])
        }
    }

    /// Some quartiles of a difference, of each group; none for a group without galaxies.
    private static func quantiles<Failure: Error>(
        _ quarters: [Int], of groups: GalaxyGroups, with totals: inout [Int64], _ sum: SumOverRanks<Failure>,
        _ value: (Galaxy) -> Double, key: (_ value: Double, _ group: Int) -> Double
    ) throws(Failure) -> [[Double]] {
        let quantiles = { (count: Int) in quarters.map { Quantile(quarters: $0, count: count) } }
        var selection = RadixSelection(groups: groups.count, digits: errorDigits) { quantiles($0).places }
        try selection.run(with: &totals, sum) { body in
            groups.forEach(value) { body(key($0, $1).orderedBits, $1) }
        }
        return (0..<groups.count).map { group in
            let values = selection.keys(of: group).map { Double(orderedBits: $0) }
            return values.isEmpty ? [] : quantiles(selection.counts[group]).interpolate(values)
        }
    }
}
