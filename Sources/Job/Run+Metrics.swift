import Collectives
import Metrics
import Survey

/// What is found out over all ranks.
extension Run {
    /// Metrics over all ranks; nil when no partition knows redshifts.
    func measure(_ outcome: Outcome, _ dataSet: DataSet) throws -> RedshiftMetrics? {
        guard dataSet.hasRedshift else { return nil }
        return try RedshiftMetrics(predicted: outcome.predictions, spectroscopic: outcome.redshifts) { counts in
            try world.allReduce(inPlace: &counts, .sum)
        }
    }

    /// The same in bins of redshift and of magnitude.
    func measureBins(_ outcome: Outcome, _ dataSet: DataSet) throws -> Results.Bins? {
        guard dataSet.hasRedshift else { return nil }
        func bins(of values: [Float]) throws -> [MetricsBin] {
            try MetricsBin.bins(of: values, predicted: outcome.predictions, spectroscopic: outcome.redshifts) {
                counts in
                try world.allReduce(inPlace: &counts, .sum)
            }
        }
        return Results.Bins(redshift: try bins(of: outcome.redshifts), magnitude: try bins(of: outcome.magnitudes))
    }

    /// How many redshifts are where their uncertainties say.
    func calibrate(_ outcome: Outcome) throws -> Results.Calibration {
        var counts = [0, 0, 0]
        for (index, redshift) in outcome.redshifts.enumerated() {
            let (error, sigma) = (abs(outcome.means[index] - redshift), outcome.scatters[index])
            guard error.isFinite, sigma.isFinite, redshift > -1 else { continue }
            counts[0] += 1
            counts[1] += error <= sigma ? 1 : 0
            counts[2] += error <= 2 * sigma ? 1 : 0
        }
        try world.allReduce(inPlace: &counts, .sum)
        return Results.Calibration(views: options.views, count: counts[0], withinOne: counts[1], withinTwo: counts[2])
    }
}
