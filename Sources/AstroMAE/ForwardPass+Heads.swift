import CKernels

/// The heads of the three branches, and the output that joins them.
extension ForwardPass {
    /// Redshifts of `count` galaxies, at most a head tile, from `pooled` and `flat` of the workspace and their magnitudes.
    func runHeads(magnitudes: UnsafePointer<Float>, count: Int, redshifts: UnsafeMutablePointer<Float>) {
        normalise(layout.pooledNorm, workspace.pooled, into: workspace.pooled, rows: count)
        observeChannels("fc_norm", workspace.pooled, count: count)

        let joined = workspace.joined
        runChain(
            layout.tokenHead, ["head", "vit_block.0", "vit_block.2"], from: workspace.pooled, count: count,
            activations: [CK_IDENTITY, CK_RELU, CK_IDENTITY], into: joined, stride: workspace.joinedWidth)
        runChain(
            layout.imageHead, ["inception_model.vis_inception.10", "inception_model.vis_inception.12"],
            from: workspace.flat, count: count, activations: [CK_RELU, CK_IDENTITY],
            into: joined + shape.tokenHead.output, stride: workspace.joinedWidth)
        runMagnitudes(
            magnitudes, count: count, into: joined + shape.tokenHead.output + shape.imageHead.output)
        runChain(
            layout.output, ["concat_block.0", "concat_block.2"], from: joined, count: count,
            activations: [CK_RELU, CK_IDENTITY], into: redshifts, stride: 1)
    }

    private func runMagnitudes(
        _ magnitudes: UnsafePointer<Float>, count: Int, into output: UnsafeMutablePointer<Float>
    ) {
        let (first, name) = (layout.magnitudes, "inception_model.magnitude_block.")
        // Magnitudes near 17 carry their information in differences of 0.01: large terms cancel, hence float64 sums.
        kernels.wide_linear(
            magnitudes, count, first.inputs, network.pointer(first.weight), network.pointer(first.bias),
            workspace.wide.1, first.outputs, first.outputs, CK_RELU)
        observeFeatures(name + "0", workspace.wide.1, count: count, width: first.outputs, activation: CK_RELU)
        runChain(
            layout.magnitudeHead, [2, 4, 6, 8].map { name + "\($0)" }, from: workspace.wide.1, count: count,
            activations: [CK_RELU, CK_RELU, CK_RELU, CK_IDENTITY], into: output, stride: workspace.joinedWidth)
    }

    /// Dense layers one after another, the last one into `output`.
    private func runChain(
        _ chain: [NetworkLayout.Dense], _ names: [String], from start: UnsafePointer<Float>, count: Int,
        activations: [ck_activation], into output: UnsafeMutablePointer<Float>, stride: Int
    ) {
        var input = start
        for (index, dense) in chain.enumerated() {
            let isLast = index == chain.count - 1
            let target = isLast ? output : input == workspace.wide.0 ? workspace.wide.1 : workspace.wide.0
            let targetStride = isLast ? stride : dense.outputs
            // Rows stand one behind another, also those of the joined branches: each chain's first layer takes them all.
            multiply(
                dense, input, stride: dense.inputs, into: target, stride: targetStride, rows: count,
                activation: activations[index])
            observeFeatures(
                names[index], target, count: count, width: dense.outputs, stride: targetStride,
                activation: activations[index])
            input = UnsafePointer(target)
        }
    }
}
