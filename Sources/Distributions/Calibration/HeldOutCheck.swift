/// What a calibration is worth, as far as its own labelled galaxies can tell: one made with half of them (by a hash of
/// their places) is held against the other half. All are means over galaxies, by their weights if they have some.
package struct HeldOutCheck: Codable, Sendable, Equatable {
    /// How often a redshift is between two quantiles of its distribution that lie as far from the median.
    package struct Coverage: Codable, Sendable, Equatable {
        /// What should be.
        package let level: Double
        /// What is.
        package let fraction: Double
    }

    /// Means over galaxies; less is better.
    package struct Scores: Codable, Sendable, Equatable {
        /// See `DistributionScores`.
        package let cdeLoss, crps: Double

        private enum CodingKeys: String, CodingKey {
            case cdeLoss = "cde_loss"
            case crps
        }
    }

    /// How many galaxies were in the half that was not used.
    package let galaxies: Int
    /// Of central intervals of 50, 68, 90, 95 and 99 %.
    package let coverage: [Coverage]
    /// The largest difference between the distribution of the probability integral transform and an even one
    /// (Kolmogorov and Smirnov).
    package let ks: Double
    /// Of the method that was asked for.
    package let scores: Scores
    /// Of one normal distribution for all galaxies: r has the first half's median and 1.4826 times its median absolute
    /// deviation.
    package let oneGaussian: Scores
    /// Of the other method, with its usual cells; nil when half of the galaxies are too few for it.
    package let otherMethod: Scores?

    private enum CodingKeys: String, CodingKey {
        case galaxies, coverage, ks, scores
        case oneGaussian = "one_gaussian"
        case otherMethod = "other_method"
    }

    /// Nominal coverage of the intervals that are checked.
    package static let levels = [0.5, 0.68, 0.9, 0.95, 0.99]

    /// - Throws: as a calibration with half of the galaxies does; then there is no check.
    package init(of galaxies: LabelledGalaxies, _ settings: CalibrationSettings) throws(CalibrationFault) {
        try galaxies.check()
        let isHeldOut = (0..<galaxies.count).map { mixed(UInt64($0) ^ 0xd1b5_4a32_d192_ed03) >> 63 == 1 }
        let used = galaxies.picked(isHeldOut.indices.filter { !isHeldOut[$0] })
        let heldOut = galaxies.picked(isHeldOut.indices.filter { isHeldOut[$0] })
        let own = HeldOutSums(of: heldOut, try Calibration(fitting: used, settings))
        let other = CalibrationSettings(method: settings.method == .cells ? .smooth : .cells)
        self.galaxies = heldOut.count
        guard own.weight > 0 else {
            throw CalibrationFault(
                kind: .tooFew, message: "no labelled galaxy that counts is left to hold a calibration against")
        }
        coverage = zip(Self.levels, own.covered).map { Coverage(level: $0, fraction: $1 / own.weight) }
        ks = own.ks
        scores = own.scores
        oneGaussian = OneGaussian(used).scores(of: heldOut)
        otherMethod = (try? Calibration(fitting: used, other)).map { HeldOutSums(of: heldOut, $0).scores }
    }
}

/// Sums over galaxies of how a calibration does, in their order.
private struct HeldOutSums {
    private(set) var weight = 0.0
    /// Of each level of `HeldOutCheck.levels`.
    private(set) var covered = [Double](repeating: 0, count: HeldOutCheck.levels.count)
    private var (cdeLoss, crps) = (0.0, 0.0)
    /// Of galaxies that count.
    private var transforms: [(pit: Double, weight: Double)] = []

    init(of galaxies: LabelledGalaxies, _ calibration: Calibration) {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: QuantileLevels.count) { locations in
            for galaxy in 0..<galaxies.count where galaxies.weights?[galaxy] ?? 1 > 0 {
                let redshift = galaxies.predicted[galaxy]
                let place = galaxies.withMagnitudes(of: galaxy) {
                    calibration.place(redshift: redshift, magnitudes: $0)
                }
                calibration.write(redshift: redshift, cell: place.cell, scale: place.scale, into: locations)
                let distribution = QuantileDistribution(UnsafeBufferPointer(locations))
                add(
                    distribution.scores(at: Double(galaxies.spectroscopic[galaxy])),
                    weight: galaxies.weights?[galaxy] ?? 1)
            }
        }
    }

    private mutating func add(_ scores: DistributionScores, weight: Double) {
        self.weight += weight
        cdeLoss += weight * scores.cdeLoss
        crps += weight * scores.crps
        for (index, level) in HeldOutCheck.levels.enumerated() where abs(2 * scores.pit - 1) <= level {
            covered[index] += weight
        }
        transforms.append((scores.pit, weight))
    }

    var scores: HeldOutCheck.Scores { HeldOutCheck.Scores(cdeLoss: cdeLoss / weight, crps: crps / weight) }

    /// The largest difference, on either side of each step of the empirical distribution.
    var ks: Double {
        var (below, largest) = (0.0, 0.0)
        for (pit, weight) in transforms.sorted(by: { ($0.pit, $0.weight) < ($1.pit, $1.weight) }) {
            largest = max(largest, abs(pit - below / self.weight), abs(pit - (below + weight) / self.weight))
            below += weight
        }
        return largest
    }
}
