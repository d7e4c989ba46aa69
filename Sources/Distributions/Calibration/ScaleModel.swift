import PhotozElementary

/// The size of residuals as a smooth function of a galaxy's inputs: exp of a polynomial in z, the middle band's
/// magnitude and all colours, each limited to where labelled galaxies are and standardised.
struct ScaleModel: Sendable, Equatable {
    let inputs: CalibrationInputs
    /// Where each input is held: all but the outermost thousandths of labelled galaxies lie within.
    let lower, upper: [Float]
    /// What is taken off each input, and what it is divided by then.
    let centres, widths: [Double]
    /// Of 1, of each input, and of the products of inputs i ≤ j in the order 00, 01, 02 ... 11, 12 ...: all three, the
    /// first two, or the first alone.
    let coefficients: [Double]
    /// Between what the logarithm is held: its values at the galaxies that this was fitted to.
    let lowest, highest: Double

    /// How many coefficients a polynomial has.
    static func termCount(inputs: Int, degree: Int) -> Int {
        [1, 1 + inputs, 1 + inputs + inputs * (inputs + 1) / 2][degree]
    }

    /// The scale of a galaxy. What is no number is taken for the lower end of its range.
    func scale(redshift: Float, magnitudes: UnsafeBufferPointer<Float>) -> Float {
        let logarithm = withUnsafeTemporaryAllocation(of: Double.self, capacity: inputs.scaling) { room in
            for input in 0..<inputs.scaling {
                let value = inputs.scalingValue(input, redshift: redshift, magnitudes: magnitudes)
                let held = value >= lower[input] ? min(value, upper[input]) : lower[input]
                room[input] = (Double(held) - centres[input]) / widths[input]
            }
            return coefficients.withUnsafeBufferPointer { Self.polynomial(UnsafeBufferPointer(room), $0) }
        }
        return Float(Elementary.exp(min(max(logarithm, lowest), highest)))
    }

    /// The polynomial's value at standardised inputs.
    static func polynomial(_ x: UnsafeBufferPointer<Double>, _ coefficients: UnsafeBufferPointer<Double>) -> Double {
        let count = x.count
        guard coefficients.count > 1 else { return coefficients[0] }
        let products = coefficients.count > 1 + count
        var (sum, next) = (coefficients[0], 1 + count)
        for i in 0..<count {
            var factor = coefficients[1 + i]
            if products {
                for j in i..<count { factor += coefficients[next + j - i] * x[j] }
                next += count - i
            }
            sum += factor * x[i]
        }
        return sum
    }
}
