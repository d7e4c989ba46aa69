import CKernels

/// The heads of the three branches, and the output that joins them.
extension ForwardPass {
    /// Redshifts of `count` galaxies, at most a head tile, from `pooled` and `flat` of the workspace and their magnitudes.
    func runHeads(magnitudes: UnsafePointer<Float>, count: Int, redshifts: UnsafeMutablePointer<Float>) {
        let (first, second) = workspace.convertedWide
        normalise(workspace.pooled, into: first, rows: count)
        let tokens = hidden(layout.tokenHead, "vit_block.0", from: first, into: second, count: count)
        join(0, tokens, count: count)

        convert(workspace.flat, to: first, rows: count, width: shape.flattened)
        let image = hidden(
            layout.imageHead, "inception_model.vis_inception.10", from: first, into: second, count: count)
        join(1, image, count: count)

        join(2, runMagnitudes(magnitudes, count: count), count: count)
        observeFeatures(
            "concat_block.0", workspace.joined, count: count, width: shape.joined, activation: CK_RELU)
        multiply(layout.output, workspace.joined, into: Rows(redshifts, stride: 1), rows: count)
        observeFeatures("concat_block.2", Rows(redshifts, stride: 1), count: count, width: 1)
    }

    /// Adds a branch's slice to the joined features; the last one brings the ReLU.
    private func join(_ branch: Int, _ features: Rows, count: Int) {
        multiply(
            layout.joining[branch], features, into: workspace.joined, rows: count,
            activation: branch == layout.joining.count - 1 ? CK_RELU : CK_IDENTITY, accumulate: branch > 0)
    }

    /// Hidden features of the magnitude branch, as the joining layer takes them.
    private func runMagnitudes(_ magnitudes: UnsafePointer<Float>, count: Int) -> Rows {
        let (dense, name) = (layout.magnitudes, "inception_model.magnitude_block.")
        let (wide, width) = (workspace.wide, layout.magnitudes.outputs)
        // Magnitudes near 17 carry their information in differences of 0.01: large terms cancel, hence float64 sums.
        kernels.wide_linear(
            magnitudes, count, dense.inputs, network.floats(dense.weight), network.floats(dense.bias), wide.floats,
            wide.stride, width, CK_RELU)
        observeFeatures(name + "0", wide, count: count, width: width, activation: CK_RELU)
        var (features, other) = workspace.convertedWide
        convert(wide, to: features, rows: count, width: width)
        for (index, layer) in layout.magnitudeHead.enumerated() {
            other = hidden(layer, name + "\(2 * index + 2)", from: features, into: other, count: count)
            swap(&features, &other)
        }
        return features
    }

    /// A layer with its ReLU, its result as the next one takes it.
    private func hidden(
        _ dense: NetworkLayout.Dense, _ name: String, from input: Rows, into output: Rows, count: Int
    ) -> Rows {
        // The product stores floats of either size itself; bytes need a row's largest number first.
        let direct = output.format == CK_INT8 ? workspace.wide : output
        multiply(dense, input, into: direct, rows: count, activation: CK_RELU)
        observeFeatures(name, direct, count: count, width: dense.outputs, activation: CK_RELU)
        convert(direct, to: output, rows: count, width: dense.outputs)
        return output
    }
}
