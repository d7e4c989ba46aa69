// The layers that act on images of [channels, height, width], as PyTorch defines them.

/// Convolution with W [out, in / groups, height, width] and b [out]: zeros around the image, `padding` on each side.
/// The channels are cut in groups, and each output channel sees the inputs of its own group only.
func plainConvolution(
    _ x: PlainTensor, weight: PlainTensor, bias: PlainTensor, stride: Int = 1, padding: Int = 0
) -> PlainTensor {
    let (outputs, inputsOfGroup, kernelHeight, kernelWidth) =
        (weight.shape[0], weight.shape[1], weight.shape[2], weight.shape[3])
    let outputsOfGroup = outputs / (x.shape[0] / inputsOfGroup)
    let height = (x.shape[1] + 2 * padding - kernelHeight) / stride + 1
    let width = (x.shape[2] + 2 * padding - kernelWidth) / stride + 1
    var y = PlainTensor(zeros: [outputs, height, width])
    for output in 0..<outputs {
        let firstInput = output / outputsOfGroup * inputsOfGroup
        for row in 0..<height {
            for column in 0..<width {
                var sum = bias.values[output]
                for input in 0..<inputsOfGroup {
                    for kernelRow in 0..<kernelHeight {
                        for kernelColumn in 0..<kernelWidth {
                            let xRow = row * stride + kernelRow - padding
                            let xColumn = column * stride + kernelColumn - padding
                            guard 0..<x.shape[1] ~= xRow, 0..<x.shape[2] ~= xColumn else { continue }
                            sum +=
                                x[firstInput + input, xRow, xColumn]
                                * weight[output, input, kernelRow, kernelColumn]
                        }
                    }
                }
                y[output, row, column] = sum
            }
        }
    }
    return y
}

/// Batch normalisation at inference: each channel with the mean and variance that training left behind.
func plainBatchNorm(
    _ x: PlainTensor, weight: PlainTensor, bias: PlainTensor, mean: PlainTensor, variance: PlainTensor, eps: Double
) -> PlainTensor {
    var y = x
    for channel in 0..<x.shape[0] {
        let deviation = (variance.values[channel] + eps).squareRoot()
        for row in 0..<x.shape[1] {
            for column in 0..<x.shape[2] {
                let normal = (x[channel, row, column] - mean.values[channel]) / deviation
                y[channel, row, column] = normal * weight.values[channel] + bias.values[channel]
            }
        }
    }
    return y
}

/// The mean of each 2x2 square.
func plainAveragePool(_ x: PlainTensor) -> PlainTensor {
    var y = PlainTensor(zeros: [x.shape[0], x.shape[1] / 2, x.shape[2] / 2])
    for channel in 0..<y.shape[0] {
        for row in 0..<y.shape[1] {
            for column in 0..<y.shape[2] {
                let square = [(0, 0), (0, 1), (1, 0), (1, 1)].map { x[channel, 2 * row + $0, 2 * column + $1] }
                y[channel, row, column] = square.reduce(0, +) / 4
            }
        }
    }
    return y
}

/// The largest of each pixel and its neighbours within the image (3x3, stride 1).
func plainMaxPool(_ x: PlainTensor) -> PlainTensor {
    var y = x
    for channel in 0..<x.shape[0] {
        for row in 0..<x.shape[1] {
            for column in 0..<x.shape[2] {
                var largest = -Double.infinity
                for nearRow in max(row - 1, 0)...min(row + 1, x.shape[1] - 1) {
                    for nearColumn in max(column - 1, 0)...min(column + 1, x.shape[2] - 1) {
                        largest = max(largest, x[channel, nearRow, nearColumn])
                    }
                }
                y[channel, row, column] = largest
            }
        }
    }
    return y
}

/// Pixels as tokens: [channels, height, width] to [height · width, channels], pixels in row-major order.
func plainTokens(_ image: PlainTensor) -> PlainTensor {
    let (channels, width) = (image.shape[0], image.shape[2])
    var tokens = PlainTensor(zeros: [image.shape[1] * width, channels])
    for token in 0..<tokens.shape[0] {
        for channel in 0..<channels {
            tokens[token, channel] = image[channel, token / width, token % width]
        }
    }
    return tokens
}

/// Tokens as the pixels of a square image: the inverse of `plainTokens`.
func plainSquareImage(_ tokens: PlainTensor) -> PlainTensor {
    let side = Int(Double(tokens.shape[0]).squareRoot())
    var image = PlainTensor(zeros: [tokens.shape[1], side, side])
    for token in 0..<tokens.shape[0] {
        for channel in 0..<tokens.shape[1] {
            image[channel, token / side, token % side] = tokens[token, channel]
        }
    }
    return image
}
