/// The network after everything that the algebra allows, in float64 and in the published order of features: what there
/// is to compute, without a word about how.
///
/// Folded are: BatchNorm into the convolution before it; LayerNorm's scale and shift into the linear map behind it; the
/// attention scale into the queries; `head` into `vit_block.0`; `vit_block.2`, `vis_inception.12` and
/// `magnitude_block.8` into their slices of `concat_block.0`. Each layer is read and folded when it is asked for, so
/// that the whole network never stands in memory in float64.
struct FoldedNetwork {
    let shape: NetworkShape
    let tensors: any TensorSource

    /// One transformer block; its LayerNorms only standardise.
    struct Block {
        /// Queries (scaled), keys and values, each [heads][head size].
        let qkv: FoldedLayer
        let projection: FoldedLayer
        let expand: FoldedLayer
        let contract: FoldedLayer
        /// The grouped convolutions of the parallel path: rows are [group][channel], columns the channels of one group.
        let grouped: (FoldedLayer, FoldedLayer)
    }

    /// One Inception module: convolutions with their ReLU behind them.
    struct Inception {
        /// The 1x1 convolutions that open branches, in the order of these.
        let openings: [FoldedLayer]
        /// The last convolution of each branch.
        let branches: [FoldedLayer]
    }

    func patchEmbedding() throws -> FoldedLayer { try tensors.layer("patch_embed.proj") }

    /// What is added to each patch token, [patches, embedding], and the class token with its position, [embedding].
    func positions() throws -> (patches: [Double], classToken: [Double]) {
        let positions = try tensors.values("pos_embed")
        let classToken = zip(try tensors.values("cls_token"), positions).map { $0 + $1 }
        return (Array(positions[shape.embedding...]), classToken)
    }

    func block(_ index: Int) throws -> Block {
        let (name, width) = ("blocks.\(index).", shape.embedding)
        let zeros = [Double](repeating: 0, count: width)
        let bias = try tensors.values(name + "attn.q_bias") + zeros + tensors.values(name + "attn.v_bias")
        var qkv = FoldedLayer(
            name: name + "attn.qkv", weight: try tensors.matrix(name + "attn.qkv.weight", rows: 3 * width), bias: bias)
        try qkv.absorbLayerNorm(
            name + "norm1", scale: tensors.values(name + "norm1.weight"), shift: tensors.values(name + "norm1.bias"))
        let scale = 1 / Double(shape.headSize).squareRoot()
        qkv.weight.scaleRows(by: [Double](repeating: scale, count: width))
        for query in 0..<width { qkv.bias[query] *= scale }
        return Block(
            qkv: qkv,
            projection: try tensors.layer(name + "attn.proj"),
            expand: try tensors.layer(name + "mlp.fc1", afterNorm: name + "norm2"),
            contract: try tensors.layer(name + "mlp.fc2"),
            grouped: (
                try tensors.layer(name + "PCM.0", beforeNorm: name + "PCM.1", epsilon: shape.batchNormEpsilon),
                try tensors.layer(name + "PCM.3")
            ))
    }

    /// The mean patch token, standardised, to the hidden features of its head.
    func tokenHead() throws -> FoldedLayer {
        try tensors.layer("vit_block.0").inputs(after: tensors.layer("head", afterNorm: "fc_norm"))
    }

    /// The 1x1 convolution that opens the Inception branch.
    func stem() throws -> FoldedLayer { try tensors.layer("inception_model.vis_inception.0") }

    func inception(_ module: InceptionModule) throws -> Inception {
        func unit(_ name: String) throws -> FoldedLayer {
            let name = "\(module.name).\(name)"
            return try tensors.layer(name + ".conv", beforeNorm: name + ".bn", epsilon: shape.batchNormEpsilon)
        }
        return Inception(
            openings: try module.branches.compactMap(\.opening).map(unit),
            branches: try module.branches.map { try unit($0.name) })
    }

    /// The flattened Inception branch, [channels, y, x], to the hidden features of its head.
    func imageHead() throws -> FoldedLayer { try tensors.layer("inception_model.vis_inception.10") }

    /// The layers of the magnitude branch that have a ReLU behind them; the first one needs wide arithmetic.
    func magnitudeHead() throws -> [FoldedLayer] {
        try [0, 2, 4, 6].map { try tensors.layer("inception_model.magnitude_block.\($0)") }
    }

    /// Hidden features of the three branches (tokens, image, magnitudes) to the joined features, one slice for each
    /// branch; the joined features are the sum. The first slice has the bias.
    func joining() throws -> [FoldedLayer] {
        var joining = try tensors.layer("concat_block.0")
        var start = 0
        return try ["vit_block.2", "inception_model.vis_inception.12", "inception_model.magnitude_block.8"].map {
            name in
            let last = try tensors.layer(name)
            defer {
                start += last.bias.count
                joining.bias = [Double](repeating: 0, count: joining.bias.count)
            }
            return joining.inputs(from: start, after: last)
        }
    }

    /// The joined features, after their ReLU, to the redshift.
    func output() throws -> FoldedLayer { try tensors.layer("concat_block.2") }
}
