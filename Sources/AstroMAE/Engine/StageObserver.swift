import CKernels

/// What the network computed on its way, for tests: one stage of some galaxies, in PyTorch's layout.
package struct ObservedStage {
    /// The module's name in the published network.
    package let name: String
    /// What the engine has already applied to the module's output.
    package let activation: Activation
    /// Galaxies of this stage; their values stand one behind another.
    package let galaxies: Int
    /// [galaxies, ...] in PyTorch's layout: [tokens, features], [channels, y, x] or [features].
    package let values: [Float]

    /// Functions that the engine fuses into the layer before them.
    package enum Activation {
        case none, relu, gelu
    }
}

/// Has a pass perform its steps, and shows what each leaves in the workspace as float32.
final class StageObserver: Onlooker {
    private let show: (ObservedStage) -> Void
    /// What a layer adds to the tokens of a tile, and hidden features of them: it may take some rows at a time.
    private var addend = AlignedBuffer(words: 0)
    private var hidden: [Float] = []

    init(_ show: @escaping (ObservedStage) -> Void) { self.show = show }

    func perform(_ step: ForwardPass.Step, of pass: ForwardPass, on galaxies: Galaxies) {
        if case .transformer(let step) = step { showAddend(of: step, pass, galaxies) }
        pass.perform(step, on: galaxies)
        switch step {
        case .transformer(let step): showResult(of: step, pass, galaxies)
        case .inception(let step, let galaxy): showImage(behind: step, pass, galaxies, galaxy)
        case .heads(let step): showFeatures(behind: step, pass, galaxies)
        }
    }

    // MARK: Transformer

    /// Performs a step that adds to the tokens on zeros, and shows what they become.
    private func showAddend(of step: TransformerStep, _ pass: ForwardPass, _ galaxies: Galaxies) {
        let rows = TokenRows(galaxies: galaxies.count, patches: pass.shape.patches)
        guard let (name, part, whole) = step.addend(rows) else { return }
        let width = pass.shape.embedding
        if part.lowerBound == whole.lowerBound { addend = AlignedBuffer(words: rows.all.count * width + 16) }
        let tokens = Rows(addend.start.assumingMemoryBound(to: Float.self), stride: width)
        pass.perform(step, on: galaxies, addingTo: tokens)
        guard part.upperBound == whole.upperBound else { return }
        var isImage = false
        if case .convolutions = step { isImage = true }
        showTokens(
            name, tokens, rows, hasClassToken: whole == rows.all, places: pass.channelPlaces, channelsFirst: isImage)
    }

    private func showResult(of step: TransformerStep, _ pass: ForwardPass, _ galaxies: Galaxies) {
        let (workspace, rows) = (pass.workspace, TokenRows(galaxies: galaxies.count, patches: pass.shape.patches))
        switch step {
        case .expansion(let block, let part):
            gather(workspace.hidden.computed, block, part, of: rows.all, rows, width: pass.shape.hidden)
        case .lastExpansion(let block, let part):
            gather(workspace.lastHidden, block, part, of: rows.ofPatches, rows, width: pass.shape.hidden)
        case .contraction(let block, let part) where part.upperBound == rows.all.upperBound:
            showTokens("blocks.\(block)", workspace.tokens, rows, hasClassToken: true, places: pass.channelPlaces)
        case .lastContraction(let block):
            showRows("blocks.\(block)", pass.means(of: galaxies), count: galaxies.count, places: pass.channelPlaces)
        default: break
        }
    }

    /// Keeps the hidden features of some rows, and shows them when all are there.
    private func gather(
        _ features: Rows, _ block: Int, _ part: Range<Int>, of whole: Range<Int>, _ rows: TokenRows, width: Int
    ) {
        guard features.format == CK_FLOAT32 else { return }
        if part.lowerBound == whole.lowerBound { hidden = [] }
        for row in 0..<part.count {
            hidden += UnsafeBufferPointer(start: features.dropping(rows: row).floats, count: width)
        }
        guard part.upperBound == whole.upperBound else { return }
        hidden.withUnsafeMutableBufferPointer { values in
            showTokens(
                "blocks.\(block).mlp.fc1", Rows(values.baseAddress!, stride: width), rows,
                hasClassToken: whole == rows.all, places: Array(0..<width), activation: .gelu)
        }
    }

