/// What a galaxy's distribution may depend on: its photometric redshift z, its magnitude in the middle one of the
/// network's bands, and colours, which are a band's magnitude less that of the next band.
///
/// Colours are single-precision differences of single-precision magnitudes, wherever they are made.
struct CalibrationInputs: Sendable, Equatable {
    let bands: Int

    /// The middle band: r of u, g, r, i, z.
    var middle: Int { bands / 2 }
    /// The colour that cells are cut by, of the middle band and the one before it; none with one band.
    var cellColour: Int? { bands > 1 ? middle - 1 : nil }
    /// How many colours there are.
    var colours: Int { bands - 1 }
    /// z, magnitudes, colours.
    var all: Int { 2 * bands }
    /// z, the middle band's magnitude, colours: what the smooth scale depends on.
    var scaling: Int { 1 + bands }

    /// All inputs in their order: z, each band's magnitude, each colour.
    @inline(__always)
    func value(_ input: Int, redshift: Float, magnitudes: UnsafeBufferPointer<Float>) -> Float {
        if input == 0 { return redshift }
        if input <= bands { return magnitudes[input - 1] }
        return magnitudes[input - bands - 1] - magnitudes[input - bands]
    }

    /// Those of the smooth scale in their order: z, the middle band's magnitude, each colour.
    @inline(__always)
    func scalingValue(_ input: Int, redshift: Float, magnitudes: UnsafeBufferPointer<Float>) -> Float {
        if input == 0 { return redshift }
        if input == 1 { return magnitudes[middle] }
        return magnitudes[input - 2] - magnitudes[input - 1]
    }
}

/// What labelled galaxies cover, from the smallest to the largest value of each input.
package struct CalibrationRanges: Sendable, Equatable {
    /// Photometric redshift.
    package let redshift: ClosedRange<Float>
    /// Of each band.
    package let magnitudes: [ClosedRange<Float>]
    /// Each band's magnitude less that of the next band.
    package let colours: [ClosedRange<Float>]
}

/// Ranges of all inputs, in the order of `CalibrationInputs.all`.
struct InputLimits: Sendable, Equatable {
    var lower, upper: [Float]

    /// What these galaxies cover, at least one.
    init(of galaxies: LabelledGalaxies, _ inputs: CalibrationInputs) {
        lower = Array(repeating: .infinity, count: inputs.all)
        upper = Array(repeating: -.infinity, count: inputs.all)
        for galaxy in 0..<galaxies.count {
            galaxies.withMagnitudes(of: galaxy) { magnitudes in
                for input in 0..<inputs.all {
                    let value = inputs.value(input, redshift: galaxies.predicted[galaxy], magnitudes: magnitudes)
                    lower[input] = min(lower[input], value)
                    upper[input] = max(upper[input], value)
                }
            }
        }
    }

    init(lower: [Float], upper: [Float]) { (self.lower, self.upper) = (lower, upper) }

    /// Of one input.
    subscript(input: Int) -> ClosedRange<Float> { lower[input]...upper[input] }
}
