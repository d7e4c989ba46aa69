/// Where a forward pass spends its time: for benchmarks. Reading the clock costs a little itself, so throughput is
/// measured without it.
public struct LayerTimes: Sendable {
    /// Kinds of layers, as a report names them.
    public enum Layer: String, CaseIterable, Sendable {
        case embedding = "patch embedding"
        case norms = "layer norms"
        case projections = "query, key, value and output projections"
        case attention
        case grouped = "parallel convolutions"
        case mlp = "MLPs"
        case inception = "Inception branch"
        case heads
    }

    /// Time of each kind of layer since the measurement began.
    public internal(set) var durations: [Layer: Duration] = [:]
}

/// Performs the steps of a pass and counts their time.
final class Stopwatch: Onlooker {
    private(set) var times = LayerTimes()

    func perform(_ step: ForwardPass.Step, of pass: ForwardPass, on galaxies: Galaxies) {
        let start = ContinuousClock.now
        pass.perform(step, on: galaxies)
        times.durations[step.layer, default: .zero] += ContinuousClock.now - start
    }
}

extension ForwardPass.Step {
    /// The kind of layer that a step belongs to.
    fileprivate var layer: LayerTimes.Layer {
        switch self {
        case .transformer(let step): step.layer
        case .inception: .inception
        case .heads: .heads
        }
    }
}

extension TransformerStep {
    fileprivate var layer: LayerTimes.Layer {
        switch self {
        case .patches, .patchEmbedding: .embedding
        case .norm: .norms
        case .projectionsIn, .projectionOut: .projections
        case .convolutions: .grouped
        case .attention: .attention
        case .expansion, .contraction, .lastExpansion, .meanHidden, .meanTokens, .lastContraction: .mlp
        }
    }
}
