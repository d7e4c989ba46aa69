/// What the logarithm of the smooth scale is a sum of: 1, each standardised input x, products of two, and hinges
/// max(x - k, 0) of the first two inputs, which are z and the middle band's magnitude.
///
/// Hinges follow what a polynomial cannot: the spread of residuals may change within a tenth of the range of z.
struct ScaleTerms: Sendable, Equatable {
    /// How many inputs have hinges.
    static let hinged = 2
    /// Knots of each of these, at the eighths of the galaxies.
    static let knotsOfInput = 7

    let inputs: Int
    /// 0: the constant alone; 1: the inputs, too; 2: their products, too.
    let degree: Int
    /// k of each hinged input, [2, 7]; empty without hinges.
    let knots: [Double]

    /// How many terms there are.
    var count: Int { Self.count(inputs: inputs, degree: degree) + knots.count }

    /// How many terms the polynomial has.
    static func count(inputs: Int, degree: Int) -> Int {
        [1, 1 + inputs, 1 + inputs + inputs * (inputs + 1) / 2][degree]
    }

    /// The terms of a galaxy: of products of inputs i ≤ j in the order 00, 01, 02 ... 11, 12 ..., then the hinges.
    ///
    /// - Parameters:
    ///   - x: The standardised inputs.
    ///   - terms: Room for all.
    @inline(__always)
    func write(_ x: UnsafeBufferPointer<Double>, into terms: UnsafeMutableBufferPointer<Double>) {
        terms[0] = 1
        guard degree > 0 else { return }
        for input in 0..<inputs { terms[1 + input] = x[input] }
        guard degree > 1 else { return }
        var next = 1 + inputs
        for i in 0..<inputs {
            for j in i..<inputs {
                terms[next] = x[i] * x[j]
                next += 1
            }
        }
        knots.withUnsafeBufferPointer { knots in
            for index in knots.indices {
                terms[next + index] = max(x[index / Self.knotsOfInput] - knots[index], 0)
            }
        }
    }

    /// The sum of the terms times their coefficients.
    @inline(__always)
    static func sum(_ terms: UnsafeMutableBufferPointer<Double>, _ coefficients: [Double]) -> Double {
        coefficients.withUnsafeBufferPointer { coefficients in
            var sum = coefficients[0]
            for index in 1..<max(coefficients.count, 1) { sum += coefficients[index] * terms[index] }
            return sum
        }
    }
}
