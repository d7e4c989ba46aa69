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
