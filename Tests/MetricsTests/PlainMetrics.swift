import PhotozMetrics

/// The metrics' definitions, written down for one process: sorting instead of selecting, another exact sum.
/// Keyed as in the JSON.
func plainMetrics(_ sample: SampleRedshifts) -> [String: Double?] {
    let pairs = zip(sample.predicted, sample.spectroscopic)
        .filter { $0.isFinite && $1.isFinite && $1 > -1 }
        .map { (predicted: Double($0), spectroscopic: Double($1)) }
    let count = Double(pairs.count)
    let errors = pairs.map { $0.predicted - $0.spectroscopic }
    let relative = pairs.map { ($0.predicted - $0.spectroscopic) / (1 + $0.spectroscopic) }
    let mean = plainSum(pairs.map(\.spectroscopic)) / count
    let squares = plainSum(errors.map { $0 * $0 })
    let total = plainSum(pairs.map { ($0.spectroscopic - mean) * ($0.spectroscopic - mean) })
    let sorted = relative.sorted()
    let median = plainQuantile(sorted, 0.5)
    let deviation = plainQuantile(relative.map { abs($0 - median) }.sorted(), 0.5)
    let interquartile = plainQuantile(sorted, 0.75) - plainQuantile(sorted, 0.25)
    return [
        "N": count,
        "MAE": plainSum(errors.map(abs)) / count,
        "MSE": squares / count,
        "Bias": plainSum(relative) / count,
        "Precision": 1.48 * deviation,
        "R2": total == 0 ? nil : 1 - squares / total,
        "median_bias": median,
        "sigma_mad": 1.4826 * deviation,
        "sigma_iqr": interquartile / 1.349,
        "outlier_fraction_0.15": Double(relative.count { abs($0) > 0.15 }) / count,
        "outlier_fraction_0.05": Double(relative.count { abs($0) > 0.05 }) / count,
        "outlier_fraction_iqr": Double(relative.count { abs($0) > max(0.06, 3 * interquartile / 1.349) }) / count,
    ]
}

/// numpy's default quantile; nan without values.
func plainQuantile(_ sorted: [Double], _ quantile: Double) -> Double {
    guard !sorted.isEmpty else { return .nan }
    let place = quantile * Double(sorted.count - 1)
    let lower = sorted[Int(place)]
    let upper = sorted[min(Int(place) + 1, sorted.count - 1)]
    let fraction = place - place.rounded(.down)
    return fraction == 0.5
        ? (lower + upper) / 2
        : fraction < 0.5 ? lower + (upper - lower) * fraction : upper - (upper - lower) * (1 - fraction)
}

extension RedshiftMetrics {
    /// The values without their errors, keyed as in the JSON.
    var byName: [String: Double?] {
        [
            "N": Double(count), "MAE": meanAbsoluteError, "MSE": meanSquaredError, "Bias": bias,
            "Precision": precision, "R2": r2, "median_bias": medianBias, "sigma_mad": sigmaMAD,
            "sigma_iqr": sigmaIQR, "outlier_fraction_0.15": outlierFraction015,
            "outlier_fraction_0.05": outlierFraction005,
            "outlier_fraction_iqr": outlierFractionIQR,
        ]
    }

    /// The errors, keyed as in the JSON.
    var errorsByName: [String: Double?] {
        [
            "sigma_mad_error": sigmaMADError, "Bias_error": biasError, "median_bias_error": medianBiasError,
            "outlier_fraction_0.15_error": outlierFraction015Error,
            "outlier_fraction_0.05_error": outlierFraction005Error,
        ]
    }

    /// The metrics of a single process, without errors unless these are asked for.
    init(_ sample: SampleRedshifts, _ bootstrap: Bootstrap? = nil) {
        self =
            Evaluation(
                predicted: sample.predicted, spectroscopic: sample.spectroscopic, bootstrap: bootstrap
            ).metrics
    }
}

extension Evaluation {
    /// Of a rank's galaxies.
    init(
        _ sample: SampleRedshifts, binnedBy quantities: [[Float]] = [], counts: [Int] = [],
        bootstrap: Bootstrap? = nil, _ sum: SumOverRanks<Never>
    ) {
        self.init(
            predicted: sample.predicted, spectroscopic: sample.spectroscopic, binnedBy: quantities, counts: counts,
            bootstrap: bootstrap, sum)
    }
}
