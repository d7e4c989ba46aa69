import CKernels

/// Activations of one forward pass.
final class Workspace {
    /// Patches of a tile's images, [tile * patches, patchCount], as they are cut and as the product takes them.
    let patches: Rows
    let convertedPatches: Rows
    /// Tokens of a tile, [tile * (patches + 1), embedding]: the patch tokens of all galaxies, then their class tokens.
    let tokens: Rows
    /// Standardised tokens, or the attention's output, as the next product takes them; rows as `tokens`.
    let converted: Rows
    /// Queries, keys and values, [tile * (patches + 1), 3 * embedding].
    let qkv: Rows
    /// The attention's output; rows as `tokens`.
    let mixed: Rows
    /// Hidden features of the MLP for some rows of tokens, [slab, hidden], as they are computed and as the product
    /// takes them.
    let hidden: Rows
    let convertedHidden: Rows
    /// The same in the last block, as they are computed, and their means over the patch tokens, [tile, hidden].
    let lastHidden: Rows
    let meanHidden: Rows
    let convertedMean: Rows
    /// What the kernels of attention and of the parallel convolutions ask for.
    let attention: UnsafeMutablePointer<Float>
    let grouped: UnsafeMutablePointer<Float>

    /// Mean patch tokens, [headTile, embedding].
    let pooled: Rows
    /// Flattened Inception branch, [headTile, flattened].
    let flat: Rows
    /// Hidden features of the heads, [headTile, widest]: as they are computed, and twice as the products take them.
    let wide: Rows
    let convertedWide: (Rows, Rows)
    /// The joined features of the three branches, [headTile, joined].
    let joined: Rows

    /// Images of one galaxy in the Inception branch, [size * size, channels]: what a step of it takes and makes, in turns,
    /// and the pooled input of a module.
    let image: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>)
    /// Pixels of a module's input as the products take them.
    let pixels: UnsafeMutableRawPointer
    /// The opened 3x3 and 5x5 branches of each module, with a border of two zero pixels that is never written.
    let bordered: [UnsafeMutableRawPointer]

    private let buffers: [AlignedBuffer]

    /// Every size of what the engine computes in follows from here.
    ///
    /// - Parameters:
    ///   - layout: The network.
    ///   - guarded: Whether each array ends at memory that nobody may touch and is not zero at first: for tests.
    init(_ layout: NetworkLayout, guarded: Bool = false) {
        let (shape, linear, convolution) = (layout.shape, layout.precision.linear, layout.precision.convolution)
        var room = Room(slack: layout.instructionSet.lanes, guarded: guarded)
        let (tile, headTile) = (shape.tile, shape.headTile)
        let rows = tile * (shape.patches + 1)
        patches = room.rows(tile * shape.patches, shape.patchCount)
        convertedPatches = room.rows(tile * shape.patches, shape.patchCount, convolution, else: patches)
        tokens = room.rows(rows, shape.embedding)
        mixed = room.rows(rows, shape.embedding)
        converted = room.rows(rows, shape.embedding, linear, else: mixed)
        qkv = room.rows(rows, 3 * shape.embedding)
        // In bfloat16 the product itself stores what the next one takes.
        let slab = max(ForwardPass.slab(layout.precision, rows: rows), shape.patches)
        hidden = room.rows(slab, shape.hidden, linear == .int8 ? .float32 : linear)
        convertedHidden = room.rows(slab, shape.hidden, linear == .int8 ? .int8 : .float32, else: hidden)
        lastHidden = hidden.format == CK_FLOAT32 ? hidden : room.rows(slab, shape.hidden)
        meanHidden = room.rows(tile, shape.hidden)
        convertedMean = room.rows(tile, shape.hidden, linear, else: meanHidden)
        attention = room.floats(layout.instructionSet.kernels.pointee.attention_scratch(shape.patches))
        grouped = room.floats(shape.groupInputs)

        pooled = room.rows(headTile, shape.embedding)
        flat = room.rows(headTile, shape.flattened)
        let heads = [layout.tokenHead, layout.imageHead, layout.magnitudes] + layout.magnitudeHead + layout.joining
        let widest = heads.map { max($0.inputs, $0.outputs) }.max() ?? 0
        wide = room.rows(headTile, widest)
        convertedWide = (room.rows(headTile, widest, linear), room.rows(headTile, widest, linear))
        joined = room.rows(headTile, shape.joined)

        // The pooled bands and the stem's channels on the half image, then what each module takes and makes.
        let half = shape.imageSize / 2
        let images = layout.inception.map { $0.size * $0.size * max($0.inputs, $0.outputs) }
        let largest = images.reduce(half * half * max(shape.bands, shape.stem), max)
        image = (room.floats(largest), room.floats(largest), room.floats(largest))
        pixels = room.words(layout.inception.map { $0.size * $0.size * convolution.words($0.inputs) }.max() ?? 0)
        bordered = layout.inception.map {
            room.words(($0.size + 4) * ($0.size + 4) * convolution.words($0.openings.outputs), zero: true)
        }
        buffers = room.buffers
    }
}

