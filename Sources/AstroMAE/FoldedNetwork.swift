/// The network after everything that the algebra allows, in float64 and in the published order of features: what there is
/// to compute, without a word about how.
///
/// Folded are: BatchNorm into the convolution before it; LayerNorm's scale and shift into the linear map behind it; the
/// attention scale into the queries; `head` into `vit_block.0`; `vit_block.2`, `vis_inception.12` and `magnitude_block.8`
/// into their slices of `concat_block.0`. Each layer is read and folded when it is asked for, so that the whole network
/// never stands in memory in float64.
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
        let branch1: FoldedLayer
        /// The 1x1 convolutions that open the 3x3 and the 5x5 branch; the last module has no 5x5 branch.
        let openings: [FoldedLayer]
        let branch2: FoldedLayer
        let branch3: FoldedLayer?
        let branch4: FoldedLayer
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
        try qkv.follow(
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
        try tensors.layer("vit_block.0").fromInput(after: tensors.layer("head", afterNorm: "fc_norm"))
    }

    /// The 1x1 convolution that opens the Inception branch.
    func stem() throws -> FoldedLayer { try tensors.layer("inception_model.vis_inception.0") }

    func inception(module: Int) throws -> Inception {
        let name = "inception_model.vis_inception.\(NetworkShape.inceptionIndices[module])."
        func unit(_ branch: String) throws -> FoldedLayer {
            try tensors.layer(
                name + branch + ".conv", beforeNorm: name + branch + ".bn", epsilon: shape.batchNormEpsilon)
        }
        let hasBranch3 = NetworkShape.branches(module: module) == 4
        return Inception(
            branch1: try unit("branch1"),
            openings: [try unit("branch2.0")] + (hasBranch3 ? [try unit("branch3.0")] : []),
            branch2: try unit("branch2.1"), branch3: hasBranch3 ? try unit("branch3.1") : nil,
            branch4: try unit("branch4.1"))
    }

    /// The flattened Inception branch, [channels, y, x], to the hidden features of its head.
    func imageHead() throws -> FoldedLayer { try tensors.layer("inception_model.vis_inception.10") }

    /// The layers of the magnitude branch that have a ReLU behind them; the first one needs wide arithmetic.
    func magnitudeHead() throws -> [FoldedLayer] {
        try [0, 2, 4, 6].map { try tensors.layer("inception_model.magnitude_block.\($0)") }
    }

    /// Hidden features of the three branches (tokens, image, magnitudes) to the joined features, one slice for each branch;
    /// the joined features are the sum. The first slice has the bias.
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
            return joining.fromInput(start, after: last)
        }
    }

    /// The joined features, after their ReLU, to the redshift.
    func output() throws -> FoldedLayer { try tensors.layer("concat_block.2") }
}
