/// A radial profile of light as a sum of Gaussians of the effective radius 1 (Hogg & Lang 2013, PASP 125, 719; the
/// mixtures truncated as in SDSS).
struct Profile: Sendable {
    /// Shares of the light, which add up to 1, and variances in squares of the effective radius.
    let gaussians: [(amplitude: Double, variance: Double)]

    private init(_ amplitudes: [Double], _ variances: [Double]) {
        let total = amplitudes.reduce(0, +)
        gaussians = zip(amplitudes, variances).map { ($0 / total, $1) }
    }

    /// Of discs: "lux".
    static let exponential = Profile(
        [2.34853813e-03, 3.07995260e-02, 2.23364214e-01, 1.17949102e+00, 4.33873750e+00, 5.99820770e+00],
        [1.20078965e-03, 8.84526493e-03, 3.91463084e-02, 1.39976817e-01, 4.60962500e-01, 1.50159566e+00])

    /// Of bulges: "luv".
    static let deVaucouleurs = Profile(
        [
            4.26347652e-02, 2.40127183e-01, 6.85907632e-01, 1.51937350e+00, 2.83627243e+00, 4.46467501e+00,
            5.72440830e+00, 5.60989349e+00,
        ],
        [
            2.23759216e-04, 1.00220099e-03, 4.18731126e-03, 1.69432589e-02, 6.84850479e-02, 2.87207080e-01,
            1.33320254e+00, 8.40215071e+00,
        ])
}
