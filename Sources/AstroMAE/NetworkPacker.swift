/// Fills a block of memory with a folded network's weights, packed for the kernels of one instruction set.
///
/// Two orders differ from the published ones, and every matrix that reads or writes such features is permuted to match.
/// The channels of a token are group-interleaved (channel i of group g at i * groups + g), so that the parallel convolution
/// path works on whole vectors of groups; features within the attention are head-interleaved (feature d of head h at
/// d * heads + h), so that all heads are worked on at once.
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
        try writer.put(network.patchEmbedding(), layout.patchEmbedding, rows: channels)
        let positions = try network.positions()
        for patch in 0..<layout.shape.patches {
            let start = patch * channels.count
            writer.put(channels.map { positions.patches[start + $0] }, "pos_embed", at: layout.positions + start)
        }
        writer.put(channels.map { positions.classToken[$0] }, "cls_token with pos_embed", at: layout.classToken)
        for (index, block) in layout.blocks.enumerated() { try pack(network.block(index), block) }
        try packInception()
        try packHeads()
        return writer.faults
    }

    private func pack(_ block: FoldedNetwork.Block, _ place: NetworkLayout.Block) {
        let width = layout.shape.embedding
        let rows = (0..<3).flatMap { part in features.map { part * width + $0 } }
        writer.put(block.qkv, place.qkv, rows: rows, columns: channels)
        writer.put(block.projection, place.projection, rows: channels, columns: features)
        writer.put(block.expand, place.expand, columns: channels)
        writer.put(block.contract, place.contract, rows: channels)
        writer.put(block.grouped, place.grouped)
    }

    private func packInception() throws {
        try writer.put(network.stem(), layout.stem)
        for (index, place) in layout.inception.enumerated() {
            let module = try network.inception(module: index)
            writer.put(module.branch1, place.branch1)
            writer.put(module.openings, side: place.openings.outputs / module.openings.count, place.openings)
            writer.put(module.branch2, place.branch2)
            if let branch3 = module.branch3, let place = place.branch3 { writer.put(branch3, place) }
            writer.put(module.branch4, place.branch4)
        }
    }

    private func packHeads() throws {
        try writer.put(network.tokenHead(), layout.tokenHead, columns: channels)
        // PyTorch flattens channel by channel, the engine pixel by pixel.
        let last = layout.inception[layout.inception.count - 1]
        let flat = Self.interleaved(last.outputs, last.size * last.size)
        try writer.put(network.imageHead(), layout.imageHead, columns: flat)
        let magnitudes = try network.magnitudeHead()
        writer.putWide(magnitudes[0], layout.magnitudes)
        for (layer, place) in zip(magnitudes.dropFirst(), layout.magnitudeHead) { writer.put(layer, place) }
        for (layer, place) in zip(try network.joining(), layout.joining) { writer.put(layer, place) }
        try writer.put(network.output(), layout.output)
    }
}
