/// The counted galaxies of one rank, in the caller's arrays, and their groups.
struct GalaxyGroups {
    let predicted: [Float]
    let spectroscopic: [Float]
    let bins: BinGroups

    /// How many groups there are.
    var count: Int { bins.count }

    init(predicted: [Float], spectroscopic: [Float], quantities: [[Float]], edges: [BinEdges?]) {
        (self.predicted, self.spectroscopic) = (predicted, spectroscopic)
        bins = BinGroups(quantities, edges: edges) {
            Galaxy(predicted: predicted[$0], spectroscopic: spectroscopic[$0]) != nil
        }
    }

    /// Calls `body` with what `value` makes of each counted galaxy, once for each of its groups.
    @inline(__always)
    func forEach<Value>(_ value: (Galaxy) -> Value, _ body: (Value, _ group: Int) -> Void) {
        for index in predicted.indices {
            guard let galaxy = Galaxy(predicted: predicted[index], spectroscopic: spectroscopic[index]) else {
                continue
            }
            let value = value(galaxy)
            bins.forEach(of: index) { body(value, $0) }
        }
    }
}