extension NetworkShape {
    /// Floats that the activations of a tile may take; those of the full network are far fewer.
    private static let budget = 64 << 20

    /// Galaxies that go through the transformer together. Weights are too many for the caches: each one that is fetched
    /// serves all of them. 17 tokens each make 34 tiles of 14 rows in AVX-512. More push the activations out of the cache.
    var tile: Int {
        let galaxy = 2 * patches * patchCount + (patches + 1) * (6 * embedding + 3 * hidden)
        return max(1, min(28, Self.budget / galaxy))
    }

    /// Galaxies that go through the heads together, whose weights are most of all.
    var headTile: Int {
        let widest = max(embedding, flattened, tokenHead.hidden, imageHead.hidden, magnitudeHead.hidden, joined)
        return max(1, min(4 * tile, Self.budget / max(4 * widest, imageCount)))
    }
}

/// Makes buffers and keeps them.
private struct Room {
    /// Vectors may be read past the end of a row, never past the end of a buffer.
    let slack: Int
    let guarded: Bool
    var buffers: [AlignedBuffer] = []
    /// Words of the last buffer that are given away. Buffers are larger than what is asked for, since only large ones are
    /// made of huge pages; what nobody touches takes no memory.
    private var used = 0
    private static let least = 4 * AlignedBuffer.hugePage / MemoryLayout<Float>.stride
    private static let cacheLine = 16  // words

    init(slack: Int, guarded: Bool) { (self.slack, self.guarded) = (slack, guarded) }

    /// - Parameter zero: Whether someone relies on zeros.
    mutating func words(_ count: Int, zero: Bool = false) -> UnsafeMutableRawPointer {
        if guarded {
            buffers.append(AlignedBuffer(guarded: count, zero: zero))
            return buffers[buffers.count - 1].start
        }
        let needed = (count + slack + Self.cacheLine - 1) / Self.cacheLine * Self.cacheLine
        if buffers.isEmpty || used + needed > buffers[buffers.count - 1].bytes.count / MemoryLayout<Float>.stride {
            buffers.append(AlignedBuffer(words: max(needed, Self.least)))
            used = 0
        }
        defer { used += needed }
        return buffers[buffers.count - 1].start + used * MemoryLayout<Float>.stride
    }

    mutating func floats(_ count: Int) -> UnsafeMutablePointer<Float> {
        words(count).assumingMemoryBound(to: Float.self)
    }

    /// Rows of `width` numbers.
    mutating func rows(_ count: Int, _ width: Int, _ format: NumberFormat = .float32) -> Rows {
        let stride = format.words(width)
        return Rows(
            start: words(count * stride), stride: stride, format: format.code,
            scales: format == .int8 ? floats(count) : nil)
    }

    /// Rows of a format that needs converting, or the float32 rows that need not.
    mutating func rows(_ count: Int, _ width: Int, _ format: NumberFormat, else rows: Rows) -> Rows {
        format == .float32 ? rows : self.rows(count, width, format)
    }
}
