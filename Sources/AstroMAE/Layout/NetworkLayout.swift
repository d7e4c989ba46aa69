/// Where each layer's packed weights stand in one block of memory.
///
/// The layout follows from the shape, the precision and the instruction set alone, so that ranks that share one block
/// of memory agree on it without a word. Places are in 32-bit words and keep each array on a 64-byte boundary.
struct NetworkLayout {
    /// y = x W^T + b, or a convolution with a square window; W in panels of words, b padded to whole vectors.
    struct Dense {
        let inputs: Int
        let outputs: Int
        let window: Int
        let format: NumberFormat
        let weight: Int
        let bias: Int
        /// For bytes: what one of each output's weights stands for, and their sum.
        let scales: Int
        let sums: Int
    }

    /// The parallel convolution path of a block.
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
        let qkv: Dense
        let projection: Dense
        let expand: Dense
        let contract: Dense
        let grouped: Grouped
    }

    /// One Inception module. The 1x1 convolutions that open branches share their input and are one product; each takes
    /// whole words of its output.
    struct Inception {
        let sizes: InceptionSizes
        let openings: Dense
        /// The last convolution of each branch.
        let branches: [Dense]
    }

    let shape: NetworkShape
    let precision: Precision
    let instructionSet: InstructionSet
    /// The formats of dense layers on patches, tokens and features, and of convolutions.
    let linear: NumberFormat
    let convolution: NumberFormat

    let patchEmbedding: Dense
    /// The position embedding of each patch, [patches, embedding], and the class token with its own, [embedding].
    let positions: Int
    let classToken: Int
    let blocks: [Block]
    let tokenHead: Dense
    let stem: Dense
    let inception: [Inception]
    let imageHead: Dense
    /// The first magnitude layer, as [inputs][outputs padded to whole vectors]: few inputs whose large terms cancel.
    let magnitudes: Dense
    let magnitudeHead: [Dense]
    /// The slices of the joining layer: tokens, image, magnitudes.
    let joining: [Dense]
    let output: Dense

    /// Words in all.
    let count: Int

    init(_ shape: NetworkShape, _ precision: Precision, for instructionSet: InstructionSet) {
        var cursor = Cursor(instructionSet: instructionSet)
        self.shape = shape
        self.precision = precision
        self.instructionSet = instructionSet
        let (linear, convolution) = (precision.linear(instructionSet), precision.convolution(instructionSet))
        (self.linear, self.convolution) = (linear, convolution)
        patchEmbedding = cursor.dense(shape.patchCount, shape.embedding, linear)
        positions = cursor.reserve(shape.patches * shape.embedding)
        classToken = cursor.reserve(shape.embedding)
        blocks = (0..<shape.depth).map { _ in cursor.block(shape, linear) }
        tokenHead = cursor.dense(shape.embedding, shape.tokenHead.hidden, linear)
        stem = cursor.dense(shape.bands, shape.stem, .float32)
        inception = shape.inceptionModules.map { cursor.inception($0, convolution) }
        imageHead = cursor.dense(shape.flattened, shape.imageHead.hidden, linear)
        let width = shape.magnitudeHead.hidden
        magnitudes = cursor.dense(shape.magnitudeCount, width, .float32)
        magnitudeHead = (0..<3).map { _ in cursor.dense(width, width, linear) }
        joining = [shape.tokenHead.hidden, shape.imageHead.hidden, width].map {
            cursor.dense($0, shape.joined, linear)
        }
        output = cursor.dense(shape.joined, 1, .float32)
        count = cursor.count
    }
}

/// Hands out places in the block, one after another.
private struct Cursor {
    let instructionSet: InstructionSet
    var count = 0

    mutating func reserve(_ words: Int) -> Int {
        defer { count += (words + 15) / 16 * 16 }
        return count
    }

    mutating func dense(
        _ inputs: Int, _ outputs: Int, _ format: NumberFormat, window: Int = 1
    ) -> NetworkLayout.Dense {
        let columns = instructionSet.padded(outputs)
        let weight = reserve(window * window * format.words(inputs) * columns)
        let scaled = format.isBytes ? columns : 0
        return NetworkLayout.Dense(
            inputs: inputs, outputs: outputs, window: window, format: format, weight: weight,
            bias: reserve(columns), scales: reserve(scaled), sums: reserve(scaled))
    }

    mutating func grouped(_ shape: NetworkShape) -> NetworkLayout.Grouped {
        let lanes = instructionSet.padded(shape.groups)
        let (inputs, hidden) = (shape.groupInputs, shape.groupHidden)
        return NetworkLayout.Grouped(
            groups: shape.groups, inputs: inputs, hidden: hidden,
            weight1: reserve(hidden * inputs * lanes), bias1: reserve(hidden * lanes),
            weight2: reserve(hidden * inputs * lanes), bias2: reserve(inputs * lanes))
    }

    mutating func block(_ shape: NetworkShape, _ format: NumberFormat) -> NetworkLayout.Block {
        let width = shape.embedding
        return NetworkLayout.Block(
            qkv: dense(width, 3 * width, format), projection: dense(width, width, format),
            expand: dense(width, shape.hidden, format), contract: dense(shape.hidden, width, format),
            grouped: grouped(shape))
    }

    mutating func inception(_ sizes: InceptionSizes, _ format: NumberFormat) -> NetworkLayout.Inception {
        let branches = sizes.module.branches
        return NetworkLayout.Inception(
            sizes: sizes,
            openings: dense(sizes.inputs, format.padded(sizes.width) * branches.compactMap(\.opening).count, format),
            branches: branches.map { branch in
                let inputs = branch.opening == nil ? sizes.inputs : sizes.width
                return dense(inputs, sizes.width, format, window: branch.window)
            })
    }
}
