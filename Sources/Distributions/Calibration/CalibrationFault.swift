/// Why there is no calibration.
package struct CalibrationFault: Error, Sendable, Equatable {
    /// What is wrong.
    package enum Kind: Sendable {
        /// Not enough labelled galaxies.
        case tooFew
        /// All residuals are the same.
        case identical
        /// A labelled galaxy or a weight that cannot be used.
        case unusable
        /// Labelled galaxies have nothing in common with those that they should stand for.
        case noOverlap
        /// Numbers, of a file, that cannot be those of a calibration.
        case damaged
    }

    /// What is wrong.
    package let kind: Kind
    /// The same for people, and what to do.
    package let message: String
}