    /// Shows rows of tokens: a class token goes first, and features to their published places.
    private func showTokens(
        _ name: String, _ tokens: Rows, _ rows: TokenRows, hasClassToken: Bool, places: [Int],
        channelsFirst: Bool = false, activation: ObservedStage.Activation = .none
    ) {
        var values: [Float] = []
        for galaxy in 0..<rows.galaxies {
            let first = rows.firstPatch(of: galaxy)
            let shown = (hasClassToken ? [rows.classToken(of: galaxy)] : []) + (first..<first + rows.patches)
            if channelsFirst {
                for place in places { values += shown.map { tokens.floats[$0 * tokens.stride + place] } }
            } else {
                for row in shown { values += places.map { tokens.floats[row * tokens.stride + $0] } }
            }
        }
        show(ObservedStage(name: name, activation: activation, galaxies: rows.galaxies, values: values))
    }

    // MARK: Inception branch

    /// Shows one galaxy's image, channels first.
    private func showImage(behind step: InceptionStep, _ pass: ForwardPass, _ galaxies: Galaxies, _ galaxy: Int) {
        var image = UnsafePointer(pass.workspace.image.floats)
        let (index, pixels, channels): (Int, Int, Int)
        switch step {
        case .stem: (index, pixels, channels) = (1, pass.shape.pooledSize * pass.shape.pooledSize, pass.shape.stem)
        case .averagePooling(let place):
            let sizes = pass.layout.inception[place].sizes
            (index, pixels, channels) = (sizes.module.index - 1, sizes.pixels, sizes.inputs)
        case .module(let place):
            let sizes = pass.layout.inception[place].sizes
            (index, pixels, channels) = (sizes.module.index, sizes.pixels, sizes.outputs)
            let isLast = place == pass.layout.inception.count - 1
            if isLast { image = UnsafePointer(pass.flattened(galaxy, of: galaxies).floats) }
        }
        let values = (0..<channels * pixels).map { image[$0 % pixels * channels + $0 / pixels] }
        let name = "inception_model.vis_inception.\(index)"
        show(ObservedStage(name: name, activation: .none, galaxies: 1, values: values))
    }

    // MARK: Heads

    private func showFeatures(behind step: HeadStep, _ pass: ForwardPass, _ galaxies: Galaxies) {
        func relu(_ name: String, _ features: Activations) {
            let places = Array(0..<features.width)
            showRows(name, features.computed, count: galaxies.count, places: places, activation: .relu)
        }
        switch step {
        case .tokens: relu("vit_block.0", pass.features(of: pass.layout.tokenHead))
        case .image: relu("inception_model.vis_inception.10", pass.features(of: pass.layout.imageHead))
        case .magnitudes: relu("inception_model.magnitude_block.0", pass.magnitudeFeatures(layer: 0))
        case .magnitudeLayer(let index):
            relu("inception_model.magnitude_block.\(2 * index + 2)", pass.magnitudeFeatures(layer: index + 1))
        case .joining(let branch) where branch == pass.layout.joining.count - 1:
            let joined = pass.workspace.joined
            relu("concat_block.0", Activations(computed: joined, stored: joined, width: pass.shape.joined))
        case .joining: break
        case .output:
            showRows("concat_block.2", Rows(galaxies.redshifts, stride: 1), count: galaxies.count, places: [0])
        }
    }

    /// Shows rows of features, one a galaxy.
    private func showRows(
        _ name: String, _ rows: Rows, count: Int, places: [Int], activation: ObservedStage.Activation = .none
    ) {
        guard rows.format == CK_FLOAT32 else { return }
        let values = (0..<count).flatMap { row in places.map { rows.floats[row * rows.stride + $0] } }
        show(ObservedStage(name: name, activation: activation, galaxies: count, values: values))
    }
}

extension TransformerStep {
    /// The published module whose output a step adds to tokens, the rows that it adds to, and all rows that the
    /// module's output has; nil for other steps.
    fileprivate func addend(_ rows: TokenRows) -> (name: String, part: Range<Int>, whole: Range<Int>)? {
        switch self {
        case .patchEmbedding: ("patch_embed", rows.ofPatches, rows.ofPatches)
        case .convolutions(let block): ("blocks.\(block).PCM", rows.ofPatches, rows.ofPatches)
        case .projectionOut(let block, let part): ("blocks.\(block).attn", part, part)
        case .contraction(let block, let part): ("blocks.\(block).mlp", part, rows.all)
        default: nil
        }
    }
}

extension ForwardPass {
    /// Where each published channel stands in a token.
    fileprivate var channelPlaces: [Int] {
        var places = [Int](repeating: 0, count: shape.embedding)
        for (place, channel) in NetworkPacker.channelOrder(shape).enumerated() { places[channel] = place }
        return places
    }
}
