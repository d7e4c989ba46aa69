/// Activations of one forward pass.
final class Workspace {
    /// Patches of a tile's images, [tile * patches, patchCount].
    let patches: UnsafeMutablePointer<Float>
    /// Tokens of a tile, [tile * (patches + 1), embedding]: the patch tokens of all galaxies, then their class tokens.
    let tokens: UnsafeMutablePointer<Float>
    /// Normalised tokens, then the attention's output; as `tokens`.
    let normalised: UnsafeMutablePointer<Float>
    /// Queries, keys and values, [tile * (patches + 1), 3 * embedding].
    let qkv: UnsafeMutablePointer<Float>
    /// Hidden features of the MLP, [tile * (patches + 1), hidden].
    let hidden: UnsafeMutablePointer<Float>
    /// What the attention kernel asks for.
    let attention: UnsafeMutablePointer<Float>

    /// Mean patch tokens, [headTile, embedding].
    let pooled: UnsafeMutablePointer<Float>
    /// Flattened Inception branch, [headTile, flattened].
    let flat: UnsafeMutablePointer<Float>
    /// Two hidden layers of the heads, [headTile, widest].
    let wide: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>)
    /// Floats of a row of `wide`.
    let widest: Int
    /// The three branches side by side, [headTile, tokenHead + imageHead + magnitudeHead].
    let joined: UnsafeMutablePointer<Float>
    /// Floats of a row of `joined`.
    let joinedWidth: Int

    /// Images of one galaxy in the Inception branch, [size, size, channels]: input, output and pooled input of a module.
    let image: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>)
    /// The opened 3x3 and 5x5 branches of each module, with a border of two zero pixels that is never written.
    let bordered: [UnsafeMutablePointer<Float>]

    private var buffers: [AlignedBuffer] = []

    init(_ layout: NetworkLayout) {
        let shape = layout.shape
        var buffers: [AlignedBuffer] = []
        func room(_ count: Int) -> UnsafeMutablePointer<Float> {
            // Vectors may be read past the end of a row, never past the end of the buffer.
            let buffer = AlignedBuffer(count: count + layout.instructionSet.lanes)
            buffers.append(buffer)
            return buffer.start
        }
        let (tile, headTile) = (ForwardPass.tile, ForwardPass.headTile)
        let rows = tile * (shape.patches + 1)
        patches = room(tile * shape.patches * shape.patchCount)
        tokens = room(rows * shape.embedding)
        normalised = room(rows * shape.embedding)
        qkv = room(rows * 3 * shape.embedding)
        hidden = room(rows * shape.hidden)
        attention = room(layout.instructionSet.kernels.pointee.attention_scratch(shape.patches, shape.headSize))

        pooled = room(headTile * shape.embedding)
        flat = room(headTile * shape.flattened)
        let chains = layout.tokenHead + layout.imageHead + layout.magnitudeHead + layout.output + [layout.magnitudes]
        widest = chains.map(\.outputs).max() ?? 0
        wide = (room(headTile * widest), room(headTile * widest))
        joinedWidth = layout.output[0].inputs
        joined = room(headTile * joinedWidth)

        let largest = layout.inception.map { $0.size * $0.size * max($0.inputs, $0.outputs) }.max() ?? 0
        image = (room(largest), room(largest), room(largest))
        bordered = layout.inception.map { ($0.size + 4) * ($0.size + 4) * $0.openings.outputs }.map(room)
        self.buffers = buffers
    }
}
