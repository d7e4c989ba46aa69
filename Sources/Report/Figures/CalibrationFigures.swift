import Glibc

/// Whether distributions keep their word: PIT, coverage and normalised residuals, of one run or of several.
struct CalibrationFigures {
    /// A run's scores.
    struct Series {
        let label: String
        let scores: RunRecord.Results.Scores
    }

    private let series: [Series]

    init(_ series: [Series]) { self.series = series }

    var all: [Figure] { [transform, coverage].compactMap(\.self) }

    private func legend(_ shown: [Series]) -> [(style: String, text: String)] {
        series.count > 1 ? shown.enumerated().map { ("series s\($0.offset) line", $0.element.label) } : []
    }

    /// The histogram of the probability integral transform, as a share of what a uniform one has in each bin.
    private var transform: Figure? {
        let shown = series.filter { one in one.scores.transform.contains { $0 > 0 } && one.scores.transform.count < 1000
        }
        guard let first = shown.first else { return nil }
        // Of the run with the fewest galaxies the band is the widest.
        let fewest = shown.map(\.scores.transformed).min() ?? 1
        let binCount = first.scores.transform.count
        let share = 1 / Double(binCount)
        let error = (fewest * share * (1 - share)).squareRoot() / (fewest * share)
        func heights(_ one: Series) -> [Double] {
            let mean = one.scores.transformed / Double(one.scores.transform.count)
            return one.scores.transform.map { Double($0) / mean }
        }
        let x = Axis("probability integral transform (PIT)", from: 0, to: 1, tickCount: 5)
        let y = Axis("galaxies / expected", over: shown.flatMap(heights) + [1 + 3 * error], atLeast: 1.5)
        var figure = Figure(
            "pit",
            caption:
                "Histogram of the probability integral transform: the probability that a galaxy's distribution has below its "
                + "spectroscopic redshift. Calibrated distributions are uniform; the bands hold 68 and 95 % of the bins of such ones "
                + "(binomial)\(shown.count > 1 ? ", for the run with the fewest galaxies" : "").",
            numbers: TextTable(
                ["run", "pit_from", "pit_to", "galaxies", "expected", "binomial_error"],
                shown.flatMap { one in
                    let counts = one.scores.transform
                    let (total, part) = (one.scores.transformed, 1 / Double(counts.count))
                    return counts.enumerated().map { bin, count in
                        [one.label, plain(Double(bin) * part), plain(Double(bin + 1) * part), "\(count)"]
                            + [total * part, (total * part * (1 - part)).squareRoot()].map { plain($0) }
                    }
                }),
            x: x, y: y, height: 360,
            legend: legend(shown) + [("band accent", "what calibrated distributions have, 68 and 95 %")])
        for width in [1.96, 1] {
            figure.box((0, max(1 - width * error, 0)), (1, 1 + width * error), style: "band accent", tip: "")
        }
        figure.line([(0, 1), (1, 1)], style: "line accent dashed thin")
        for (number, one) in shown.enumerated() {
            let values = heights(one)
            let edges = (0...values.count).map { Double($0) / Double(values.count) }
            if series.count == 1 {
                for (bin, value) in values.enumerated() {
                    figure.box(
                        (edges[bin], 0), (edges[bin + 1], value), style: "band",
                        tip:
                            "\(decimal(edges[bin], 2)) to \(decimal(edges[bin + 1], 2)): \(grouped(one.scores.transform[bin]))"
                    )
                }
            }
            figure.steps(edges, values, style: "series s\(number) line")
        }
        return figure
    }

    /// What lies in central intervals, against what they promise, and the difference.
    private var coverage: Figure? {
        let shown = series.filter { !$0.scores.coverage.isEmpty }
        guard !shown.isEmpty else { return nil }
        func difference(_ one: RunRecord.Results.Scores.Coverage) -> Double { 100 * (one.fraction - one.level) }
        let levels = shown.flatMap(\.scores.coverage)
        let reach = levels.map { abs(difference($0)) + 100 * ($0.error ?? 0) }.max() ?? 1
        var figure = Figure(
            "coverage",
            caption:
                "Galaxies whose spectroscopic redshift lies in a central interval of their distribution, against what the interval "
                + "promises, and the difference in percentage points, with binomial errors.",
            numbers: TextTable(
                ["run", "level", "fraction", "error"],
                shown.flatMap { one in
                    one.scores.coverage.map { [one.label, plain($0.level), plain($0.fraction), plain($0.error)] }
                }),
            x: Axis("central interval (%)", from: 0, to: 100, tickCount: 5),
            rows: [
                Axis("galaxies within (%)", from: 0, to: 100, tickCount: 5),
                Axis("difference (%)", from: -max(reach, 0.5), to: max(reach, 0.5), tickCount: 4),
            ], height: 480, legend: legend(shown) + [("line accent dashed", "calibrated")])
        figure.curve("line accent dashed") { $0 }
        figure.curve("line accent dashed", row: 1) { _ in 0 }
        for (number, one) in shown.enumerated() {
            for level in one.scores.coverage {
                let error = level.error.map { $0 * 100 }
                let tip =
                    "\(decimal(level.level * 100, 0)) %: \(decimal(level.fraction * 100, 2))"
                    + (error.map { " ± \(decimal($0, 2))" } ?? "") + " %"
                figure.dot((100 * level.level, 100 * level.fraction), style: "series s\(number) dot", tip: tip)
                figure.error((100 * level.level, difference(level)), error, style: "series s\(number)", row: 1)
                figure.dot((100 * level.level, difference(level)), style: "series s\(number) dot", tip: tip, row: 1)
            }
        }
        return figure
    }

    /// The histogram of normalised residuals beside a normal distribution of width 1.
    static func normalised(_ residuals: NormalisedResiduals) -> Figure? {
        let inside = residuals.counts.reduce(0, +)
        guard inside > 0 else { return nil }
        let width = 2 * NormalisedResiduals.limit / Double(NormalisedResiduals.binCount)
        let edges = (0...NormalisedResiduals.binCount).map { -NormalisedResiduals.limit + Double($0) * width }
        let densities = residuals.counts.map { Double($0) / Double(residuals.count) / width }
        let beyond = residuals.outside
        var figure = Figure(
            "normalised",
            caption: "Residuals in units of the galaxies' own errors: σ is half of the interval that is to hold 68 %."
                + (beyond > 0
                    ? " \(grouped(beyond)) of \(grouped(residuals.count)) galaxies lie beyond ±\(decimal(NormalisedResiduals.limit, 0))."
                    : ""),
            numbers: TextTable(
                ["from", "to", "galaxies"],
                residuals.counts.enumerated().map { [plain(edges[$0]), plain(edges[$0 + 1]), "\($1)"] }),
            x: Axis("normalised residual (z − p)/σ", from: -NormalisedResiduals.limit, to: NormalisedResiduals.limit),
            y: Axis("density", over: densities, atLeast: 0.45), height: 360,
            legend: [("line accent", "normal distribution of width 1")])
        for (bin, density) in densities.enumerated() where density > 0 {
            figure.box(
                (edges[bin], 0), (edges[bin + 1], density), style: "bar",
                tip: "\(decimal(edges[bin], 1)) to \(decimal(edges[bin + 1], 1)): \(grouped(residuals.counts[bin]))")
        }
        figure.curve("line accent") { exp(-0.5 * $0 * $0) / (2 * Double.pi).squareRoot() }
        return figure
    }
}
