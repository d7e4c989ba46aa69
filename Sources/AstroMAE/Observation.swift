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

extension ForwardPass {
    /// Adds what `body` computes to the tokens. When someone looks on, the addend alone is computed and shown first.
    func addToTokens(
        _ name: @autoclosure () -> String, count: Int, patchesOnly: Bool = false,
        _ body: (Rows) -> Void
    ) {
        if observer != nil {
            let memory = AlignedBuffer(words: count * (shape.patches + 1) * shape.embedding + 16)
            let addend = Rows(memory.start.assumingMemoryBound(to: Float.self), stride: shape.embedding)
            body(addend)
            let isConvolution = name().hasSuffix("PCM")
            observeTokens(
                name(), addend, count: count, hasClassToken: !patchesOnly, channelsFirst: isConvolution)
        }
        body(workspace.tokens)
    }

    /// Shows rows of tokens: the class token goes first, channels back to their published order.
    func observeTokens(
        _ name: @autoclosure () -> String, _ tokens: Rows, count: Int,
        activation: ck_activation = CK_IDENTITY, width: Int? = nil, hasClassToken: Bool = true,
        channelsFirst: Bool = false
    ) {
        guard let observer, tokens.format == CK_FLOAT32 else { return }
        let patches = shape.patches
        let places = width == nil ? channelPlaces : Array(0..<width!)
        var values: [Float] = []
        for galaxy in 0..<count {
            let classRow = hasClassToken ? [count * patches + galaxy] : []
            let rows = classRow + (0..<patches).map { galaxy * patches + $0 }
            if channelsFirst {
                for place in places { values += rows.map { tokens.floats[$0 * tokens.stride + place] } }
            } else {
                for row in rows { values += places.map { tokens.floats[row * tokens.stride + $0] } }
            }
        }
        observer(ObservedStage(name: name(), activation: .init(activation), galaxies: count, values: values))
    }

    /// Shows rows of features.
    func observeFeatures(
        _ name: @autoclosure () -> String, _ rows: Rows, count: Int, width: Int,
        activation: ck_activation = CK_IDENTITY, order: @autoclosure () -> [Int]? = nil
    ) {
        guard let observer, rows.format == CK_FLOAT32 else { return }
        let places = order() ?? Array(0..<width)
        let values = (0..<count).flatMap { row in places.map { rows.floats[row * rows.stride + $0] } }
        observer(ObservedStage(name: name(), activation: .init(activation), galaxies: count, values: values))
    }

    /// Shows one galaxy's image of the Inception branch, channels first.
    func observePixels(
        _ index: @autoclosure () -> String, _ image: UnsafePointer<Float>, size: Int, channels: Int
    ) {
        guard let observer else { return }
        let pixels = size * size
        let values = (0..<channels * pixels).map { image[$0 % pixels * channels + $0 / pixels] }
        observer(
            ObservedStage(
                name: "inception_model.vis_inception." + index(), activation: .none, galaxies: 1, values: values))
    }

    /// Where each published channel stands in a token.
    var channelPlaces: [Int] {
        var places = [Int](repeating: 0, count: shape.embedding)
        for (place, channel) in NetworkPacker.channelOrder(shape).enumerated() { places[channel] = place }
        return places
    }
}

extension ObservedStage.Activation {
    fileprivate init(_ activation: ck_activation) {
        switch activation {
        case CK_RELU: self = .relu
        case CK_GELU: self = .gelu
        default: self = .none
        }
    }
}
