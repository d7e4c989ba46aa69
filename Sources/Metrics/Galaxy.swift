/// One counted galaxy, in double precision: every metric is made of what is defined here.
struct Galaxy {
    let predicted: Double
    let spectroscopic: Double

    /// Nil when the galaxy is not counted: see `RedshiftMetrics`.
    @inline(__always)
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
