import Collectives
import PhotozMetrics
import Survey

/// What is found out over all ranks.
extension Run {
    /// Metrics over all ranks; nil when no partition knows redshifts.
    func measure(_ found: RankFindings, _ dataSet: DataSet) throws -> RedshiftMetrics? {
        guard dataSet.hasRedshift else { return nil }
        return try RedshiftMetrics(predicted: found.predictions, spectroscopic: found.redshifts) { counts in
            try world.allReduce(inPlace: &counts, .sum)
        }
    }

    /// The same in bins of redshift and of magnitude.
    func measureBins(_ found: RankFindings, _ dataSet: DataSet) throws -> JobResults.Bins? {
        guard dataSet.hasRedshift else { return nil }
        func bins(of values: [Float]) throws -> [MetricsBin] {
            try MetricsBin.bins(of: values, predicted: found.predictions, spectroscopic: found.redshifts) {
                counts in
                try world.allReduce(inPlace: &counts, .sum)
            }
        }
        return JobResults.Bins(redshift: try bins(of: found.redshifts), magnitude: try bins(of: found.magnitudes))
    }

    /// How many redshifts are where their uncertainties say.
    func calibrate(_ found: RankFindings) throws -> JobResults.Calibration {
        var counts = [0, 0, 0]
        for (index, redshift) in found.redshifts.enumerated() {
            let (error, sigma) = (abs(found.means[index] - redshift), found.scatters[index])
            guard error.isFinite, sigma.isFinite, redshift > -1 else { continue }
            counts[0] += 1
            counts[1] += error <= sigma ? 1 : 0
            counts[2] += error <= 2 * sigma ? 1 : 0
        }
        try world.allReduce(inPlace: &counts, .sum)
        return JobResults.Calibration(
            views: options.views, count: counts[0], withinOne: counts[1], withinTwo: counts[2])
    }
}
