import PhotozElementary

/// The size of residuals as a smooth function of a galaxy's inputs: exp of a sum of terms in z, the middle band's
/// magnitude and all colours, each limited to where labelled galaxies are and standardised.
struct ScaleModel: Sendable, Equatable {
    let inputs: CalibrationInputs
    /// Where each input is held: all but the outermost thousandths of labelled galaxies lie within.
    let lower, upper: [Float]
    /// What is taken off each input, and what it is divided by then.
    let centres, widths: [Double]
    let terms: ScaleTerms
    /// Of each term.
    let coefficients: [Double]
    /// Between what the logarithm is held: its values at the galaxies that this was fitted to.
    let lowest, highest: Double

    /// The scale of a galaxy. What is no number is taken for the lower end of its range.
    func scale(redshift: Float, magnitudes: UnsafeBufferPointer<Float>) -> Float {
        let logarithm = withUnsafeTemporaryAllocation(of: Double.self, capacity: inputs.scaling + terms.count) { room in
            let x = UnsafeMutableBufferPointer(rebasing: room[..<inputs.scaling])
            for input in 0..<inputs.scaling {
                let value = inputs.scalingValue(input, redshift: redshift, magnitudes: magnitudes)
                let held = value >= lower[input] ? min(value, upper[input]) : lower[input]
                x[input] = (Double(held) - centres[input]) / widths[input]
            }
            let found = UnsafeMutableBufferPointer(rebasing: room[inputs.scaling...])
            terms.write(UnsafeBufferPointer(x), into: found)
            return ScaleTerms.sum(found, coefficients)
        }
        return Float(Elementary.exp(min(max(logarithm, lowest), highest)))
    }
}
