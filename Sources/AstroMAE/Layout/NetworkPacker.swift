/// Fills a block of memory with a folded network's weights, packed for the kernels of one instruction set.
///
/// Two orders differ from the published ones, and every matrix that reads or writes such features is permuted to match.
/// The channels of a token are group-interleaved (channel i of group g at i * groups + g), so that the parallel
/// convolution path works on whole vectors of groups; features within the attention are head-interleaved (feature d of
/// head h at d * heads + h), so that all heads are worked on at once.
struct NetworkPacker {
    private let layout: NetworkLayout
    private let network: FoldedNetwork
    private let writer: LayerWriter
    /// The published channel that stands at each place of a token, and of an attention feature.
    private let channels: [Int]
    private let features: [Int]

    init(_ layout: NetworkLayout, _ tensors: any TensorSource, into memory: UnsafeMutableRawBufferPointer) {
        self.layout = layout
        network = FoldedNetwork(shape: layout.shape, tensors: tensors)
        writer = LayerWriter(memory: memory, layout: layout)
        channels = Self.channelOrder(layout.shape)
        features = Self.interleaved(layout.shape.heads, layout.shape.headSize)
    }

    static func channelOrder(_ shape: NetworkShape) -> [Int] { interleaved(shape.groups, shape.groupInputs) }

    /// Place `member * groups + group` holds what is published at `group * members + member`.
    private static func interleaved(_ groups: Int, _ members: Int) -> [Int] {
        (0..<groups * members).map { $0 % groups * members + $0 / groups }
    }

    /// Packs every layer.
    ///
    /// - Returns: a sentence for each layer that cannot be stored; it is left out.
    /// - Throws: what the source of tensors throws.
    func pack() throws -> [String] {
        try writer.write(network.patchEmbedding(), layout.patchEmbedding, rows: channels)
        let positions = try network.positions()
        for patch in 0..<layout.shape.patches {
            let start = patch * channels.count
            writer.writeNumbers(
                channels.map { positions.patches[start + $0] }, "pos_embed", at: layout.positions + start)
        }
        writer.writeNumbers(
            channels.map { positions.classToken[$0] }, "cls_token with pos_embed", at: layout.classToken)
        for (index, block) in layout.blocks.enumerated() { try pack(network.block(index), block) }
        try packInception()
        try packHeads()
        return writer.faults
    }

    private func pack(_ block: FoldedNetwork.Block, _ place: NetworkLayout.Block) {
        let width = layout.shape.embedding
        let rows = (0..<3).flatMap { part in features.map { part * width + $0 } }
        writer.write(block.qkv, place.qkv, rows: rows, columns: channels)
        writer.write(block.projection, place.projection, rows: channels, columns: features)
        writer.write(block.expand, place.expand, columns: channels)
        writer.write(block.contract, place.contract, rows: channels)
        writer.writeGrouped(block.grouped, place.grouped)
    }

    private func packInception() throws {
        try writer.write(network.stem(), layout.stem)
        for place in layout.inception {
            let module = try network.inception(place.sizes.module)
            writer.writeSideBySide(module.openings, place.openings)
            for (layer, place) in zip(module.branches, place.branches) { writer.write(layer, place) }
        }
    }

    private func packHeads() throws {
        try writer.write(network.tokenHead(), layout.tokenHead, columns: channels)
        // PyTorch flattens channel by channel, the engine pixel by pixel.
        let last = layout.shape.lastInceptionModule
        let flat = Self.interleaved(last.outputs, last.pixels)
        try writer.write(network.imageHead(), layout.imageHead, columns: flat)
        let magnitudes = try network.magnitudeHead()
        writer.writeForWideSums(magnitudes[0], layout.magnitudes)
        for (layer, place) in zip(magnitudes.dropFirst(), layout.magnitudeHead) { writer.write(layer, place) }
        for (layer, place) in zip(try network.joining(), layout.joining) { writer.write(layer, place) }
        try writer.write(network.output(), layout.output)
    }
}
