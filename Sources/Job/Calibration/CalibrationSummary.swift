import AstroMAE
import PhotozDistributions
import Survey

/// What a calibration file says beside its numbers: what it is for, what it was made of, and how well it held.
package struct CalibrationSummary: Codable, Equatable, Sendable {
    /// Galaxies of the labelled data set.
    package struct Counts: Codable, Equatable, Sendable {
        /// In all.
        package var galaxies = 0
        /// Used: those with all magnitudes, a finite prediction and a spectroscopic redshift.
        package var labelled = 0
        /// Left out because a magnitude is missing: the network is not asked about them.
        package var withoutMagnitude = 0
        /// Left out of the others because the prediction is not finite, or beyond 1000.
        package var withoutPrediction = 0
        /// Left out of the others because the spectroscopic redshift is not known, or not above -1.
        package var withoutRedshift = 0
        /// Left out because the row could not be read.
        package var skipped = 0
    }

    /// What is no magnitude: galaxies that lack one have no prediction, so that another rule asks about others.
    package struct MissingRule: Codable, Equatable, Sendable, CustomStringConvertible {
        /// Magnitudes lie above the first and below the second, mag.
        package let low: Float
        package let high: Float
        /// Numbers that stand for missing ones besides.
        package let others: [Double]

        /// - Parameter rule: That of the partitions.
        package init(_ rule: MissingValues) {
            (low, high) = rule.magnitudes
            others = rule.others.sorted()
        }

        init(low: Float, high: Float, others: [Double]) {
            (self.low, self.high, self.others) = (low, high, others)
        }

        /// For people.
        package var description: String {
            "magnitudes \(low) to \(high)"
                + (others.isEmpty ? "" : ", besides \(others.map { "\($0)" }.joined(separator: ", "))")
        }
    }

    /// What became of the labelled galaxies when they were looked for among those that the network was trained on.
    package struct TrainedOverlap: Codable, Equatable, Sendable {
        /// Labelled galaxies that the sample in the weights can tell about.
        package let checked: Int
        /// How many of them were trained on.
        package let found: Int
    }

    /// How labelled galaxies were weighted towards another sample.
    package struct Reweighting: Codable, Equatable, Sendable {
        /// Galaxies of the target with all magnitudes that were used.
        package let targets: Int
        /// Galaxies of the target in all.
        package let targetGalaxies: Int
        /// Kish's effective number of labelled galaxies: (sum of weights)^2 / sum of their squares.
        package let effectiveSize: Double
        /// The share of the target that has no labelled galaxy near.
        package let outside: Double

        private enum CodingKeys: String, CodingKey {
            case targets
            case targetGalaxies = "target_galaxies"
            case effectiveSize = "effective_sample_size"
            case outside = "target_outside"
        }
    }

    /// The program's version that wrote it.
    package var version: String
    /// SHA-256 of the weights file, 64 hexadecimal digits.
    package var weightsHash: String
    /// How weights and activations were stored: the raw value of a `Precision`.
    package var precision: String
    /// What the engine used. Instruction sets differ in the last digits of a redshift; a calibration is for all.
    package var instructionSet: String
    /// Views of each image, 1 to 8.
    package var views: Int
    /// Magnitudes of a galaxy.
    package var bands: Int
    /// The bands in the network's order, where the weights name them.
    package var bandNames: [String]?
    /// What is no magnitude.
    package var missing: MissingRule
    /// How distributions are made.
    package var method: CalibrationMethod
    /// Cells that galaxies are told apart by.
    package var cells: Int
    /// Galaxies of the labelled data set, used and left out.
    package var counts: Counts
    /// SHA-256 of the labelled galaxies: rows of the partitions, then spectroscopic redshifts and magnitudes of those
    /// that were used, float32 in data-set order. Names and places of files do not matter.
    package var labelledHash: String
    /// When it was made, ISO 8601 in UTC.
    package var created: String
    /// How a calibration made with one half of the labelled galaxies held against the other; nil where that half was
    /// too small for one.
    package var heldOut: HeldOutCheck?
    /// Labelled galaxies that the network was trained on; nil where the weights do not tell.
    package var trained: TrainedOverlap?
    /// Nil where all labelled galaxies counted alike.
    package var reweighting: Reweighting?

    /// Labelled galaxies that it was made of.
    package var labelled: Int { counts.labelled }
}
