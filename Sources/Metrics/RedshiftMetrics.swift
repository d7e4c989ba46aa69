/// How well photometric redshifts p agree with spectroscopic redshifts z, over all galaxies of a run.
///
/// Everything is said about the counted galaxies: those with a finite z above -1 and a finite p. A redshift of -1 or
/// less is unphysical (catalogues mark unknown redshifts with such values, and (p - z)/(1 + z) has no meaning there),
/// so it is treated as unknown. A galaxy that has no finite p cannot be compared; the caller should say so.
///
/// Two differences are measured, in double precision from the single-precision redshifts: the error p - z, and the
/// relative error d = (p - z)/(1 + z). A value that is undefined is `nil`, and null in JSON: never NaN.
public struct RedshiftMetrics: Codable, Sendable, Equatable {
    /// The number of counted galaxies (`N`).
    public let count: Int
    /// mean |p - z| (`MAE`), as published for AstroMAE; nil without galaxies.
    public let meanAbsoluteError: Double?
    /// mean (p - z)² (`MSE`), as published for AstroMAE; nil without galaxies.
    public let meanSquaredError: Double?
    /// mean d (`Bias`), as published for AstroMAE; nil without galaxies.
    public let bias: Double?
    /// 1.48 · median |d - median d| (`Precision`), as published for AstroMAE, who call it NMAD; nil without galaxies.
    public let precision: Double?
    /// 1 - Σ(p - z)² / Σ(z - mean z)² (`R2`), the coefficient of determination; nil when all z are equal.
    public let r2: Double?
    /// median d (`median_bias`); nil without galaxies.
    public let medianBias: Double?
    /// 1.4826 · median |d - median d| (`sigma_mad`): for a normal distribution of d, its standard deviation; nil
    /// without galaxies.
    public let sigmaMAD: Double?
    /// (third quartile - first quartile of d) / 1.349 (`sigma_iqr`), quartiles interpolated linearly: for a normal
    /// distribution of d, its standard deviation; nil without galaxies.
    public let sigmaIQR: Double?
    /// The fraction of galaxies with |d| > 0.15, no median removed (`outlier_fraction_0.15`); nil without galaxies.
    public let outlierFraction015: Double?
    /// The fraction of galaxies with |d| > 0.05, no median removed (`outlier_fraction_0.05`); nil without galaxies.
    public let outlierFraction005: Double?
    /// The fraction of galaxies with |d| above the larger of 0.06 and 3 `sigma_iqr`, no median removed
    /// (`outlier_fraction_iqr`), as RAIL and the PZ data challenge count outliers; nil without galaxies.
    public let outlierFractionIQR: Double?

    // Errors: one standard deviation of what chance does to a metric, by ``Bootstrap``. Nil where nobody asked for
    // them, and with fewer than two galaxies.

    /// Of ``sigmaMAD`` (`sigma_mad_error`).
    public let sigmaMADError: Double?
    /// Of ``bias`` (`Bias_error`).
    public let biasError: Double?
    /// Of ``medianBias`` (`median_bias_error`).
    public let medianBiasError: Double?
    /// Of ``outlierFraction015`` (`outlier_fraction_0.15_error`).
    public let outlierFraction015Error: Double?
    /// Of ``outlierFraction005`` (`outlier_fraction_0.05_error`).
    public let outlierFraction005Error: Double?

    private enum CodingKeys: String, CodingKey {
        case count = "N"
        case meanAbsoluteError = "MAE"
        case meanSquaredError = "MSE"
        case bias = "Bias"
        case precision = "Precision"
        case r2 = "R2"
        case medianBias = "median_bias"
        case sigmaMAD = "sigma_mad"
        case sigmaIQR = "sigma_iqr"
        case outlierFraction015 = "outlier_fraction_0.15"
        case outlierFraction005 = "outlier_fraction_0.05"
        case outlierFractionIQR = "outlier_fraction_iqr"
        case sigmaMADError = "sigma_mad_error"
        case biasError = "Bias_error"
        case medianBiasError = "median_bias_error"
        case outlierFraction015Error = "outlier_fraction_0.15_error"
        case outlierFraction005Error = "outlier_fraction_0.05_error"
    }
}

extension RedshiftMetrics {
    /// Writes every key; an undefined value as null, which the synthesised encoding would leave out.
    ///
    /// - Throws: what the encoder throws.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(count, forKey: .count)
        let values: [(CodingKeys, Double?)] = [
            (.meanAbsoluteError, meanAbsoluteError), (.meanSquaredError, meanSquaredError), (.bias, bias),
            (.precision, precision), (.r2, r2), (.medianBias, medianBias), (.sigmaMAD, sigmaMAD),
            (.sigmaIQR, sigmaIQR), (.outlierFraction015, outlierFraction015),
            (.outlierFraction005, outlierFraction005), (.outlierFractionIQR, outlierFractionIQR),
            (.sigmaMADError, sigmaMADError), (.biasError, biasError), (.medianBiasError, medianBiasError),
            (.outlierFraction015Error, outlierFraction015Error),
            (.outlierFraction005Error, outlierFraction005Error),
        ]
        for (key, value) in values {
            try container.encode(value, forKey: key)
        }
    }
}
