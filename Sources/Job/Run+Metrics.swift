import Collectives
import Metrics
import Survey

/// What is found out over all ranks.
extension Run {
    /// Finite input may still be so far from any galaxy that the network overflows; the user should know.
    func warnOfPredictionsThatAreNotFinite(
        _ outcome: Outcome, _ dataSet: DataSet
    ) throws {
        let places = outcome.predictions.indices.lazy.filter {
            !outcome.predictions[$0].isFinite && !outcome.withoutRedshift.contains($0)
        }
        let count = try world.allReduce(places.count { _ in true }, .sum)
        let first = try world.allReduce(places.compactMap(outcome.galaxy(at:)).min() ?? Int.max, .min)
        guard count > 0, world.rank == 0,
            let piece = Shard(first..<first + 1, partitionRows: dataSet.partitions.map(\.rows)).pieces.first
        else { return }
        warn(
            "\(count) predictions are not finite, the first in \(dataSet.path(of: piece.partition)), row \(piece.rows.lowerBound); its image or magnitudes are far from what the network knows"
        )
    }

    func warnOfMissingMagnitudes(_ outcome: Outcome) throws {
        let count = try world.allReduce(outcome.report.missing.magnitudes, .sum)
        guard count > 0, world.rank == 0 else { return }
        warn(
            "\(count) of the galaxies lack a magnitude (-99, -99.9, 99 or infinite): they have no redshift, and metrics leave them out"
        )
    }

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
