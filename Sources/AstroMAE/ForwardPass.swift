import CKernels

/// One thread's way through the network: the packed weights, and room for the activations of a few galaxies.
///
/// Weights are too many for the caches: each one that is fetched serves ``tile`` galaxies in the transformer, and up to
/// ``headTile`` in the heads, whose weights are most of all. Larger tiles than these push the activations out of the cache.
final class ForwardPass {
    /// Galaxies that go through the transformer together. 17 tokens each make 34 tiles of 14 rows in AVX-512.
    static let tile = 28
    /// Galaxies that go through the heads together.
    static let headTile = 4 * tile

    let network: PreparedNetwork
    let layout: NetworkLayout
    let kernels: ck_kernels_t
    let workspace: Workspace
    /// Receives every stage when set: for tests.
    var observer: ((ObservedStage) -> Void)?
    /// Counts the time of each kind of layer when set: for benchmarks.
    var times: LayerTimes?

    var shape: NetworkShape { layout.shape }

    init(_ network: PreparedNetwork) {
        self.network = network
        layout = network.layout
        kernels = network.instructionSet.kernels.pointee
        workspace = Workspace(network.layout)
    }

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
        for first in stride(from: 0, to: count, by: Self.headTile) {
            let galaxies = min(Self.headTile, count - first)
            for start in stride(from: 0, to: galaxies, by: Self.tile) {
                let part = min(Self.tile, galaxies - start)
                let tileImages = images + (first + start) * shape.imageCount
                runTokens(tileImages, count: part, pooled: workspace.pooled + start * shape.embedding)
                timed(.inception) {
                    for galaxy in 0..<part {
                        runInception(
                            tileImages + galaxy * shape.imageCount,
                            flat: workspace.flat + (start + galaxy) * shape.flattened)
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

    /// c = activation(a W^T + b) for a dense layer, or c += a W^T + b.
    func multiply(
        _ dense: NetworkLayout.Dense, _ a: UnsafePointer<Float>, stride lda: Int,
        into c: UnsafeMutablePointer<Float>, stride ldc: Int, rows: Int,
        activation: ck_activation = CK_IDENTITY, accumulate: Bool = false, imageStride: Int = 0
    ) {
        var product = ck_matmul_t(
            a: a, lda: lda, b: network.pointer(dense.weight), bias: network.pointer(dense.bias), c: c, ldc: ldc,
            m: rows, n: dense.outputs, k: dense.inputs, window: dense.window, ld_image: imageStride,
            activation: activation, accumulate: accumulate)
        kernels.matmul(&product)
    }

    /// LayerNorm of `rows` rows of x into y; both have the norm's width as their stride.
    func normalise(
        _ norm: NetworkLayout.Norm, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, rows: Int
    ) {
        kernels.layer_norm(
            x, norm.width, y, norm.width, rows, norm.width, network.pointer(norm.scale), network.pointer(norm.shift),
            Float(shape.layerNormEpsilon))
    }
}
