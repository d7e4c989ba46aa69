import CKernels

/// The transformer: patch embedding, blocks, pooling.
extension ForwardPass {
    /// Mean patch tokens, [count, embedding], of `count` images, at most a tile.
    func runTokens(_ images: UnsafePointer<Float>, count: Int, pooled: Rows) {
        timed(.embedding) { embed(images, count: count) }
        for index in layout.blocks.indices { runBlock(index, count: count, pooled: pooled) }
    }

    /// Tokens = patch embedding + position, and class token + position.
    private func embed(_ images: UnsafePointer<Float>, count: Int) {
        let (patches, width) = (shape.patches, shape.embedding)
        let tokens = workspace.tokens.floats
        cutPatches(images, count: count)
        for galaxy in 0..<count {
            (tokens + galaxy * patches * width)
                .update(from: network.floats(layout.positions), count: patches * width)
            (tokens + (count * patches + galaxy) * width)
                .update(from: network.floats(layout.classToken), count: width)
        }
        convert(workspace.patches, to: workspace.convertedPatches, rows: count * patches, width: shape.patchCount)
        addToTokens("patch_embed", count: count, patchesOnly: true) { tokens in
            multiply(
                layout.patchEmbedding, workspace.convertedPatches, into: tokens, rows: count * patches,
                accumulate: true)
        }
    }

    /// Each patch becomes a row [bands, patch, patch], as the convolution's weights have it.
    private func cutPatches(_ images: UnsafePointer<Float>, count: Int) {
        let (patch, size) = (shape.patch, shape.imageSize)
        var to = workspace.patches.floats
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

    /// x + attention(norm1(x)) + convolution(x), then x + mlp(norm2(x)); behind the last block, `pooled` holds the means.
    private func runBlock(_ index: Int, count: Int, pooled: Rows) {
        let (block, name) = (layout.blocks[index], "blocks.\(index)")
        let allRows = count * (shape.patches + 1)
        // Nothing reads the class tokens, the last rows, behind the keys and values of the last block.
        let isLast = index == layout.blocks.count - 1
        let rows = isLast ? count * shape.patches : allRows

        timed(.norms) { normalise(workspace.tokens, into: workspace.converted, rows: allRows) }
        timed(.projections) { multiply(block.qkv, workspace.converted, into: workspace.qkv, rows: allRows) }
        addToTokens("\(name).PCM", count: count, patchesOnly: true) { tokens in
            timed(.grouped) { runGrouped(block.grouped, count: count, into: tokens) }
        }
        timed(.attention) { attend(count: count) }
        addToTokens("\(name).attn", count: count, patchesOnly: isLast) { tokens in
            timed(.projections) {
                convert(workspace.mixed, to: workspace.converted, rows: rows, width: shape.embedding)
                multiply(block.projection, workspace.converted, into: tokens, rows: rows, accumulate: true)
            }
        }
        if isLast {
            runLastMLP(block, name, count: count, pooled: pooled)
            observeFeatures(name, pooled, count: count, width: shape.embedding, order: channelPlaces)
        } else {
            addToTokens("\(name).mlp", count: count) { tokens in
                runMLP(block, name, count: count, rows: rows, into: tokens)
            }
            observeTokens(name, workspace.tokens, count: count)
        }
    }

    /// pooled = the mean of x + mlp(norm2(x)) over the patch tokens. The second layer is linear, so that the mean may be
    /// taken in front of it: it then serves one row a galaxy.
    private func runLastMLP(_ block: NetworkLayout.Block, _ name: String, count: Int, pooled: Rows) {
        let (patches, hidden) = (shape.patches, workspace.lastHidden)
        let most = max(1, Self.slab(layout.precision, rows: count * patches) / patches)
        for first in stride(from: 0, to: count, by: most) {
            let part = min(most, count - first)
            expand(block, tokens: workspace.tokens.from(first * patches), into: hidden, rows: part * patches)
            if part == count {
                observeTokens(
                    "\(name).mlp.fc1", hidden, count: count, activation: CK_GELU, width: shape.hidden,
                    hasClassToken: false)
            }
            timed(.mlp) {
                kernels.mean_rows(
                    hidden.floats, hidden.stride, patches, workspace.meanHidden.from(first).floats, hidden.stride, part,
                    shape.hidden)
            }
        }
        timed(.mlp) {
            kernels.mean_rows(
                workspace.tokens.floats, shape.embedding, patches, pooled.floats, pooled.stride, count, shape.embedding)
            convert(workspace.meanHidden, to: workspace.convertedMean, rows: count, width: shape.hidden)
            multiply(block.contract, workspace.convertedMean, into: pooled, rows: count, accumulate: true)
        }
    }

    /// Adds the MLP of `rows` tokens to `target`.
    private func runMLP(_ block: NetworkLayout.Block, _ name: String, count: Int, rows: Int, into target: Rows) {
        let slab = Self.slab(layout.precision, rows: rows)
        for first in stride(from: 0, to: rows, by: slab) {
            let part = min(slab, rows - first)
            expand(block, tokens: workspace.tokens.from(first), into: workspace.hidden, rows: part)
            timed(.mlp) {
                convert(workspace.hidden, to: workspace.convertedHidden, rows: part, width: shape.hidden)
            }
            if target.start == workspace.tokens.start {
                observeTokens(
                    "\(name).mlp.fc1", workspace.hidden, count: count, activation: CK_GELU, width: shape.hidden)
            }
            timed(.mlp) {
                multiply(
                    block.contract, workspace.convertedHidden, into: target.from(first), rows: part,
                    accumulate: true)
            }
        }
    }

    /// Hidden features of an MLP: gelu(fc1(norm2(tokens))).
    private func expand(_ block: NetworkLayout.Block, tokens: Rows, into hidden: Rows, rows: Int) {
        timed(.norms) { normalise(tokens, into: workspace.converted, rows: rows) }
        timed(.mlp) {
            multiply(
                block.expand, workspace.converted, into: hidden, rows: rows,
                activation: isRough ? CK_ROUGH_GELU : CK_GELU)
        }
    }

    private func attend(count: Int) {
        var attention = ck_attention_t(
            qkv: workspace.qkv.floats, ld_qkv: workspace.qkv.stride, out: workspace.mixed.floats,
            ld_out: workspace.mixed.stride, galaxies: count, patches: shape.patches, heads: shape.heads,
            head_size: shape.headSize, rough: isRough, scratch: workspace.attention)
        kernels.attention(&attention)
    }

    /// Adds the parallel convolution path of the patch tokens to `target`; the class tokens have none.
    private func runGrouped(_ grouped: NetworkLayout.Grouped, count: Int, into target: Rows) {
        var path = ck_pcm_t(
            src: workspace.tokens.floats, dst: target.floats, ld: shape.embedding, rows: count * shape.patches,
            groups: grouped.groups, inputs: grouped.inputs, hidden: grouped.hidden,
            w1: network.floats(grouped.weight1), b1: network.floats(grouped.bias1),
            w2: network.floats(grouped.weight2), b2: network.floats(grouped.bias2), rough: isRough,
            scratch: workspace.grouped)
        kernels.pcm(&path)
    }
}
