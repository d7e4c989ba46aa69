/// Where a forward pass spends its time: for benchmarks. Reading the clock costs a little itself, so throughput is measured
/// without it.
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

extension ForwardPass {
    /// Runs a layer; its time is counted when someone asked for it.
    @inline(__always)
    func timed(_ layer: LayerTimes.Layer, _ body: () -> Void) {
        guard times != nil else { return body() }
        let start = ContinuousClock.now
        body()
        times?.durations[layer, default: .zero] += ContinuousClock.now - start
    }
}
