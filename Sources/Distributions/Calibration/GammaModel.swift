import PhotozElementary

/// A gamma model with logarithmic link of sizes y by standardised inputs x: mean y = exp(η(x)), η a sum of terms.
///
/// What is minimised is Σ (y exp(-η) + η), but for a constant the negative logarithm of the likelihood, with a ridge
/// of a ten-thousandth of a galaxy's information on all coefficients but the first. For this link the weights of
/// iteratively reweighted least squares are all 1: the matrix of the normal equations is factored once. All sums run
/// over galaxies in their order.
struct GammaModel {
    private let terms: ScaleTerms
    /// Standardised inputs, [galaxies, inputs].
    private let rows: [Double]
    private let sizes: [Double]
    private let ridge: Double
    private(set) var coefficients: [Double]

    init(_ terms: ScaleTerms, rows: [Double], sizes: [Double]) {
        (self.terms, self.rows, self.sizes) = (terms, rows, sizes)
        ridge = 1e-4 * Double(sizes.count)
        coefficients = Array(repeating: 0, count: terms.count)
        coefficients[0] = Elementary.log(sizes.reduce(0, +) / Double(sizes.count))
    }

    /// Finds the coefficients.
    mutating func fit() {
        let normal = normalMatrix()
        var objective = objective(coefficients)
        for _ in 0..<50 {
            let step = normal.solve(descent())
            var share = 1.0
            var (candidate, reached) = (coefficients, objective)
            // A whole step of scoring may go too far.
            repeat {
                candidate = zip(coefficients, step).map { $0 + share * $1 }
                reached = self.objective(candidate)
                share /= 2
            } while !(reached <= objective) && share > 1e-6
            guard reached <= objective else { return }
            coefficients = candidate
            let gain = objective - reached
            objective = reached
            if gain <= 1e-10 * Double(sizes.count) { return }
        }
    }

    /// The smallest and the largest η of these galaxies.
    var range: (lowest: Double, highest: Double) {
        var (lowest, highest) = (Double.infinity, -Double.infinity)
        forEach { _, terms in
            let predictor = ScaleTerms.sum(terms, coefficients)
            lowest = min(lowest, predictor)
            highest = max(highest, predictor)
        }
        return (lowest, highest)
    }

    private func objective(_ coefficients: [Double]) -> Double {
        var sum = 0.5 * ridge * coefficients.dropFirst().reduce(0) { $0 + $1 * $1 }
        forEach { galaxy, terms in
            let predictor = ScaleTerms.sum(terms, coefficients)
            sum += sizes[galaxy] * Elementary.exp(min(max(-predictor, -700), 700)) + predictor
        }
        return sum
    }

    /// What the objective falls by, for each coefficient.
    private func descent() -> [Double] {
        var sum = coefficients.map { -ridge * $0 }
        sum[0] = 0
        forEach { galaxy, terms in
            let predictor = ScaleTerms.sum(terms, coefficients)
            let excess = sizes[galaxy] * Elementary.exp(min(max(-predictor, -700), 700)) - 1
            for index in sum.indices { sum[index] += excess * terms[index] }
        }
        return sum
    }

    private func normalMatrix() -> Cholesky {
        let count = coefficients.count
        var matrix = [Double](repeating: 0, count: count * count)
        forEach { _, terms in
            for row in 0..<count {
                for column in 0...row { matrix[row * count + column] += terms[row] * terms[column] }
            }
        }
        for index in 1..<max(count, 1) { matrix[index * count + index] += ridge }
        return Cholesky(matrix, size: count)
    }

    /// The terms of each galaxy.
    private func forEach(_ body: (_ galaxy: Int, _ terms: UnsafeMutableBufferPointer<Double>) -> Void) {
        withUnsafeTemporaryAllocation(of: Double.self, capacity: terms.count) { found in
            rows.withUnsafeBufferPointer { rows in
                for galaxy in sizes.indices {
                    let x = rows[galaxy * terms.inputs..<(galaxy + 1) * terms.inputs]
                    terms.write(UnsafeBufferPointer(rebasing: x), into: found)
                    body(galaxy, found)
                }
            }
        }
    }
}
