import CKernels

/// One thread's way through the network: the packed weights, and room for the activations of a few galaxies.
///
/// Each weight that is fetched serves `tile` galaxies in the transformer, and up to `headTile` in the heads.
final class ForwardPass {
    let network: PreparedNetwork
    let layout: NetworkLayout
    let kernels: ck_kernels_t
    let workspace: Workspace
    /// Receives every stage that stands in memory as float32, when set: for tests.
    var observer: ((ObservedStage) -> Void)?
    /// Counts the time of each kind of layer when set: for benchmarks.
    var times: LayerTimes?

    var shape: NetworkShape { layout.shape }
    /// Whether exponentials and the like may have the few digits that are stored of their results.
    var isRough: Bool { layout.precision != .float32 }

    /// - Parameter guarded: Whether the workspace is one for tests.
    init(_ network: PreparedNetwork, guarded: Bool = false) {
        self.network = network
        layout = network.layout
        kernels = network.instructionSet.kernels.pointee
        workspace = Workspace(network.layout, guarded: guarded)
    }

    /// Rows of tokens that go through an MLP together. Its weights in fewer bits fit into a core's cache beside the hidden
    /// features of some rows; in float32 they do not, and are fetched for all rows at once.
    static func slab(_ precision: Precision, rows: Int) -> Int { precision == .float32 ? rows : 112 }

    /// Redshifts of `count` galaxies.
    ///
    /// - Parameters:
    ///   - images: [count, bands, imageSize, imageSize]
    ///   - magnitudes: [count, bands]
    ///   - redshifts: [count]
    func run(
        images: UnsafePointer<Float>, magnitudes: UnsafePointer<Float>, count: Int,
        redshifts: UnsafeMutablePointer<Float>
    ) {
        for first in stride(from: 0, to: count, by: shape.headTile) {
            let galaxies = min(shape.headTile, count - first)
            for start in stride(from: 0, to: galaxies, by: shape.tile) {
                let part = min(shape.tile, galaxies - start)
                let tileImages = images + (first + start) * shape.imageCount
                runTokens(tileImages, count: part, pooled: workspace.pooled.from(start))
                timed(.inception) {
                    for galaxy in 0..<part {
                        runInception(
                            tileImages + galaxy * shape.imageCount, flat: workspace.flat.from(start + galaxy).floats)
                    }
                }
            }
            timed(.heads) {
                runHeads(
                    magnitudes: magnitudes + first * shape.magnitudeCount, count: galaxies,
                    redshifts: redshifts + first)
            }
        }
    }

    /// c = activation(a W^T + b) for a dense layer, or c = activation(c + a W^T + b).
    func multiply(
        _ dense: NetworkLayout.Dense, _ a: Rows, into c: Rows, rows: Int, activation: ck_activation = CK_IDENTITY,
        accumulate: Bool = false, imageStride: Int = 0
    ) {
        assert(a.format == dense.format.code)
        var product = ck_matmul_t(
            a: a, b: network.words(dense.weight), bias: network.floats(dense.bias),
            scales: network.floats(dense.scales), offsets: network.words(dense.offsets), c: c, m: rows,
            n: dense.outputs, k: dense.inputs, window: dense.window, ld_image: imageStride, activation: activation,
            accumulate: accumulate)
        kernels.matmul(&product)
    }

    /// Float32 rows in another format; nothing to do when they are the same memory.
    func convert(_ x: Rows, to y: Rows, rows: Int, width: Int) {
        guard x.start != y.start else { return }
        withUnsafePointer(to: y) { kernels.convert(x.floats, x.stride, $0, rows, width) }
    }

    /// Standardised rows of tokens; scale and shift of the norm are part of the layer behind it.
    func normalise(_ x: Rows, into y: Rows, rows: Int) {
        withUnsafePointer(to: y) {
            kernels.layer_norm(x.floats, x.stride, $0, rows, shape.embedding, Float(shape.layerNormEpsilon))
        }
    }
}
