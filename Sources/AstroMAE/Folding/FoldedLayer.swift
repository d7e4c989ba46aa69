/// A dense layer or a convolution as one linear map in float64: y = weight x + bias.
struct FoldedLayer {
    /// The tensors that it is made of, for messages.
    var name: String
    /// [outputs, inputs], or [outputs, inputs * y * x] of a convolution's window, in PyTorch's order.
    var weight: Matrix
    /// [outputs]
    var bias: [Double]

    /// Takes over the scale and shift of the LayerNorm in front of the layer: W (scale x + shift) + b.
    mutating func absorbLayerNorm(_ norm: String, scale: [Double], shift: [Double]) {
        name += " behind \(norm)"
        bias = zip(weight.columns(times: shift), bias).map { $0 + $1 }
        weight.scaleColumns(by: scale)
    }

    /// The inputs from `input` on, behind another layer, as one layer: W (V x + a) + b.
    func inputs(from input: Int = 0, after first: FoldedLayer) -> FoldedLayer {
        FoldedLayer(
            name: "\(name) behind \(first.name)", weight: weight.columns(from: input, times: first.weight),
            bias: zip(weight.columns(from: input, times: first.bias), bias).map { $0 + $1 })
    }

    /// Takes over the BatchNorm behind the layer: gamma (W x + b - mean) / sqrt(variance + epsilon) + beta.
    mutating func absorbBatchNorm(
        _ norm: String, gamma: [Double], beta: [Double], mean: [Double], variance: [Double], epsilon: Double
    ) {
        name += " with \(norm)"
        let factors = zip(gamma, variance).map { $0 / ($1 + epsilon).squareRoot() }
        weight.scaleRows(by: factors)
        for output in bias.indices { bias[output] = (bias[output] - mean[output]) * factors[output] + beta[output] }
    }
}

extension TensorSource {
    /// The dense layer or convolution of that name.
    func layer(_ name: String) throws -> FoldedLayer {
        let bias = try values(name + ".bias")
        return FoldedLayer(name: name, weight: try matrix(name + ".weight", rows: bias.count), bias: bias)
    }

    /// The layer behind the LayerNorm of that name.
    func layer(_ name: String, afterNorm norm: String) throws -> FoldedLayer {
        var folded = try layer(name)
        try folded.absorbLayerNorm(norm, scale: values(norm + ".weight"), shift: values(norm + ".bias"))
        return folded
    }

    /// The convolution of that name, with the BatchNorm behind it.
    func layer(_ name: String, beforeNorm norm: String, epsilon: Double) throws -> FoldedLayer {
        var folded = try layer(name)
        try folded.absorbBatchNorm(
            norm, gamma: values(norm + ".weight"), beta: values(norm + ".bias"), mean: values(norm + ".running_mean"),
            variance: values(norm + ".running_var"), epsilon: epsilon)
        return folded
    }

    /// A tensor as a matrix: its first dimension are the rows, all others together the columns.
    func matrix(_ name: String, rows: Int) throws -> Matrix {
        let values = try values(name)
        return Matrix(rows: rows, columns: values.count / rows, values: values)
    }
}
