import Collectives
import PhotozMetrics
import Survey

/// What is found out over all ranks.
extension Run {
    /// The metrics, over all galaxies and in bins of predicted and of known redshift and of magnitude, both nil when
    /// no partition knows redshifts; how many redshifts are where their uncertainties say, nil without views; and how
    /// many galaxies have each flag. Every rank calls it: all ranks add up their numbers thirteen times at most.
    /// Errors are for rank 0.
    func evaluate(_ found: RankFindings, _ dataSet: DataSet) throws -> Evaluated {
        var flags = FlagCounts()
        for galaxy in found.flags { flags.add(galaxy) }
        let (ownFlags, ownCalibration) = (flags.numbers, options.views > 1 ? calibrationCounts(found) : [])
        let quantities = dataSet.hasRedshift ? [found.predictions, found.redshifts, found.magnitudes] : []
        let counts = ownFlags + ownCalibration
        let sums = try AgreedBuffer<Int64>(
            count: Evaluation.numberCount(quantities: quantities.count, counts: counts.count), on: world)
        let evaluation = try Evaluation(
            predicted: found.predictions, spectroscopic: found.redshifts, binnedBy: quantities, counts: counts,
            bootstrap: world.rank == 0 ? Bootstrap() : nil,
            SumOverRanks(in: sums.elements) { count throws(CollectiveError) in
                try sums.allReduce(.sum, first: count)
            })
        let bins = dataSet.hasRedshift ? evaluation.bins : []
        return Evaluated(
            metrics: dataSet.hasRedshift ? evaluation.metrics : nil,
            bins: bins.isEmpty
                ? nil : JobResults.Bins(predicted: bins[0], redshift: bins[1], magnitude: bins[2]),
            calibration: options.views > 1 ? calibration(evaluation.counts.suffix(ownCalibration.count)) : nil,
            flags: FlagCounts(Array(evaluation.counts.prefix(ownFlags.count))))
    }

    /// How many of this rank's galaxies have a redshift and an uncertainty, and in how many they differ by no more than
    /// that, and twice that.
    private func calibrationCounts(_ found: RankFindings) -> [Int] {
        var counts = [0, 0, 0]
        for (index, redshift) in found.redshifts.enumerated() {
            let (error, sigma) = (abs(found.means[index] - redshift), found.scatters[index])
            guard error.isFinite, sigma.isFinite, redshift > -1 else { continue }
            counts[0] += 1
            counts[1] += error <= sigma ? 1 : 0
            counts[2] += error <= 2 * sigma ? 1 : 0
        }
        return counts
    }

    private func calibration(_ counts: ArraySlice<Int>) -> JobResults.Calibration {
        let counts = Array(counts)
        return JobResults.Calibration(
            views: options.views, count: counts[0], withinOne: counts[1], withinTwo: counts[2])
    }
}

/// What is known of all galaxies together.
struct Evaluated {
    /// Over all galaxies; nil when no partition knows redshifts.
    let metrics: RedshiftMetrics?
    /// In bins of predicted and of known redshift and of magnitude; nil likewise.
    let bins: JobResults.Bins?
    /// How many redshifts are where their uncertainties say; nil without views.
    let calibration: JobResults.Calibration?
    /// How many galaxies have each flag.
    let flags: FlagCounts
}
