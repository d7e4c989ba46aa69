import AstroMAE
import Collectives
import PhotozMachine
import Survey

/// What is odd about the galaxies, over all ranks.
extension Run {
    /// Warns of what the user must know about the predictions. Every rank calls it.
    func warnOfFlags(_ evaluated: Evaluated, _ found: RankFindings, _ plan: RunPlan) throws {
        let (dataSet, training, counts) = (plan.dataSet, plan.training, evaluated.flags)
        var first = Int.max
        if counts[.predictionNotFinite] > 0 {
            let places = found.flags.indices.lazy.filter { found.flags[$0].contains(.predictionNotFinite) }
            first = try world.allReduce(places.compactMap(found.galaxy(at:)).min() ?? Int.max, .min)
        }
        guard world.rank == 0 else { return }
        let place = first == Int.max ? nil : dataSet.place(of: first)
        for warning in counts.warnings(training, plan.schema, firstNotFinite: place) {
            warn(warning)
        }
        for warning in distributionWarnings(evaluated) { warn(warning) }
        guard !training.hasRanges else { return }
        WarningLog.add(
            "range unknown: the weights do not say what range they were trained on, so that no galaxy is flagged as outside of it"
        )
    }
}

extension FlagCounts {
    /// What the user must know about the predictions.
    ///
    /// - Parameters:
    ///   - training: What the network was trained on.
    ///   - schema: What the user says of the files.
    ///   - first: File and row of the first galaxy whose prediction is not finite; nil when there is none.
    package func warnings(
        _ training: TrainingRecord, _ schema: PartitionSchema, firstNotFinite first: String? = nil
    ) -> [String] {
        var warnings: [String] = []
        if let first {
            warnings.append(
                "\(self[.predictionNotFinite]) predictions are not finite, the first in \(first); its image or magnitudes are far from what the network knows"
            )
        }
        if magnitudeMissing > 0 {
            warnings.append(
                "\(magnitudeMissing) of the galaxies lack a magnitude (not observed: \(self[.magnitudeNotObserved]), not detected: \(self[.magnitudeNotDetected])): they have no redshift, and metrics leave them out"
            )
        }
        if training.hasRanges, hasManyOutside(training) {
            let areFluxes = schema.units == nil && self[.imageOutside] == galaxies
            let advice =
                areFluxes
                ? "; all are by their pixels: are these fluxes? --units nanomaggies (or nJy, ...) converts them" : ""
            warnings.append(
                "\(inputOutside) of \(galaxies) galaxies have a magnitude, colour or pixel outside of the range that the network was trained on (magnitudes \(self[.magnitudeOutside]), colours \(self[.colourOutside]), images \(self[.imageOutside])), far more than of those that it was trained on: check units, bands and their order, since the redshifts may be wrong\(advice)"
            )
        }
        return warnings
    }

    /// Whether more galaxies lie outside than a sample like the one trained on would have: by its percentiles, some do.
    func hasManyOutside(_ training: TrainingRecord) -> Bool {
        let expected = Double(galaxies) * training.usualFraction
        return Double(inputOutside) > 2 * expected + 5 * expected.squareRoot() + 1
    }
}

extension DataSet {
    /// File and row of a galaxy, for a message; nil for one that there is not.
    func place(of galaxy: Int) -> String? {
        Shard(galaxy..<galaxy + 1, starts: partitions.starts).pieces.first.map {
            "\(path(of: $0.partition)), row \($0.rows.lowerBound)"
        }
    }
}

extension TrainingRecord {
    /// The fraction of galaxies like those trained on that lie outside: as the weights say, or 0.2 % a quantity, since
    /// ranges are the percentiles 0.1 and 99.9.
    var usualFraction: Double {
        let quantities = [magnitudes, colours, imageMinima, imageMaxima].reduce(0) { $0 + ($1?.count ?? 0) }
        return outsideFraction ?? 0.002 * Double(quantities)
    }
}
