import AstroMAE
import Collectives
import PhotozMachine
import Survey

/// What is odd about the galaxies, over all ranks.
extension Run {
    /// Warns of what the user must know about the predictions. Every rank calls it.
    func warnOfFlags(_ counts: FlagCounts, _ found: RankFindings, _ plan: RunPlan) throws {
        let (dataSet, training) = (plan.dataSet, plan.training)
        var first = Int.max
        if counts[.predictionNotFinite] > 0 {
            let places = found.flags.indices.lazy.filter { found.flags[$0].contains(.predictionNotFinite) }
            first = try world.allReduce(places.compactMap(found.galaxy(at:)).min() ?? Int.max, .min)
        }
        guard world.rank == 0 else { return }
        if let piece = Shard(
            first..<(first == Int.max ? first : first + 1), starts: dataSet.partitions.starts
        )
        .pieces.first {
            warn(
                "\(counts[.predictionNotFinite]) predictions are not finite, the first in \(dataSet.path(of: piece.partition)), row \(piece.rows.lowerBound); its image or magnitudes are far from what the network knows"
            )
        }
        if counts.magnitudeMissing > 0 {
            warn(
                "\(counts.magnitudeMissing) of the galaxies lack a magnitude (not observed: \(counts[.magnitudeNotObserved]), not detected: \(counts[.magnitudeNotDetected])): they have no redshift, and metrics leave them out"
            )
        }
        guard training.hasRanges else {
            WarningLog.add(
                "range unknown: the weights do not say what range they were trained on, so that no galaxy is flagged as outside of it"
            )
            return
        }
        if counts.hasManyOutside(training) {
            warn(
                "\(counts.inputOutside) of \(counts.galaxies) galaxies have a magnitude, colour or pixel outside of the range that the network was trained on (magnitudes \(counts[.magnitudeOutside]), colours \(counts[.colourOutside]), images \(counts[.imageOutside])), far more than of those that it was trained on: check units, bands and their order, since the redshifts may be wrong"
            )
        }
    }
}

extension FlagCounts {
    /// Whether more galaxies lie outside than a sample like the one trained on would have: by its percentiles, some do.
    func hasManyOutside(_ training: TrainingRecord) -> Bool {
        let expected = Double(galaxies) * training.usualFraction
        return Double(inputOutside) > 2 * expected + 5 * expected.squareRoot() + 1
    }
}

extension TrainingRecord {
    /// The fraction of galaxies like those trained on that lie outside: as the weights say, or 0.2 % a quantity, since ranges
    /// are the percentiles 0.1 and 99.9.
    var usualFraction: Double {
        let quantities = [magnitudes, colours, imageMinima, imageMaxima].reduce(0) { $0 + ($1?.count ?? 0) }
        return outsideFraction ?? 0.002 * Double(quantities)
    }
}
