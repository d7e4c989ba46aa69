/// The metrics of the galaxies in one range of a quantity, such as redshift or magnitude.
public struct MetricsBin: Sendable, Equatable, Encodable {
    /// Where the range begins; this value belongs to it (`from`).
    public let lower: Double
    /// Where it ends; this value belongs to the next bin, or to this one if it is the last (`to`).
    public let upper: Double
    /// Over the galaxies in the range.
    public let metrics: RedshiftMetrics

    private enum CodingKeys: String, CodingKey {
        case lower = "from"
        case upper = "to"
    }

    /// Writes the range and the metrics as one object.
    ///
    /// - Throws: What the encoder throws.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(lower, forKey: .lower)
        try container.encode(upper, forKey: .upper)
        try metrics.encode(to: encoder)
    }
}

extension MetricsBin {
    /// The metrics of the galaxies of all ranks in about ten bins, with edges at round numbers. Every rank calls this with
    /// its own galaxies and gets the same bins, bit for bit whatever the number of ranks.
    ///
    /// Bins reach from where half a percent of the galaxies lies below to where half a percent lies above; the outermost
    /// ones take these too. Nothing is gathered: a rank needs 16 bytes for each of its galaxies.
    ///
    /// - Parameters:
    ///   - values: What the bins are of; galaxies whose value is not finite are in none.
    ///   - predicted: p of this rank's galaxies.
    ///   - spectroscopic: z of the same galaxies; NaN where unknown.
    ///   - sumOverRanks: As for ``RedshiftMetrics/init(predicted:spectroscopic:sumOverRanks:)``.
    /// - Returns: Bins in ascending order, empty ones too; none when no galaxy is counted.
    /// - Throws: What `sumOverRanks` throws, nothing else.
    public static func bins<Failure: Error>(
        of values: [Float], predicted: [Float], spectroscopic: [Float],
        sumOverRanks: (inout [Int64]) throws(Failure) -> Void
    ) throws(Failure) -> [MetricsBin] {
        let counted = predicted.indices.filter {
            values[$0].isFinite && Galaxy(predicted: predicted[$0], spectroscopic: spectroscopic[$0]) != nil
        }
        var total = [Int64(counted.count)]
        try sumOverRanks(&total)
        guard total[0] > 0 else { return [] }
        let edges = try edges(of: counted.map { Double(values[$0]) }, count: Int(total[0]), sumOverRanks: sumOverRanks)
        let places = counted.map { edges.bin(of: Double(values[$0])) }
        var bins: [MetricsBin] = []
        for bin in 0..<edges.edges.count - 1 {
            let members = zip(counted, places).lazy.filter { $0.1 == bin }.map(\.0)
            let metrics = try RedshiftMetrics(
                predicted: members.map { predicted[$0] }, spectroscopic: members.map { spectroscopic[$0] },
                sumOverRanks: sumOverRanks)
            bins.append(MetricsBin(lower: edges.edges[bin], upper: edges.edges[bin + 1], metrics: metrics))
        }
        return bins
    }

    private static func edges<Failure: Error>(
        of values: [Double], count: Int, sumOverRanks: (inout [Int64]) throws(Failure) -> Void
    ) throws(Failure) -> BinEdges {
        let margin = count / 200
        let found = try orderStatistics(
            at: [0, margin, count - 1 - margin, count - 1], of: values.map { OrderedBits($0) },
            sumOverRanks: sumOverRanks)
        return BinEdges(from: found[1], to: found[2], smallest: found[0], largest: found[3])
    }
}
