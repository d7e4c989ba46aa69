import PhotozElementary

/// How well the redshift distributions of galaxies agree with their spectroscopic redshifts z.
///
/// With F the cumulative distribution of a galaxy and p its density, its probability integral transform is
/// PIT = F(z). Where distributions keep their word, the PITs of many galaxies are spread evenly over 0 to 1.
///
/// A value that is undefined is `nil`, and null in JSON: never NaN.
public struct DistributionMetrics: Sendable, Equatable, Encodable {
    /// The number of counted galaxies (`N`): those whose PIT, CDE loss and CRPS are all finite.
    public let count: Int
    /// Mean of ∫p² - 2 p(z) (`cde_loss`): the loss of a conditional density estimate (Izbicki and Lee 2017), the
    /// lower the better; nil without galaxies, as all that follow.
    public let cdeLoss: Double?
    /// Mean of ∫(F(x) - [x >= z])² dx (`crps`): the continuous ranked probability score, in redshift, the lower the
    /// better. Of a distribution without width it is |p - z|.
    public let crps: Double?
    /// What the PITs say together.
    public let pit: PITStatistics?
    /// How many PITs are below 0.0001 or above 0.9999, of all (`pit_outlier_fraction`; Schmidt et al. 2020).
    public let outlierFraction: Double?
    /// How many PITs lie in each of 20 equal parts of 0 to 1 (`pit_histogram`); an edge belongs to the part above it,
    /// 1 to the last.
    public let histogram: [Int]
    /// Of central intervals of 50, 68, 90, 95 and 99 % (`coverage`).
    public let coverage: [IntervalCoverage]

    /// Parts of the histogram.
    static let partCount = 20

    /// The root mean square, over the parts of the histogram, of 20 hᵢ/N - 1 (`pit_rmse`): how far the density of the
    /// PITs is from 1.
    public var histogramRMSE: Double? {
        guard count > 0 else { return nil }
        let squares = histogram.reduce(0.0) { sum, part in
            let excess = Double(histogram.count * part) / Double(count) - 1
            return sum + excess * excess
        }
        return (squares / Double(histogram.count)).squareRoot()
    }

    /// Σ hᵢ/N ln(20 hᵢ/N) over the parts of the histogram (`pit_kld`): the Kullback-Leibler divergence of the PITs
    /// from an even spread, in nats. By chance it is about 19/2N.
    public var histogramDivergence: Double? {
        guard count > 0 else { return nil }
        return histogram.reduce(0.0) { sum, part in
            guard part > 0 else { return sum }
            let share = Double(part) / Double(count)
            return sum + share * Elementary.log(Double(histogram.count) * share)
        }
    }

    private enum CodingKeys: String, CodingKey {
        case count = "N"
        case cdeLoss = "cde_loss"
        case crps
        case ks = "pit_ks"
        case ksProbability = "pit_ks_p"
        case cvm = "pit_cvm"
        case cvmProbability = "pit_cvm_p"
        case ad = "pit_ad"
        case outlierFraction = "pit_outlier_fraction"
        case rmse = "pit_rmse"
        case divergence = "pit_kld"
        case histogram = "pit_histogram"
        case coverage
    }

    /// Writes every key; an undefined value as null.
    ///
    /// - Throws: What the encoder throws.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(count, forKey: .count)
        let values: [(CodingKeys, Double?)] = [
            (.cdeLoss, cdeLoss), (.crps, crps), (.ks, pit?.ks), (.ksProbability, pit?.ksProbability),
            (.cvm, pit?.cvm), (.cvmProbability, pit?.cvmProbability), (.ad, pit?.ad),
            (.outlierFraction, outlierFraction), (.rmse, histogramRMSE), (.divergence, histogramDivergence),
        ]
        for (key, value) in values { try container.encode(value, forKey: key) }
        try container.encode(histogram, forKey: .histogram)
        try container.encode(coverage, forKey: .coverage)
    }
}

/// How many redshifts lie in the central interval of their distribution that should hold a share of them: those with a
/// PIT from (1 - level)/2 to (1 + level)/2.
public struct IntervalCoverage: Sendable, Equatable, Encodable {
    /// The share that it should be (`level`).
    public let level: Double
    /// The share that it is (`fraction`); nil without galaxies.
    public let fraction: Double?
    /// √(level (1 - level)/N) (`error`): how far the share of N galaxies is from the level by chance where
    /// distributions keep their word (binomial, one standard deviation); nil without galaxies.
    public let error: Double?

    /// The levels.
    static let levels = [0.5, 0.68, 0.9, 0.95, 0.99]

    /// - Parameters:
    ///   - level: The share that it should be.
    ///   - within: How many lie in the interval.
    ///   - count: Of so many galaxies.
    init(level: Double, within: Int, of count: Int) {
        self.level = level
        fraction = count > 0 ? Double(within) / Double(count) : nil
        error = count > 0 ? (level * (1 - level) / Double(count)).squareRoot() : nil
    }

    /// Whether a PIT is one of those within.
    @inline(__always)
    static func holds(_ pit: Double, level: Double) -> Bool { (2 * pit - 1).magnitude <= level }

    private enum CodingKeys: String, CodingKey { case level, fraction, error }

    /// Writes every key; an undefined value as null.
    ///
    /// - Throws: What the encoder throws.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(level, forKey: .level)
        try container.encode(fraction, forKey: .fraction)
        try container.encode(error, forKey: .error)
    }
}

/// The same for the galaxies in one range of a quantity.
public struct DistributionBin: Sendable, Equatable, Encodable {
    /// Where the range begins (`from`) and ends (`to`): those of ``MetricsBin``.
    public let lower, upper: Double
    /// Over the galaxies in the range.
    public let metrics: DistributionMetrics

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
