/// What a galaxy's distribution is made of, besides its redshift: 8 bytes that can be kept until it is written.
package struct CalibratedPlace: Sendable, Equatable {
    /// The cell of the calibration.
    package let cell: Int32
    /// What the cell's quantiles are multiplied by.
    package let scale: Float
    /// Whether the redshift, a magnitude or a colour is outside of what labelled galaxies covered, or no number: then
    /// nothing vouches for the distribution.
    package let isOutside: Bool
}
