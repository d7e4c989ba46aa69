import CKernels

/// One thread's way through the network: the packed weights, and room for the activations of a few galaxies.
///
/// The way is a list of steps, each of which leaves its result in the workspace. Each weight that is fetched serves
/// `tile` galaxies in the transformer, and up to `headTile` in the heads.
final class ForwardPass {
    let network: PreparedNetwork
    let layout: NetworkLayout
    let shape: NetworkShape
    let kernels: ck_kernels_t
    let workspace: Workspace
    /// Whether exponentials and the like may have the few digits that are stored of their results.
    let isRough: Bool
    private let tile: Int
    private let headTile: Int
    private let inceptionSteps: [InceptionStep]
    private let headSteps: [HeadStep]

    /// A step, with its galaxy where galaxies go one at a time.
    enum Step {
        case transformer(TransformerStep)
        case inception(InceptionStep, galaxy: Int)
        case heads(HeadStep)
    }

    /// - Parameter guarded: Whether the workspace is one for tests.
    init(_ network: PreparedNetwork, guarded: Bool = false) {
        self.network = network
        layout = network.layout
        shape = layout.shape
        kernels = network.instructionSet.kernels.pointee
        workspace = Workspace(network.layout, guarded: guarded)
        isRough = layout.precision != .float32
        (tile, headTile) = (shape.tile, shape.headTile)
        (inceptionSteps, headSteps) = (InceptionStep.all(of: layout), HeadStep.all(of: layout))
    }

    /// Writes the redshifts of galaxies.
    func run(_ galaxies: Galaxies) {
        walk(galaxies) { perform($0, on: $1) }
    }

    /// Goes through the steps of some galaxies in their order.
    ///
    /// - Parameter visit: Performs each step on its galaxies, and may look on.
    func walk(_ galaxies: Galaxies, _ visit: (Step, Galaxies) -> Void) {
        for together in galaxies.parts(of: headTile, shape) {
            for tile in together.parts(of: tile, shape) {
                let rows = TokenRows(galaxies: tile.count, patches: shape.patches)
                for step in TransformerStep.all(of: layout, rows) { visit(.transformer(step), tile) }
                for galaxy in 0..<tile.count {
                    for step in inceptionSteps { visit(.inception(step, galaxy: galaxy), tile) }
                }
            }
            for step in headSteps { visit(.heads(step), together) }
        }
    }

    /// Performs one step.
    func perform(_ step: Step, on galaxies: Galaxies) {
        switch step {
        case .transformer(let step): perform(step, on: galaxies, addingTo: workspace.tokens)
        case .inception(let step, let galaxy): perform(step, on: galaxies, galaxy)
        case .heads(let step): perform(step, on: galaxies)
        }
    }

    // MARK: What steps are made of

    /// c = activation(a W^T + b) for a dense layer, or c = activation(c + a W^T + b).
    func multiply(
        _ dense: NetworkLayout.Dense, _ a: Rows, into c: Rows, rows: Int, activation: ck_activation = CK_IDENTITY,
        accumulate: Bool = false, imageStride: Int = 0
    ) {
        assert(a.format == dense.format.code)
        var product = ck_matmul_t(
            a: a, b: network.words(dense.weight), bias: network.floats(dense.bias),
            scales: network.floats(dense.scales), sums: network.words(dense.sums), c: c, m: rows,
            n: dense.outputs, k: dense.inputs, window: dense.window, ld_image: imageStride, activation: activation,
            accumulate: accumulate)
        kernels.matmul(&product)
    }

    /// The first rows of activations as the next product takes them.
    func store(_ x: Activations, rows: Int) -> Rows {
        if x.isConverted {
            withUnsafePointer(to: x.stored) {
                kernels.convert(x.computed.floats, x.computed.stride, $0, rows, x.width)
            }
        }
        return x.stored
    }

    /// Standardised rows of tokens; scale and shift of the norm are part of the layer behind it.
    func normalise(_ x: Rows, into y: Rows, rows: Int) {
        withUnsafePointer(to: y) {
            kernels.layer_norm(x.floats, x.stride, $0, rows, shape.embedding, Float(shape.layerNormEpsilon))
        }
    }
}
