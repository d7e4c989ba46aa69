/// Between which numbers lie the galaxies that a network was trained on, as far as its weights say so.
public struct TrainedLimits: Sendable, Equatable {
    /// Of each magnitude, in the network's order; empty where not known.
    public var magnitudes: [ClosedRange<Float>] = []
    /// Of the differences of neighbouring magnitudes; empty where not known.
    public var colours: [ClosedRange<Float>] = []
    /// Of the faintest pixel of each band; empty where not known.
    public var imageMinima: [ClosedRange<Float>] = []
    /// Of the brightest pixel of each band; empty where not known.
    public var imageMaxima: [ClosedRange<Float>] = []
    /// Of redshifts; nil where not known.
    public var redshifts: ClosedRange<Float>?

    /// Nothing is known.
    public init() {}

    /// What of a galaxy's magnitudes lies outside. Those that are missing lie nowhere.
    ///
    /// - Parameter values: One for each band; NaN where missing.
    func flags(magnitudes values: UnsafeMutableBufferPointer<Float>) -> GalaxyFlags {
        var flags: GalaxyFlags = []
        for (value, limits) in zip(values, magnitudes) where Self.isOutside(value, limits) {
            flags.insert(.magnitudeOutside)
        }
        for (band, limits) in colours.enumerated() where Self.isOutside(values[band] - values[band + 1], limits) {
            flags.insert(.colourOutside)
        }
        return flags
    }

    /// Whether the faintest or brightest pixel of a band lies outside.
    func isOutside(_ range: PixelRange, band: Int) -> Bool {
        imageMinima.indices.contains(band) && Self.isOutside(range.low, imageMinima[band])
            || imageMaxima.indices.contains(band) && Self.isOutside(range.high, imageMaxima[band])
    }

    /// Whether a redshift lies outside; one that is no number does not.
    public func isOutside(redshift: Float) -> Bool {
        redshifts.map { Self.isOutside(redshift, $0) } ?? false
    }

    private static func isOutside(_ value: Float, _ limits: ClosedRange<Float>) -> Bool {
        value < limits.lowerBound || value > limits.upperBound
    }
}
