import CKernels

/// Activations of one forward pass.
final class Workspace {
    /// Patches of a tile's images, [tile * patches, patchCount].
    let patches: Activations
    /// Tokens of a tile, [tile * (patches + 1), embedding], in the order of ``TokenRows``.
    let tokens: Rows
    /// The attention's output; rows as `tokens`.
    let attended: Activations
    /// Standardised tokens; rows as `tokens`. They are read before the attention's output is there, which is stored in
    /// the same memory.
    var standardised: Rows { attended.stored }
    /// Queries, keys and values, [tile * (patches + 1), 3 * embedding].
    let qkv: Rows
    /// Hidden features of the MLP for some rows of tokens, [slab, hidden].
    let hidden: Activations
    /// The same in the last block, as float32, and their means over the patch tokens, [tile, hidden].
    let lastHidden: Rows
    let meanHidden: Activations
    /// What the kernels of attention and of the parallel convolutions ask for.
    let attention: UnsafeMutablePointer<Float>
    let grouped: UnsafeMutablePointer<Float>

    /// Mean patch tokens, [headTile, embedding].
    let pooled: Activations
    /// Flattened Inception branch, [headTile, flattened].
    let flat: Activations
    /// What the first magnitude layer makes, [headTile, widest].
    let magnitudes: Activations
    /// Hidden features of the heads, [headTile, widest]: what a layer takes and makes, in turns.
    let features: [Activations]
    /// The joined features of the three branches, [headTile, joined].
    let joined: Rows

    /// Images of one galaxy in the Inception branch: the latest, and where the next one is made.
    private(set) var image: ImageMemory
    private(set) var nextImage: ImageMemory
    /// The max-pooled input of a module.
    let pooledImage: ImageMemory
    /// The opened branches of each module, with a border of two zero pixels that is never written.
    let bordered: [UnsafeMutableRawPointer]

    private let buffers: [AlignedBuffer]

    /// Every size of what the engine computes in follows from here.
    ///
    /// - Parameters:
    ///   - layout: The network.
    ///   - guarded: Whether each array ends at memory that nobody may touch and is not zero at first: for tests.
    init(_ layout: NetworkLayout, guarded: Bool = false) {
        let (shape, linear, convolution) = (layout.shape, layout.linear, layout.convolution)
        var memory = WorkspaceMemory(slack: layout.instructionSet.lanes, guarded: guarded)
        let (tile, headTile) = (shape.tile, shape.headTile)
        let rows = TokenRows(galaxies: tile, patches: shape.patches)
        patches = memory.activations(rows.ofPatches.count, shape.patchCount, storedAs: linear)
        tokens = memory.rows(rows.all.count, shape.embedding)
        attended = memory.activations(rows.all.count, shape.embedding, storedAs: linear)
        qkv = memory.rows(rows.all.count, 3 * shape.embedding)
        let slab = max(linear.slab(of: rows.all.count), shape.patches)
        hidden = memory.products(slab, shape.hidden, storedAs: linear)
        lastHidden = hidden.computed.format == CK_FLOAT32 ? hidden.computed : memory.rows(slab, shape.hidden)
        meanHidden = memory.activations(tile, shape.hidden, storedAs: linear)
        attention = memory.floats(layout.instructionSet.kernels.pointee.attention_scratch(shape.patches))
        grouped = memory.floats(shape.groupInputs)

        pooled = memory.activations(headTile, shape.embedding, storedAs: linear)
        flat = memory.activations(headTile, shape.flattened, storedAs: linear)
        let heads = [layout.tokenHead, layout.imageHead, layout.magnitudes] + layout.magnitudeHead + layout.joining
        let widest = heads.map(\.outputs).max() ?? 0
        magnitudes = memory.activations(headTile, widest, storedAs: linear)
        // Each layer's floats are stored before the next layer computes its own.
        let floats = magnitudes.computed
        features = (0..<2).map { _ in memory.products(headTile, widest, storedAs: linear, floats: floats) }
        joined = memory.rows(headTile, shape.joined)

        // The pooled bands and the stem's channels, then what each module takes and makes.
        let modules = layout.inception.map(\.sizes)
        let opening = shape.pooledSize * shape.pooledSize * max(shape.bands, shape.stem)
        let numbers = modules.map { $0.pixels * max($0.inputs, $0.outputs) }.reduce(opening, max)
        let words = modules.map { $0.pixels * convolution.words($0.inputs) }.max() ?? 0
        let turns = memory.images(2, numbers: numbers, words: words, storedAs: convolution)
        (image, nextImage) = (turns[0], turns[1])
        pooledImage = memory.images(1, numbers: numbers, words: words, storedAs: convolution)[0]
        bordered = layout.inception.map {
            let side = $0.sizes.size + 4
            return memory.words(side * side * convolution.words($0.openings.outputs), zero: true)
        }
        buffers = memory.finished()
    }

    /// The image that was just made becomes the latest.
    func turnImages() { swap(&image, &nextImage) }
}
