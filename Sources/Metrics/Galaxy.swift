/// One counted galaxy, in double precision: every metric is made of what is defined here.
struct Galaxy {
    let predicted: Double
    let spectroscopic: Double

    /// Nil when the galaxy is not counted: see `RedshiftMetrics`.
    init?(predicted: Float, spectroscopic: Float) {
        guard predicted.isFinite, spectroscopic.isFinite, spectroscopic > -1 else { return nil }
        self.predicted = Double(predicted)
        self.spectroscopic = Double(spectroscopic)
    }

    /// p - z
    var error: Double { predicted - spectroscopic }

    /// d = (p - z)/(1 + z); finite, because 1 + z is at least 2^-24.
    var relativeError: Double { error / (1 + spectroscopic) }
}

/// The galaxies of one rank, in the caller's arrays.
struct Galaxies {
    let predicted: [Float]
    let spectroscopic: [Float]

    func forEachCounted(_ body: (Galaxy) -> Void) {
        for index in predicted.indices {
            if let galaxy = Galaxy(predicted: predicted[index], spectroscopic: spectroscopic[index]) {
                body(galaxy)
            }
        }
    }

    /// One key for each counted galaxy, for a selection over all ranks.
    func keys(_ value: (Galaxy) -> Double) -> [OrderedBits] {
        var keys: [OrderedBits] = []
        // Growing step by step would take twice the memory.
        keys.reserveCapacity(predicted.count)
        forEachCounted { keys.append(OrderedBits(value($0))) }
        return keys
    }
}
