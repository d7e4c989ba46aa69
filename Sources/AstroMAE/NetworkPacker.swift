/// Fills a block of memory with a network's weights, packed for the kernels of one instruction set.
///
/// What the algebra allows without losing a stage is folded here, in float64: BatchNorm into the convolution before it and
/// the attention scale into the queries. The channels of a token are kept group-interleaved (channel i of group g at
/// i * groups + g), so that the parallel convolution path works on whole vectors of groups; every matrix that reads or
/// writes tokens is permuted to match.
struct NetworkPacker {
    let layout: NetworkLayout
    let tensors: any TensorSource
    let memory: UnsafeMutableBufferPointer<Float>

    private var shape: NetworkShape { layout.shape }

    /// The channel that stands at each place of a token.
    private var channels: [Int] { NetworkPacker.channelOrder(shape) }

    static func channelOrder(_ shape: NetworkShape) -> [Int] {
        (0..<shape.embedding).map { $0 % shape.groups * shape.groupInputs + $0 / shape.groups }
    }

    /// Packs every layer into `memory`, which holds `layout.count` floats.
    ///
    /// - Throws: what the source of tensors throws.
    func pack() throws {
        precondition(memory.count >= layout.count)
        memory.update(repeating: 0)
        try packTokens()
        for (index, block) in layout.blocks.enumerated() { try packBlock(block, "blocks.\(index).") }
        try packNorm(layout.pooledNorm, "fc_norm")
        try packLinear(layout.tokenHead[0], "head", columns: channels)
        try packChain(layout.tokenHead.dropFirst(), ["vit_block.0", "vit_block.2"])
        try packInception()
        try packMagnitudes()
        try packChain(layout.output[...], ["concat_block.0", "concat_block.2"])
    }

    private func packTokens() throws {
        let weight = try tensors.matrix("patch_embed.proj.weight", rows: shape.embedding).takingRows(channels)
        let bias = try tensors.values("patch_embed.proj.bias")
        put(layout.patchEmbedding, weight, channels.map { bias[$0] })
        // The class token's place is row 0 of the position embedding, the patches follow.
        let position = try tensors.matrix("pos_embed", rows: shape.patches + 1).takingColumns(channels)
        let classToken = try tensors.values("cls_token")
        put(position.values[shape.embedding...].map { $0 }, at: layout.positions)
        put(zip(position.values, channels).map { $0 + classToken[$1] }, at: layout.classToken)
    }

    private func packBlock(_ block: NetworkLayout.Block, _ name: String) throws {
        let width = shape.embedding
        try packNorm(block.norm1, name + "norm1")
        try packNorm(block.norm2, name + "norm2")

        let scale = 1 / Double(shape.headSize).squareRoot()
        let factors = [Double](repeating: scale, count: width) + [Double](repeating: 1, count: 2 * width)
        let qkv = try tensors.matrix(name + "attn.qkv.weight", rows: 3 * width)
        let queryBias = try tensors.values(name + "attn.q_bias").map { $0 * scale }
        let valueBias = try tensors.values(name + "attn.v_bias")
        put(
            block.qkv, qkv.scalingRows(by: factors).takingColumns(channels),
            queryBias + [Double](repeating: 0, count: width) + valueBias)

        try packLinear(block.projection, name + "attn.proj", rows: channels)
        try packLinear(block.expand, name + "mlp.fc1", columns: channels)
        try packLinear(block.contract, name + "mlp.fc2", rows: channels)
        try packGrouped(block.grouped, name + "PCM.")
    }

    private func packGrouped(_ grouped: NetworkLayout.Grouped, _ name: String) throws {
        let (groups, inputs, hidden) = (grouped.groups, grouped.inputs, grouped.hidden)
        let lanes = layout.instructionSet.padded(groups)
        let first = try tensors.foldedUnit(
            convolution: name + "0", norm: name + "1", outputs: groups * hidden, epsilon: shape.batchNormEpsilon)
        let second = try tensors.matrix(name + "3.weight", rows: groups * inputs)
        let secondBias = try tensors.values(name + "3.bias")
        for group in 0..<groups {
            for j in 0..<hidden {
                let row = group * hidden + j
                memory[grouped.bias1 + j * lanes + group] = Float(first.bias[row])
                for i in 0..<inputs {
                    let place = (j * inputs + i) * lanes + group
                    memory[grouped.weight1 + place] = Float(first.weight.values[row * inputs + i])
                    memory[grouped.weight2 + place] = Float(second.values[(group * inputs + i) * hidden + j])
                }
            }
            for i in 0..<inputs { memory[grouped.bias2 + i * lanes + group] = Float(secondBias[group * inputs + i]) }
        }
    }

