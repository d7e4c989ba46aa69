/// Where the preparation of a network gets its tensors from: a weights file, or a test.
protocol TensorSource {
    /// All values of the tensor of that name, in row-major order.
    func values(_ name: String) throws -> [Double]
}

extension TensorSource {
    /// A tensor as a matrix: its first dimension are the rows, all others together the columns.
    func matrix(_ name: String, rows: Int) throws -> Matrix {
        let values = try values(name)
        return Matrix(rows: rows, columns: values.count / rows, values: values)
    }

    /// A convolution and the BatchNorm behind it as one convolution:
    /// gamma (W x + b - mean) / sqrt(variance + epsilon) + beta.
    func foldedUnit(
        convolution: String, norm: String, outputs: Int, epsilon: Double
    ) throws -> (weight: Matrix, bias: [Double]) {
        let (gamma, beta) = (try values(norm + ".weight"), try values(norm + ".bias"))
        let (mean, variance) = (try values(norm + ".running_mean"), try values(norm + ".running_var"))
        let bias = try values(convolution + ".bias")
        let factors = (0..<outputs).map { gamma[$0] / (variance[$0] + epsilon).squareRoot() }
        let weight = try matrix(convolution + ".weight", rows: outputs).scalingRows(by: factors)
        return (weight, (0..<outputs).map { (bias[$0] - mean[$0]) * factors[$0] + beta[$0] })
    }
}
