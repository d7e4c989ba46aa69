/// How errors of metrics are found: by drawing as many galaxies as there are, each of them at random from all (Efron
/// 1979), many times, and looking at how far the metrics scatter.
///
/// Of means and shares it is known where that leads with ever more resamples, and no number is drawn for them: the
/// error of a mean is the standard deviation over √N, that of a share f is √(f (1 - f)/N). Medians are drawn.
/// Galaxies are drawn by cells of their differences and not one by one, so that it takes no longer with more galaxies,
/// and by random numbers that are a function of seed, group, resample and cell: no number of ranks can change them.
public struct Bootstrap: Sendable, Equatable {
    /// Another seed draws other galaxies.
    public let seed: UInt64
    /// How often galaxies are drawn. An error has a relative error of about 1/√(2 resamples).
    public let resamples: Int

    /// - Parameters:
    ///   - seed: Another seed draws other galaxies.
    ///   - resamples: How often galaxies are drawn, at least 2.
    public init(seed: UInt64 = 1, resamples: Int = 100) {
        precondition(resamples >= 2, "one resample alone cannot scatter")
        (self.seed, self.resamples) = (seed, resamples)
    }
}