    private func packInception() throws {
        let branch = "inception_model.vis_inception."
        try packLinear(layout.stem, branch + "0")
        for (module, index) in zip(layout.inception, NetworkShape.inceptionIndices) {
            let name = branch + "\(index)."
            try packUnits(module.branch1, [name + "branch1"])
            try packUnits(module.openings, [name + "branch2.0"] + (module.branch3 == nil ? [] : [name + "branch3.0"]))
            try packUnits(module.branch2, [name + "branch2.1"])
            if let branch3 = module.branch3 { try packUnits(branch3, [name + "branch3.1"]) }
            try packUnits(module.branch4, [name + "branch4.1"])
        }
        // PyTorch flattens channel by channel, the engine pixel by pixel.
        guard let last = layout.inception.last else { return }
        let pixels = last.size * last.size
        let flat = (0..<shape.flattened).map { $0 % last.outputs * pixels + $0 / last.outputs }
        try packLinear(layout.imageHead[0], branch + "10", columns: flat)
        try packLinear(layout.imageHead[1], branch + "12")
    }

    /// Convolutions with BatchNorm that share their input, as one.
    private func packUnits(_ dense: NetworkLayout.Dense, _ names: [String]) throws {
        let outputs = dense.outputs / names.count
        let units = try names.map {
            try tensors.foldedUnit(
                convolution: $0 + ".conv", norm: $0 + ".bn", outputs: outputs, epsilon: shape.batchNormEpsilon)
        }
        // PyTorch keeps [outputs, inputs, y, x]; the kernel reads pixel by pixel, [outputs, y, x, inputs].
        let taps = dense.window * dense.window
        let order = (0..<taps * dense.inputs).map { $0 % dense.inputs * taps + $0 / dense.inputs }
        let weights = units.flatMap { $0.weight.takingColumns(order).values }
        put(
            dense, Matrix(rows: dense.outputs, columns: taps * dense.inputs, values: weights),
            units.flatMap(\.bias))
    }

    private func packMagnitudes() throws {
        let name = "inception_model.magnitude_block."
        let dense = layout.magnitudes
        let weight = try tensors.matrix(name + "0.weight", rows: dense.outputs)
        let lanes = layout.instructionSet.padded(dense.outputs)
        for output in 0..<dense.outputs {
            for input in 0..<dense.inputs {
                memory[dense.weight + input * lanes + output] = Float(weight.values[output * dense.inputs + input])
            }
        }
        put(try tensors.values(name + "0.bias"), at: dense.bias)
        try packChain(layout.magnitudeHead[...], [2, 4, 6, 8].map { name + "\($0)" })
    }

    private func packChain(_ chain: ArraySlice<NetworkLayout.Dense>, _ names: [String]) throws {
        for (dense, name) in zip(chain, names) { try packLinear(dense, name) }
    }

    private func packLinear(
        _ dense: NetworkLayout.Dense, _ name: String, rows: [Int]? = nil, columns: [Int]? = nil
    ) throws {
        var weight = try tensors.matrix(name + ".weight", rows: dense.outputs)
        var bias = try tensors.values(name + ".bias")
        if let columns { weight = weight.takingColumns(columns) }
        if let rows {
            weight = weight.takingRows(rows)
            bias = rows.map { bias[$0] }
        }
        put(dense, weight, bias)
    }

    private func packNorm(_ norm: NetworkLayout.Norm, _ name: String) throws {
        let (scale, shift) = (try tensors.values(name + ".weight"), try tensors.values(name + ".bias"))
        put(channels.map { scale[$0] }, at: norm.scale)
        put(channels.map { shift[$0] }, at: norm.shift)
    }

    private func put(_ values: [Double], at place: Int) {
        for (index, value) in values.enumerated() { memory[place + index] = Float(value) }
    }

    /// A weight matrix [outputs, depth] goes into panels of columns: [panel][depth][columns of the panel].
    private func put(_ dense: NetworkLayout.Dense, _ weight: Matrix, _ bias: [Double]) {
        let depth = weight.columns
        let (panel, lanes) = (layout.instructionSet.panel, layout.instructionSet.lanes)
        precondition(weight.rows == dense.outputs && depth == dense.window * dense.window * dense.inputs)
        for output in 0..<dense.outputs {
            let first = output / panel * panel
            let width = dense.outputs - first > lanes ? panel : lanes
            let start = dense.weight + first * depth + output - first
            for k in 0..<depth { memory[start + k * width] = Float(weight.values[output * depth + k]) }
        }
        put(bias, at: dense.bias)
    }
}
