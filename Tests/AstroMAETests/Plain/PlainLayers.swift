import Foundation

// The layers that act on matrices of [tokens, features], as PyTorch defines them. Written to be read, not to be fast.

/// x W^T + b, for x [tokens, in], W [out, in], b [out].
func plainLinear(_ x: PlainTensor, weight: PlainTensor, bias: PlainTensor) -> PlainTensor {
    let (tokens, inputs, outputs) = (x.shape[0], x.shape[1], weight.shape[0])
    precondition(weight.shape == [outputs, inputs] && bias.shape == [outputs], "a linear layer that does not fit")
    var y = PlainTensor(zeros: [tokens, outputs])
    for token in 0..<tokens {
        for output in 0..<outputs {
            var sum = bias.values[output]
            for input in 0..<inputs {
                sum += x[token, input] * weight[output, input]
            }
            y[token, output] = sum
        }
    }
    return y
}

/// Each token to mean 0 and variance 1 over its features (the variance of a population), then scaled and shifted.
func plainLayerNorm(_ x: PlainTensor, weight: PlainTensor, bias: PlainTensor, eps: Double) -> PlainTensor {
    let (tokens, features) = (x.shape[0], x.shape[1])
    var y = x
    for token in 0..<tokens {
        let row = (0..<features).map { x[token, $0] }
        let mean = row.reduce(0, +) / Double(features)
        let variance = row.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(features)
        for feature in 0..<features {
            let normal = (x[token, feature] - mean) / (variance + eps).squareRoot()
            y[token, feature] = normal * weight.values[feature] + bias.values[feature]
        }
    }
    return y
}

/// The exact GELU: x times the normal distribution's share below x.
func plainGELU(_ x: PlainTensor) -> PlainTensor {
    x.map { 0.5 * $0 * (1 + erf($0 / 2.0.squareRoot())) }
}

func plainSiLU(_ x: PlainTensor) -> PlainTensor {
    x.map { $0 / (1 + exp(-$0)) }
}

func plainReLU(_ x: PlainTensor) -> PlainTensor {
    x.map { max($0, 0) }
}

/// Weights that are positive and sum to 1.
func plainSoftmax(_ scores: [Double]) -> [Double] {
    let largest = scores.max() ?? 0
    let powers = scores.map { exp($0 - largest) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
}

/// softmax(q k^T / √size) v for one head; q, k, v [tokens, size].
func plainAttentionHead(q: PlainTensor, k: PlainTensor, v: PlainTensor) -> PlainTensor {
    let (tokens, size) = (q.shape[0], q.shape[1])
    var mixed = PlainTensor(zeros: [tokens, size])
    for token in 0..<tokens {
        let scores = (0..<tokens).map { other in
            (0..<size).map { q[token, $0] * k[other, $0] }.reduce(0, +) / Double(size).squareRoot()
        }
        let weights = plainSoftmax(scores)
        for feature in 0..<size {
            mixed[token, feature] = (0..<tokens).map { weights[$0] * v[$0, feature] }.reduce(0, +)
        }
    }
    return mixed
}

/// All heads side by side, from qkv [tokens, 3 · features]: first all of q, then all of k, then all of v.
func plainAttention(qkv: PlainTensor, heads: Int) -> PlainTensor {
    let features = qkv.shape[1] / 3
    let size = features / heads
    var mixed = PlainTensor(zeros: [qkv.shape[0], features])
    for head in 0..<heads {
        let columns = (0..<3).map { part in
            qkv.columns((part * features + head * size)..<(part * features + (head + 1) * size))
        }
        let one = plainAttentionHead(q: columns[0], k: columns[1], v: columns[2])
        for token in 0..<qkv.shape[0] {
            for feature in 0..<size {
                mixed[token, head * size + feature] = one[token, feature]
            }
        }
    }
    return mixed
}

/// The mean over the tokens: [1, features].
func plainMeanToken(_ x: PlainTensor) -> PlainTensor {
    var mean = PlainTensor(zeros: [1, x.shape[1]])
    for feature in 0..<x.shape[1] {
        mean[0, feature] = (0..<x.shape[0]).map { x[$0, feature] }.reduce(0, +) / Double(x.shape[0])
    }
    return mean
}
