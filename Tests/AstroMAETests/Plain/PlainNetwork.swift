/// AstroMAE in double precision for one galaxy at a time, layer by layer as it is defined: nothing folded, nothing
/// blocked. What the fast engine is held to.
struct PlainNetwork {
    /// Weights by state-dict name, in PyTorch's shapes. All sizes of the network follow from them.
    let tensors: [String: PlainTensor]
    let numHeads: Int
    var layerNormEps = 1e-6
    var batchNormEps = 1e-5
    /// What is added to each stage before the next one takes it, for error estimates.
    var noise: ((PlainTensor, String) -> PlainTensor)?

    /// Outputs of the modules, by name, in PyTorch's layouts without the batch axis: [tokens, features], [features] or
    /// [channels, height, width].
    typealias Stages = [String: PlainTensor]

    /// The forward pass.
    ///
    /// - Parameters:
    ///   - image: [5, 32, 32]
    ///   - magnitudes: [5], rounded to single precision, which is the first thing the published network does.
    /// - Returns: every stage; the redshift is `output`.
    func forward(image: PlainTensor, magnitudes: [Double]) -> Stages {
        var stages: Stages = [:]
        let vit = visionHead(visionTransformer(image, &stages), &stages)
        let inception = inceptionBranch(image, &stages)
        let magnitude = magnitudeBranch(magnitudes, &stages)
        let all = PlainTensor(
            shape: [1, vit.values.count + inception.values.count + magnitude.values.count],
            values: vit.values + inception.values + magnitude.values)
        let hidden = record(linear(all, "concat_block.0"), "concat_block.0", &stages)
        let output = record(linear(plainReLU(hidden), "concat_block.2"), "concat_block.2", &stages)
        record(output, "output", &stages)
        return stages
    }

    /// The redshift alone.
    func redshift(image: PlainTensor, magnitudes: [Double]) -> Double {
        forward(image: image, magnitudes: magnitudes)["output"]!.values[0]
    }

    /// The magnitude branch, [1, features].
    private func magnitudeBranch(_ magnitudes: [Double], _ stages: inout Stages) -> PlainTensor {
        let block = "inception_model.magnitude_block"
        var x = PlainTensor(shape: [1, magnitudes.count], values: magnitudes)
        x = record(linear(x, "\(block).0"), "\(block).0", &stages)
        for index in [2, 4, 6, 8] {
            x = record(linear(plainReLU(x), "\(block).\(index)"), "\(block).\(index)", &stages)
        }
        return x
    }
}

// What all parts of the network use.
extension PlainNetwork {
    /// The weights of that name; a test that asks for others cannot go on.
    func tensor(_ name: String) -> PlainTensor {
        guard let tensor = tensors[name] else { preconditionFailure("no tensor \(name)") }
        return tensor
    }

    func linear(_ x: PlainTensor, _ name: String) -> PlainTensor {
        plainLinear(x, weight: tensor("\(name).weight"), bias: tensor("\(name).bias"))
    }

    func layerNorm(_ x: PlainTensor, _ name: String) -> PlainTensor {
        plainLayerNorm(x, weight: tensor("\(name).weight"), bias: tensor("\(name).bias"), eps: layerNormEps)
    }

    func batchNorm(_ x: PlainTensor, _ name: String) -> PlainTensor {
        plainBatchNorm(
            x, weight: tensor("\(name).weight"), bias: tensor("\(name).bias"), mean: tensor("\(name).running_mean"),
            variance: tensor("\(name).running_var"), eps: batchNormEps)
    }

    func convolution(_ x: PlainTensor, _ name: String, stride: Int = 1, padding: Int = 0) -> PlainTensor {
        plainConvolution(
            x, weight: tensor("\(name).weight"), bias: tensor("\(name).bias"), stride: stride, padding: padding)
    }

    /// Notes a stage and hands it on. A matrix of one row is noted as a vector, as PyTorch has it for each galaxy.
    @discardableResult
    func record(_ exact: PlainTensor, _ name: String, _ stages: inout Stages) -> PlainTensor {
        let x = noise?(exact, name) ?? exact
        let isVector = x.shape.count == 2 && x.shape[0] == 1
        stages[name] = isVector ? x.reshaped([x.shape[1]]) : x
        return x
    }
}
