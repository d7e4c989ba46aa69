/// Where each layer's packed weights stand in one block of float32 memory.
///
/// The layout follows from the shape and the instruction set alone, so that ranks that share one block of memory agree on
/// it without a word. Offsets are in floats and keep each array on a 64-byte boundary.
struct NetworkLayout {
    /// y = x W^T + b, or a convolution with a square window; W in panels, b padded to whole vectors.
    struct Dense {
        let inputs: Int
        let outputs: Int
        let window: Int
        let weight: Int
        let bias: Int
    }

    /// Scale and shift of a LayerNorm.
    struct Norm {
        let width: Int
        let scale: Int
        let shift: Int
    }

    /// The parallel convolution path of a block, its BatchNorm folded in.
    struct Grouped {
        let groups: Int
        let inputs: Int
        let hidden: Int
        let weight1: Int
        let bias1: Int
        let weight2: Int
        let bias2: Int
    }

    /// One transformer block.
    struct Block {
        let norm1: Norm
        let qkv: Dense
        let projection: Dense
        let norm2: Norm
        let expand: Dense
        let contract: Dense
        let grouped: Grouped
    }

    /// One Inception module, BatchNorms folded in. The 1x1 convolutions that open the 3x3 and 5x5 branches share their
    /// input and are one product.
    struct Inception {
        let size: Int
        let inputs: Int
        let width: Int
        let branch1: Dense
        let openings: Dense
        let branch2: Dense
        let branch3: Dense?
        let branch4: Dense

        var outputs: Int { width * (branch3 == nil ? 3 : 4) }
    }

    let shape: NetworkShape
    let instructionSet: InstructionSet

    let patchEmbedding: Dense
    /// The position embedding of each patch, [patches, embedding], and the class token with its own, [embedding].
    let positions: Int
    let classToken: Int
    let blocks: [Block]
    let pooledNorm: Norm
    /// `head`, `vit_block.0`, `vit_block.2`.
    let tokenHead: [Dense]
    let stem: Dense
    let inception: [Inception]
    /// `vis_inception.10`, `vis_inception.12`.
    let imageHead: [Dense]
    /// `magnitude_block.0`, as [inputs][outputs padded to whole vectors]: few inputs whose large terms cancel.
    let magnitudes: Dense
    /// `magnitude_block.2` to `magnitude_block.8`.
    let magnitudeHead: [Dense]
    /// `concat_block.0`, `concat_block.2`.
    let output: [Dense]

    /// Floats in all.
    let count: Int

    init(_ shape: NetworkShape, for instructionSet: InstructionSet) {
        var cursor = Cursor(instructionSet: instructionSet)
        self.shape = shape
        self.instructionSet = instructionSet
        patchEmbedding = cursor.dense(shape.patchCount, shape.embedding)
        positions = cursor.reserve(shape.patches * shape.embedding)
        classToken = cursor.reserve(shape.embedding)
        blocks = (0..<shape.depth).map { _ in cursor.block(shape) }
        pooledNorm = cursor.norm(shape.embedding)
        tokenHead = cursor.chain([shape.embedding, shape.embedding, shape.tokenHead.hidden, shape.tokenHead.output])
        stem = cursor.dense(shape.bands, shape.stem)
        inception = NetworkShape.inceptionIndices.indices.map { cursor.inception(shape, module: $0) }
        imageHead = cursor.chain([shape.flattened, shape.imageHead.hidden, shape.imageHead.output])
        let width = shape.magnitudeHead.hidden
        magnitudes = cursor.dense(shape.magnitudeCount, width)
        magnitudeHead = cursor.chain([width, width, width, width, shape.magnitudeHead.output])
        output = cursor.chain([
            shape.tokenHead.output + shape.imageHead.output + shape.magnitudeHead.output, shape.joined, 1,
        ])
        count = cursor.count
    }
}

/// Hands out places in the block, one after another.
private struct Cursor {
    let instructionSet: InstructionSet
    var count = 0

    mutating func reserve(_ floats: Int) -> Int {
        defer { count += (floats + 15) / 16 * 16 }
        return count
    }

    mutating func dense(_ inputs: Int, _ outputs: Int, window: Int = 1) -> NetworkLayout.Dense {
        NetworkLayout.Dense(
            inputs: inputs, outputs: outputs, window: window,
            weight: reserve(window * window * inputs * instructionSet.padded(outputs)),
            bias: reserve(instructionSet.padded(outputs)))
    }

    mutating func chain(_ widths: [Int]) -> [NetworkLayout.Dense] {
        zip(widths, widths.dropFirst()).map { dense($0, $1) }
    }

    mutating func norm(_ width: Int) -> NetworkLayout.Norm {
        NetworkLayout.Norm(width: width, scale: reserve(width), shift: reserve(width))
    }

    mutating func grouped(_ shape: NetworkShape) -> NetworkLayout.Grouped {
        let lanes = instructionSet.padded(shape.groups)
        let (inputs, hidden) = (shape.groupInputs, shape.groupHidden)
        return NetworkLayout.Grouped(
            groups: shape.groups, inputs: inputs, hidden: hidden,
            weight1: reserve(hidden * inputs * lanes), bias1: reserve(hidden * lanes),
            weight2: reserve(hidden * inputs * lanes), bias2: reserve(inputs * lanes))
    }

    mutating func block(_ shape: NetworkShape) -> NetworkLayout.Block {
        let width = shape.embedding
        return NetworkLayout.Block(
            norm1: norm(width), qkv: dense(width, 3 * width), projection: dense(width, width),
            norm2: norm(width), expand: dense(width, shape.hidden), contract: dense(shape.hidden, width),
            grouped: grouped(shape))
    }

    mutating func inception(_ shape: NetworkShape, module: Int) -> NetworkLayout.Inception {
        let (inputs, width) = (shape.inceptionInputs(module: module), shape.inception[module])
        let hasBranch3 = NetworkShape.branches(module: module) == 4
        return NetworkLayout.Inception(
            size: shape.inceptionSizes[module], inputs: inputs, width: width,
            branch1: dense(inputs, width), openings: dense(inputs, hasBranch3 ? 2 * width : width),
            branch2: dense(width, width, window: 3),
            branch3: hasBranch3 ? dense(width, width, window: 5) : nil,
            branch4: dense(inputs, width))
    }
}
