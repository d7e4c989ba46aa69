/// What computing time costs, in US dollars.
package struct Prices: Sendable {
    /// AWS Lambda, for a GB and a second.
    package var gigabyteSecond = 0.000_016_666_7
    /// AWS Lambda, for a request.
    package var request = 2e-7
    /// A core of a cluster for an hour; nil when nobody pays for it.
    package var coreHour: Double?

    /// The published prices.
    package init() {}
}

/// What a run costs, as functions of AWS Lambda and on the cores of a cluster.
///
/// Source: the published formula, requests * seconds * memory (GB) * price, plus the price of each request.
package struct RunCost: Sendable, Equatable, Encodable {
    /// Memory times duration over all functions, GB s (1 GB is 1000 MB).
    package let gigabyteSeconds: Double
    /// One function for each rank, US dollars.
    package let lambda: Double
    /// Cores times hours.
    package let coreHours: Double
    /// US dollars; nil without a price.
    package let cluster: Double?

    /// - Parameters:
    ///   - ranks: Seconds, memory in MB, and cores or threads of each rank.
    ///   - prices: What things cost.
    package init(ranks: [(seconds: Double, megabytes: Double, cores: Int)], prices: Prices) {
        gigabyteSeconds = ranks.reduce(0) { $0 + $1.seconds * $1.megabytes / 1000 }
        lambda = gigabyteSeconds * prices.gigabyteSecond + Double(ranks.count) * prices.request
        coreHours = ranks.reduce(0) { $0 + $1.seconds * Double($1.cores) } / 3600
        let hours = coreHours
        cluster = prices.coreHour.map { $0 * hours }
    }

    /// What results say.
    ///
    /// - Parameters: As the properties.
    package init(gigabyteSeconds: Double, lambda: Double, coreHours: Double, cluster: Double?) {
        self.gigabyteSeconds = gigabyteSeconds
        self.lambda = lambda
        self.coreHours = coreHours
        self.cluster = cluster
    }

    /// As results write it.
    package enum CodingKeys: String, CodingKey {
        case gigabyteSeconds = "lambda_memory_time (GB s)"
        case lambda = "lambda (USD)"
        case coreHours = "core_hours"
        case cluster = "cluster (USD)"
    }

    /// Every key, null where there is no price.
    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(gigabyteSeconds, forKey: .gigabyteSeconds)
        try values.encode(lambda, forKey: .lambda)
        try values.encode(coreHours, forKey: .coreHours)
        try values.encode(cluster, forKey: .cluster)
    }
}
