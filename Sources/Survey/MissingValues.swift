/// Galaxies of which a survey does not know everything.
public struct MissingValues: Sendable, BitwiseCopyable {
    /// Galaxies that lack a magnitude; they can have no photometric redshift.
    public var magnitudes = 0
    /// Galaxies whose redshift is a sentinel or infinite; those without a number are not counted.
    public var redshifts = 0

    /// None.
    public init() {}

    /// Adds those of other galaxies.
    public static func += (sum: inout MissingValues, more: MissingValues) {
        sum.magnitudes += more.magnitudes
        sum.redshifts += more.redshifts
    }

    /// Puts NaN in place of sentinels, and of infinities, and counts the galaxies.
    ///
    /// - Parameters:
    ///   - magnitudes: [galaxies, bands]
    ///   - redshifts: [galaxies]
    init(
        clearing magnitudes: UnsafeMutableBufferPointer<Float>, bands: Int, redshifts: UnsafeMutableBufferPointer<Float>
    ) {
        for galaxy in redshifts.indices {
            if Self.isMissing(redshifts[galaxy]) {
                if !redshifts[galaxy].isNaN { self.redshifts += 1 }
                redshifts[galaxy] = .nan
            }
            var isComplete = true
            for place in galaxy * bands..<(galaxy + 1) * bands where Self.isMissing(magnitudes[place]) {
                magnitudes[place] = .nan
                isComplete = false
            }
            if !isComplete { self.magnitudes += 1 }
        }
    }

    /// What catalogues write where they have measured nothing: -99, -99.9, 99, infinity.
    private static func isMissing(_ value: Float) -> Bool {
        !value.isFinite || value == -99 || value == -99.9 || value == 99
    }
}
