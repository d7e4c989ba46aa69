import Collectives
import PhotozMetrics
import Survey

/// What is found out over all ranks.
extension Run {
    /// The metrics, over all galaxies and in bins of predicted redshift, of redshift and of magnitude, both nil when no
    /// partition knows redshifts; how distributions fare, nil without a calibration or redshifts; and how many galaxies
    /// have each flag. Every rank calls it: all ranks add up their numbers fourteen times at most, in parts of 512 kB.
    /// Errors of metrics are for rank 0.
    func evaluate(_ found: RankFindings, _ plan: RunPlan) throws -> Evaluated {
        let hasRedshift = plan.dataSet.hasRedshift
        let distributions = plan.calibration.map { GalaxyDistributions(calibration: $0.calibration) }
        var flags = FlagCounts()
        for galaxy in found.flags { flags.add(galaxy) }
        let cut = options.distributionForm.grid.flatMap { distributions?.cutCount(of: found, by: $0) } ?? 0
        let counts = flags.numbers + [cut]
        let quantities = hasRedshift ? [found.predictions, found.redshifts, found.magnitudes] : []
        let numbers = max(
            Evaluation.numberCount(quantities: quantities.count, counts: counts.count),
            distributions == nil ? 0 : DistributionEvaluation.numberCount(quantities: quantities.count))
        let sums = try AgreedBuffer<Int64>(count: numbers, on: world)
        let sum = SumOverRanks(in: sums.elements) { count throws(CollectiveError) in
            // What MPI adds up at once, it holds a second time.
            for place in stride(from: 0, to: count, by: 1 << 16) {
                try sums.allReduce(.sum, in: place..<min(place + 1 << 16, count))
            }
        }
        let evaluation = try Evaluation(
            predicted: found.predictions, spectroscopic: found.redshifts, binnedBy: quantities, counts: counts,
            bootstrap: world.rank == 0 ? Bootstrap() : nil, sum)
        var evaluated = Evaluated(
            flags: FlagCounts(Array(evaluation.counts.dropLast())), cut: evaluation.counts[counts.count - 1])
        guard hasRedshift else { return evaluated }
        let bins = evaluation.bins
        evaluated.metrics = evaluation.metrics
        evaluated.bins = JobResults.Bins(predicted: bins[0], redshift: bins[1], magnitude: bins[2])
        guard let scores = distributions?.scores(of: found) else { return evaluated }
        evaluated.distributions = try DistributionEvaluation(
            pit: scores.pit, cdeLoss: scores.cdeLoss, crps: scores.crps, binnedBy: quantities, as: evaluation, sum)
        return evaluated
    }
}

/// What is known of all galaxies together.
struct Evaluated {
    /// Over all galaxies; nil when no partition knows redshifts.
    var metrics: RedshiftMetrics?
    /// In bins of predicted redshift, of redshift and of magnitude; nil likewise.
    var bins: JobResults.Bins?
    /// How the distributions fare; nil likewise, and without a calibration.
    var distributions: DistributionEvaluation?
    /// How many galaxies have each flag.
    let flags: FlagCounts
    /// Galaxies whose distribution does not lie within the grid: see ``GalaxyDistributions/tolerableCut``.
    let cut: Int
}
