/// How far the median of d and the median deviation from it scatter when galaxies are drawn anew.
struct MedianErrors {
    /// The standard deviation of median d.
    private(set) var median = 0.0
    /// That of median |d - median d|.
    private(set) var deviation = 0.0

    /// Up to so many galaxies a median lies between two of them, or is one of them; with more it does not matter.
    private static let few = 200

    /// - Parameters:
    ///   - cells: How the galaxies were put into cells; nil where all differences are equal, which then cannot scatter.
    ///   - counts: How many galaxies each cell has, at least two in all.
    ///   - group: What tells this group from others.
    init(_ cells: DifferenceCells?, _ counts: some Collection<Int64>, group: Int, _ bootstrap: Bootstrap) {
        guard let cells else { return }
        var resample = Resample(of: counts, group: group, seed: bootstrap.seed)
        let count = resample.count
        let middle = Double(count) / 2
        let targets = count > Self.few || count % 2 == 1 ? [middle] : [middle - 0.5, middle + 0.5]
        var (medians, deviations) = (Scatter(), Scatter())
        for _ in 0..<bootstrap.resamples {
            resample.next()
            let values = targets.map { DifferenceCells.value(at: resample.place(below: $0)) }
            let median = values.reduce(0, +) / Double(values.count)
            let distances = targets.map { Self.distance(holding: $0, about: median, &resample) }
            medians.add(median)
            deviations.add(distances.reduce(0, +) / Double(distances.count))
        }
        median = medians.standardDeviation * cells.scale
        deviation = deviations.standardDeviation * cells.scale
    }

    /// How far from a value so many galaxies reach, in units of the scale.
    private static func distance(holding target: Double, about centre: Double, _ resample: inout Resample) -> Double {
        func count(within distance: Double) -> Double {
            resample.count(below: DifferenceCells.place(of: centre + distance))
                - resample.count(below: DifferenceCells.place(of: centre - distance))
        }
        // It is hardly ever far from that of the galaxies as they are.
        let usual = 1 / 1.4826
        let spread = min(0.9, 8 / Double(resample.count).squareRoot())
        var (low, high) = (usual * (1 - spread), usual * (1 + spread))
        if count(within: low) >= target { (low, high) = (0, low) }
        while count(within: high) < target, high < 1e6 { (low, high) = (high, 2 * high) }
        // What is left of the bracket is then a hundredth of the error, or less.
        for _ in 0..<11 {
            let middle = (low + high) / 2
            if count(within: middle) < target { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }
}
