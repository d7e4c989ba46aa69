import CKernels

/// A step of a tile of galaxies through the transformer: patch embedding, blocks, pooling.
enum TransformerStep {
    /// Cuts the images into patches, and sets each token to its position, the class tokens to theirs.
    case patches
    /// tokens += patches W^T + b
    case patchEmbedding
    /// Standardises rows of tokens.
    case norm(rows: Range<Int>)
    /// Queries, keys and values of the standardised tokens.
    case projectionsIn(block: Int)
    /// tokens += convolution(tokens), the parallel path; the class tokens have none.
    case convolutions(block: Int)
    case attention
    /// tokens += the projected output of the attention
    case projectionOut(block: Int, rows: Range<Int>)
    /// Hidden features of rows of tokens, gelu(fc1(standardised tokens)).
    case expansion(block: Int, rows: Range<Int>)
    /// tokens += fc2(hidden features)
    case contraction(block: Int, rows: Range<Int>)
    /// The hidden features of the last block, and their means over the patch tokens of some galaxies.
    case lastExpansion(block: Int, rows: Range<Int>)
    case meanHidden(galaxies: Range<Int>)
    /// The means of the patch tokens, which become those of tokens + mlp(tokens).
    case meanTokens
    case lastContraction(block: Int)

    /// All steps of a tile of galaxies, in their order; they end with the mean patch tokens of each.
    static func all(of layout: NetworkLayout, _ rows: TokenRows) -> [TransformerStep] {
        [.patches, .patchEmbedding]
            + layout.blocks.indices.flatMap { block in
                // Nothing reads the class tokens behind the keys and values of the last block.
                let isLast = block == layout.blocks.count - 1
                return [
                    .norm(rows: rows.all), .projectionsIn(block: block), .convolutions(block: block), .attention,
                    .projectionOut(block: block, rows: isLast ? rows.ofPatches : rows.all),
                ] + (isLast ? lastMLP(block, rows, layout.linear) : mlp(block, rows, layout.linear))
            }
    }

    /// x + mlp(norm2(x))
    private static func mlp(_ block: Int, _ rows: TokenRows, _ format: NumberFormat) -> [TransformerStep] {
        rows.all.parts(of: format.slab(of: rows.all.count)).flatMap { slab in
            [.norm(rows: slab), .expansion(block: block, rows: slab), .contraction(block: block, rows: slab)]
        }
    }

    /// The mean of x + mlp(norm2(x)) over the patch tokens. The second layer is linear, so that the mean may be taken
    /// in front of it: it then serves one row a galaxy.
    private static func lastMLP(_ block: Int, _ rows: TokenRows, _ format: NumberFormat) -> [TransformerStep] {
        let most = max(1, format.slab(of: rows.ofPatches.count) / rows.patches)
        return (0..<rows.galaxies).parts(of: most).flatMap { galaxies -> [TransformerStep] in
            let slab = rows.ofPatches(in: galaxies)
            return [.norm(rows: slab), .lastExpansion(block: block, rows: slab), .meanHidden(galaxies: galaxies)]
        } + [.meanTokens, .lastContraction(block: block)]
    }
}

