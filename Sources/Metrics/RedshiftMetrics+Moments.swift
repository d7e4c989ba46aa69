extension RedshiftMetrics {
    /// The metrics of a group of galaxies.
    ///
    /// - Parameters:
    ///   - moments: Its counts and sums.
    ///   - quartiles: Of d.
    ///   - medianDeviation: median |d - median d|; nil without galaxies.
    ///   - errors: Of the two medians; nil where nobody asks for errors.
    init(
        _ moments: Moments, _ quartiles: QuartilesOfDifference, medianDeviation: Double?, errors: MedianErrors?
    ) {
        guard moments.count > 0, quartiles.isKnown, let medianDeviation else {
            self = .withoutGalaxies
            return
        }
        let count = Double(moments.count)
        self.count = moments.count
        meanAbsoluteError = moments.absoluteErrors / count
        meanSquaredError = moments.squaredErrors / count
        bias = moments.relativeErrors / count
        precision = 1.48 * medianDeviation
        r2 = moments.squaredDeviations > 0 ? 1 - moments.squaredErrors / moments.squaredDeviations : nil
        medianBias = quartiles.median
        sigmaMAD = 1.4826 * medianDeviation
        sigmaIQR = quartiles.sigma
        outlierFraction015 = Double(moments.above015) / count
        outlierFraction005 = Double(moments.above005) / count
        outlierFractionIQR = Double(moments.aboveLimit) / count
        // One galaxy alone says nothing of how others would differ.
        guard let errors, moments.count > 1 else {
            (sigmaMADError, biasError, medianBiasError) = (nil, nil, nil)
            (outlierFraction015Error, outlierFraction005Error) = (nil, nil)
            return
        }
        func errorOfShare(_ number: Int) -> Double {
            let share = Double(number) / count
            return (share * (1 - share) / count).squareRoot()
        }
        sigmaMADError = 1.4826 * errors.deviation
        biasError = moments.squaredErrorDeviations.squareRoot() / count
        medianBiasError = errors.median
        outlierFraction015Error = errorOfShare(moments.above015)
        outlierFraction005Error = errorOfShare(moments.above005)
    }

    private static var withoutGalaxies: RedshiftMetrics {
        RedshiftMetrics(
            count: 0, meanAbsoluteError: nil, meanSquaredError: nil, bias: nil, precision: nil, r2: nil,
            medianBias: nil, sigmaMAD: nil, sigmaIQR: nil, outlierFraction015: nil, outlierFraction005: nil,
            outlierFractionIQR: nil, sigmaMADError: nil, biasError: nil, medianBiasError: nil,
            outlierFraction015Error: nil, outlierFraction005Error: nil)
    }
}
