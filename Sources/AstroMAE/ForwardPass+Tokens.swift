import CKernels

/// The transformer: patch embedding, blocks, pooling.
extension ForwardPass {
    /// Mean patch tokens, [count, embedding], of `count` images, at most a tile.
    func runTokens(_ images: UnsafePointer<Float>, count: Int, pooled: UnsafeMutablePointer<Float>) {
        timed(.embedding) { embed(images, count: count) }
        for index in layout.blocks.indices { runBlock(index, count: count) }
        let patches = shape.patches
        kernels.mean_rows(
            workspace.tokens, shape.embedding, patches, pooled, shape.embedding, count, shape.embedding)
    }

    /// Tokens = patch embedding + position, and class token + position.
    private func embed(_ images: UnsafePointer<Float>, count: Int) {
        let (patches, width) = (shape.patches, shape.embedding)
        cutPatches(images, count: count)
        for galaxy in 0..<count {
            (workspace.tokens + galaxy * patches * width)
                .update(from: network.pointer(layout.positions), count: patches * width)
            (workspace.tokens + (count * patches + galaxy) * width)
                .update(from: network.pointer(layout.classToken), count: width)
        }
        addToTokens("patch_embed", count: count, patchesOnly: true) { tokens in
            multiply(
                layout.patchEmbedding, workspace.patches, stride: shape.patchCount, into: tokens, stride: width,
                rows: count * patches, accumulate: true)
        }
    }

    /// Each patch becomes a row [bands, patch, patch], as the convolution's weights have it.
    private func cutPatches(_ images: UnsafePointer<Float>, count: Int) {
        let (patch, size) = (shape.patch, shape.imageSize)
        var to = workspace.patches
        for galaxy in 0..<count {
            let image = images + galaxy * shape.imageCount
            for corner in 0..<shape.patches {
                let (top, left) = (corner / shape.grid * patch, corner % shape.grid * patch)
                for band in 0..<shape.bands {
                    for y in 0..<patch {
                        to.update(from: image + (band * size + top + y) * size + left, count: patch)
                        to += patch
                    }
                }
            }
        }
    }

    /// x + attention(norm1(x)) + convolution(x), then x + mlp(norm2(x)).
    private func runBlock(_ index: Int, count: Int) {
        let (block, name) = (layout.blocks[index], "blocks.\(index)")
        let (rows, width) = (count * (shape.patches + 1), shape.embedding)
        let (tokens, normalised) = (workspace.tokens, workspace.normalised)

        timed(.norms) { normalise(block.norm1, tokens, into: normalised, rows: rows) }
        observeTokens("\(name).norm1", normalised, count: count)
        timed(.projections) {
            multiply(block.qkv, normalised, stride: width, into: workspace.qkv, stride: 3 * width, rows: rows)
        }
        addToTokens("\(name).PCM", count: count, patchesOnly: true) { tokens in
            timed(.grouped) { runGrouped(block.grouped, count: count, into: tokens) }
        }
        timed(.attention) { attend(count: count, into: normalised) }
        addToTokens("\(name).attn", count: count) { tokens in
            timed(.projections) {
                multiply(
                    block.projection, normalised, stride: width, into: tokens, stride: width, rows: rows,
                    accumulate: true)
            }
        }

        timed(.norms) { normalise(block.norm2, tokens, into: normalised, rows: rows) }
        observeTokens("\(name).norm2", normalised, count: count)
        timed(.mlp) {
            multiply(
                block.expand, normalised, stride: width, into: workspace.hidden, stride: shape.hidden, rows: rows,
                activation: CK_GELU)
        }
        observeTokens("\(name).mlp.fc1", workspace.hidden, count: count, activation: CK_GELU, width: shape.hidden)
        addToTokens("\(name).mlp", count: count) { tokens in
            timed(.mlp) {
                multiply(
                    block.contract, workspace.hidden, stride: shape.hidden, into: tokens, stride: width, rows: rows,
                    accumulate: true)
            }
        }
        observeTokens(name, tokens, count: count)
    }

    private func attend(count: Int, into output: UnsafeMutablePointer<Float>) {
        var attention = ck_attention_t(
            qkv: workspace.qkv, ld_qkv: 3 * shape.embedding, out: output, ld_out: shape.embedding, galaxies: count,
            patches: shape.patches, heads: shape.heads, head_size: shape.headSize, scratch: workspace.attention)
        kernels.attention(&attention)
    }

    /// Adds the parallel convolution path of the patch tokens to `target`; the class tokens have none.
    private func runGrouped(_ grouped: NetworkLayout.Grouped, count: Int, into target: UnsafeMutablePointer<Float>) {
        var path = ck_pcm_t(
            src: workspace.tokens, dst: target, ld: shape.embedding, rows: count * shape.patches,
            groups: grouped.groups, inputs: grouped.inputs, hidden: grouped.hidden,
            w1: network.pointer(grouped.weight1), b1: network.pointer(grouped.bias1),
            w2: network.pointer(grouped.weight2), b2: network.pointer(grouped.bias2))
        kernels.pcm(&path)
    }
}
