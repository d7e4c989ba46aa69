/// The Cholesky factor of a symmetric matrix without negative eigenvalues, to solve equations with it.
struct Cholesky {
    private let size: Int
    /// The lower triangle of L, [row][column], with L Lᵀ the matrix.
    private var factor: [Double]

    /// - Parameter matrix: [size, size], of which the lower triangle is read; positive definite.
    init(_ matrix: [Double], size: Int) {
        self.size = size
        factor = matrix
        for row in 0..<size {
            for column in 0...row {
                var sum = factor[row * size + column]
                for inner in 0..<column { sum -= factor[row * size + inner] * factor[column * size + inner] }
                // A ridge keeps eigenvalues positive but for rounding, which this keeps harmless.
                factor[row * size + column] =
                    row == column ? max(sum, 1e-300).squareRoot() : sum / factor[column * size + column]
            }
        }
    }

    /// x of L Lᵀ x = b.
    func solve(_ b: [Double]) -> [Double] {
        var x = b
        for row in 0..<size {
            for column in 0..<row { x[row] -= factor[row * size + column] * x[column] }
            x[row] /= factor[row * size + row]
        }
        for row in (0..<size).reversed() {
            for below in (row + 1)..<size { x[row] -= factor[below * size + row] * x[below] }
            x[row] /= factor[row * size + row]
        }
        return x
    }
}
