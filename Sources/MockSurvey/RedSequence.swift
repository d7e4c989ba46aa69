/// What colours old stars have, and with them the bulges of galaxies: a function of redshift alone, but for some
/// scatter.
///
/// Up to z = 0.25 medians of the reddest 40 % in g - r of the SDSS main galaxy sample, beyond the passive track of
/// luminous red galaxies.
enum RedSequence {
    private static let redshifts = [0.00, 0.05, 0.10, 0.15, 0.20, 0.25, 0.30, 0.35, 0.45]
    /// u - g, g - r, r - i and i - z at these redshifts.
    private static let colours: [SIMD4<Double>] = [
        [1.62, 0.70, 0.350, 0.270], [1.79, 0.82, 0.390, 0.300], [1.90, 0.95, 0.420, 0.340],
        [1.96, 1.12, 0.455, 0.345], [1.98, 1.28, 0.490, 0.335], [1.97, 1.43, 0.530, 0.340],
        [1.95, 1.56, 0.570, 0.360], [1.93, 1.64, 0.620, 0.380], [1.90, 1.72, 0.720, 0.420],
    ]

    /// Standard deviations of the colours of single bulges about the sequence, magnitudes.
    static let scatter: SIMD4<Double> = [0.05, 0.02, 0.012, 0.012]

    /// The sequence's colours u - g, g - r, r - i and i - z at a redshift: linear between those known, and beyond them
    /// those of the nearest one.
    static func colours(at redshift: Double) -> SIMD4<Double> {
        guard let next = redshifts.firstIndex(where: { redshift < $0 }) else { return colours[colours.count - 1] }
        guard next > 0 else { return colours[0] }
        let share = (redshift - redshifts[next - 1]) / (redshifts[next] - redshifts[next - 1])
        return colours[next - 1] + share * (colours[next] - colours[next - 1])
    }
}
