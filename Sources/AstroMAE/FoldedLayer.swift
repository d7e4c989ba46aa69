/// A dense layer or a convolution as one linear map in float64: y = weight x + bias.
struct FoldedLayer {
    /// [outputs, inputs], or [outputs, inputs * y * x] of a convolution's window, in PyTorch's order.
    var weight: Matrix
    /// [outputs]
    var bias: [Double]

    /// The layer behind a LayerNorm, whose scale and shift it takes over: W (scale x + shift) + b.
    func afterNorm(scale: [Double], shift: [Double]) -> FoldedLayer {
        var folded = self
        folded.bias = zip(weight.times(shift), bias).map { $0 + $1 }
        folded.weight.scaleColumns(by: scale)
        return folded
    }

    /// The layer behind another one, as one: W (V x + a) + b.
    func after(_ first: FoldedLayer) -> FoldedLayer {
        FoldedLayer(weight: weight.times(first.weight), bias: zip(weight.times(first.bias), bias).map { $0 + $1 })
    }

    /// The layer with its BatchNorm: gamma (W x + b - mean) / sqrt(variance + epsilon) + beta.
    func beforeNorm(
        gamma: [Double], beta: [Double], mean: [Double], variance: [Double], epsilon: Double
    ) -> FoldedLayer {
        let factors = zip(gamma, variance).map { $0 / ($1 + epsilon).squareRoot() }
        var folded = self
        folded.weight.scaleRows(by: factors)
        for output in bias.indices {
            folded.bias[output] = (bias[output] - mean[output]) * factors[output] + beta[output]
        }
        return folded
    }
}

extension TensorSource {
    /// The dense layer or convolution of that name.
    func layer(_ name: String) throws -> FoldedLayer {
        let bias = try values(name + ".bias")
        return FoldedLayer(weight: try matrix(name + ".weight", rows: bias.count), bias: bias)
    }

    /// The layer behind the LayerNorm of that name.
    func layer(_ name: String, afterNorm norm: String) throws -> FoldedLayer {
        try layer(name).afterNorm(scale: values(norm + ".weight"), shift: values(norm + ".bias"))
    }

    /// The convolution of that name, with the BatchNorm behind it.
    func layer(_ name: String, beforeNorm norm: String, epsilon: Double) throws -> FoldedLayer {
        try layer(name).beforeNorm(
            gamma: values(norm + ".weight"), beta: values(norm + ".bias"), mean: values(norm + ".running_mean"),
            variance: values(norm + ".running_var"), epsilon: epsilon)
    }

    /// A tensor as a matrix: its first dimension are the rows, all others together the columns.
    func matrix(_ name: String, rows: Int) throws -> Matrix {
        let values = try values(name)
        return Matrix(rows: rows, columns: values.count / rows, values: values)
    }
}
