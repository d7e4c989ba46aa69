extension RedshiftMetrics {
    /// The metrics of a group of galaxies.
    ///
    /// - Parameters:
    ///   - quartiles: Of d; empty without galaxies.
    ///   - medianDeviation: median |d - median d|; nil without galaxies.
    init(_ moments: Moments, quartiles: [Double], medianDeviation: Double?) {
        guard moments.count > 0, quartiles.count == 3, let medianDeviation else {
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
        medianBias = quartiles[1]
        sigmaMAD = 1.4826 * medianDeviation
        sigmaIQR = (quartiles[2] - quartiles[0]) / 1.349
        outlierFraction015 = Double(moments.above015) / count
        outlierFraction005 = Double(moments.above005) / count
    }

    private static var withoutGalaxies: RedshiftMetrics {
        RedshiftMetrics(
            count: 0, meanAbsoluteError: nil, meanSquaredError: nil, bias: nil, precision: nil, r2: nil,
            medianBias: nil, sigmaMAD: nil, sigmaIQR: nil, outlierFraction015: nil, outlierFraction005: nil)
    }
}