extension ForwardPass {
    /// Performs a step on at most a tile of galaxies.
    ///
    /// - Parameter target: What is added to the tokens is added here; else the workspace's tokens.
    func perform(_ step: TransformerStep, on galaxies: Galaxies, addingTo target: Rows) {
        let rows = TokenRows(galaxies: galaxies.count, patches: shape.patches)
        switch step {
        case .patches:
            cutPatches(galaxies)
            setPositions(rows)
        case .patchEmbedding:
            let patches = store(workspace.patches, rows: rows.ofPatches.count)
            multiply(
                layout.patchEmbedding, patches, into: target.dropping(rows: rows.ofPatches.lowerBound),
                rows: rows.ofPatches.count, accumulate: true)
        case .norm(let rows):
            normalise(
                workspace.tokens.dropping(rows: rows.lowerBound), into: workspace.standardised, rows: rows.count)
        case .projectionsIn(let block):
            multiply(
                layout.blocks[block].qkv, workspace.standardised, into: workspace.qkv, rows: rows.all.count)
        case .convolutions(let block): convolve(layout.blocks[block].grouped, rows.ofPatches, into: target)
        case .attention: attend(rows)
        case .projectionOut(let block, let rows):
            let attended = store(workspace.attended.dropping(rows: rows.lowerBound), rows: rows.count)
            multiply(
                layout.blocks[block].projection, attended, into: target.dropping(rows: rows.lowerBound),
                rows: rows.count, accumulate: true)
        case .expansion(let block, let rows): expand(block, rows: rows.count, into: workspace.hidden.computed)
        case .contraction(let block, let rows):
            let hidden = store(workspace.hidden, rows: rows.count)
            multiply(
                layout.blocks[block].contract, hidden, into: target.dropping(rows: rows.lowerBound), rows: rows.count,
                accumulate: true)
        case .lastExpansion(let block, let rows): expand(block, rows: rows.count, into: workspace.lastHidden)
        case .meanHidden(let galaxies):
            let means = workspace.meanHidden.computed.dropping(rows: galaxies.lowerBound)
            average(workspace.lastHidden, into: means, galaxies: galaxies.count, width: shape.hidden)
        case .meanTokens:
            let patches = workspace.tokens.dropping(rows: rows.ofPatches.lowerBound)
            average(patches, into: means(of: galaxies), galaxies: galaxies.count, width: shape.embedding)
        case .lastContraction(let block):
            let hidden = store(workspace.meanHidden, rows: galaxies.count)
            multiply(
                layout.blocks[block].contract, hidden, into: means(of: galaxies), rows: galaxies.count,
                accumulate: true)
        }
    }

    /// Where the mean patch tokens of galaxies stand.
    func means(of galaxies: Galaxies) -> Rows { workspace.pooled.computed.dropping(rows: galaxies.place) }

    /// Each patch becomes a row [bands, patch, patch], as the convolution's weights have it.
    private func cutPatches(_ galaxies: Galaxies) {
        let (patch, size) = (shape.patch, shape.imageSize)
        var to = workspace.patches.computed.floats
        for galaxy in 0..<galaxies.count {
            let image = galaxies.images + galaxy * shape.imageCount
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

    private func setPositions(_ rows: TokenRows) {
        let width = shape.embedding
        for galaxy in 0..<rows.galaxies {
            workspace.tokens.dropping(rows: rows.firstPatch(of: galaxy)).floats
                .update(from: network.floats(layout.positions), count: rows.patches * width)
            workspace.tokens.dropping(rows: rows.classToken(of: galaxy)).floats
                .update(from: network.floats(layout.classToken), count: width)
        }
    }

    private func expand(_ block: Int, rows: Int, into hidden: Rows) {
        multiply(
            layout.blocks[block].expand, workspace.standardised, into: hidden, rows: rows,
            activation: isRough ? CK_ROUGH_GELU : CK_GELU)
    }

    private func attend(_ rows: TokenRows) {
        let out = workspace.attended.computed
        var attention = ck_attention_t(
            qkv: workspace.qkv.floats, ld_qkv: workspace.qkv.stride, out: out.floats, ld_out: out.stride,
            galaxies: rows.galaxies, patches: rows.patches, heads: shape.heads, head_size: shape.headSize,
            rough: isRough, scratch: workspace.attention)
        kernels.attention(&attention)
    }

    private func convolve(_ grouped: NetworkLayout.Grouped, _ rows: Range<Int>, into target: Rows) {
        var path = ck_pcm_t(
            src: workspace.tokens.dropping(rows: rows.lowerBound).floats,
            dst: target.dropping(rows: rows.lowerBound).floats, ld: shape.embedding, rows: rows.count,
            groups: grouped.groups, inputs: grouped.inputs, hidden: grouped.hidden,
            w1: network.floats(grouped.weight1), b1: network.floats(grouped.bias1),
            w2: network.floats(grouped.weight2), b2: network.floats(grouped.bias2), rough: isRough,
            scratch: workspace.grouped)
        kernels.pcm(&path)
    }

    /// The mean over the patch tokens of each galaxy.
    private func average(_ tokens: Rows, into means: Rows, galaxies: Int, width: Int) {
        kernels.mean_rows(
            tokens.floats, tokens.stride, shape.patches, means.floats, means.stride, galaxies, width)
    }
}
