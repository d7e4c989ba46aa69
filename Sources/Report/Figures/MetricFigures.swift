/// Metrics over what galaxies are binned by, of one run or of several above each other.
struct MetricFigures {
    /// A run's metrics in bins of one quantity.
    struct Series {
        let label: String
        let bins: [RunRecord.Results.Bin]
    }

    /// A metric, how its axis is called, and whether it is shown as a percentage.
    private struct Metric {
        let name: String
        let title: String
        var factor = 1.0
        /// What its axis reaches to at least.
        var least = 1e-4
    }

    private static let metrics = [
        Metric(name: "sigma_mad", title: "sigma_mad"), Metric(name: "Bias", title: "bias"),
        Metric(name: "outlier_fraction_0.15", title: "outliers (%)", factor: 100, least: 1),
    ]

    private let variable: RunRecord.Results.Variable
    /// The band of magnitudes.
    private let band: String
    private let series: [Series]

    /// - Returns: Nil when no run has two bins with galaxies.
    init?(_ variable: RunRecord.Results.Variable, band: String, _ series: [Series]) {
        self.variable = variable
        self.band = band
        self.series = series.map { one in
            Series(label: one.label, bins: one.bins.filter { $0.scores.count > 0 && $0.from <= $0.to })
        }
        guard self.series.contains(where: { $0.bins.count > 1 }) else { return nil }
    }

    private var title: String {
        switch variable {
        case .redshift: "spectroscopic redshift"
        case .predicted: "photometric redshift"
        case .magnitude: "\(band) magnitude"
        }
    }

    private var name: String {
        switch variable {
        case .redshift: "redshift"
        case .predicted: "photometric-redshift"
        case .magnitude: "magnitude"
        }
    }

    private var abscissa: Axis {
        let bins = series.flatMap(\.bins)
        // The first and the last bin reach to whatever galaxy lies farthest out: they are drawn as wide as two others.
        let widths = bins.map { $0.to - $0.from }.sorted()
        let usual = widths[widths.count / 2]
        let low = bins.map { max($0.from, $0.to - 2 * usual) }.min() ?? 0
        let high = bins.map { min($0.to, $0.from + 2 * usual) }.max() ?? 1
        return Axis(title, from: low, to: high)
    }

    /// Where a bin's dot stands: in its middle as far as it is drawn.
    private func place(_ bin: RunRecord.Results.Bin, _ x: Axis) -> Double {
        let (from, to) = (max(bin.from, x.range.lowerBound), min(bin.to, x.range.upperBound))
        return from + (to - from) / 2
    }

    private func style(_ number: Int) -> String { series.count > 1 ? "series s\(number)" : "series s0" }

    private var legend: [(style: String, text: String)] {
        series.count > 1 ? series.enumerated().map { ("series s\($0.offset) line", $0.element.label) } : []
    }

    /// sigma_mad, bias and outliers below each other.
    var accuracy: Figure {
        let x = abscissa
        let bins = series.flatMap(\.bins)
        let rows = Self.metrics.map { metric in
            Axis(metric.title, over: Self.extent(bins, metric), atLeast: metric.least, tickCount: 4)
        }
        let hasErrors = bins.contains { $0.scores.error(of: "sigma_mad") != nil }
        var figure = Figure(
            "metrics-over-\(name)",
            caption: "sigma_mad, bias (mean d) and outliers (|d| > 0.15) in bins of \(title)"
                + (hasErrors ? ", with bootstrap errors." : ". These results have no errors of them."),
            numbers: table(Self.metrics.flatMap { [$0.name, $0.name + "_error"] }),
            x: x, rows: rows, height: 560, legend: legend)
        for (row, metric) in Self.metrics.enumerated() {
            figure.curve("line quiet thin", row: row) { _ in 0 }
            for (number, one) in series.enumerated() {
                draw(one.bins, (style(number), row, metric.title), in: &figure, x) { bin in
                    bin.scores[metric.name].map {
                        ($0 * metric.factor, bin.scores.error(of: metric.name).map { $0 * metric.factor })
                    }
                }
            }
        }
        return figure
    }

    /// How many galaxies lie within their central intervals of 68 and 95 %; nil where no run has distributions.
    var coverage: Figure? {
        let levels = [0.68, 0.95]
        func share(_ bin: RunRecord.Results.Bin, _ level: Double) -> (Double, Double?)? {
            bin.scores.coverage.first { abs($0.level - level) < 1e-9 }.map {
                ($0.fraction * 100, $0.error.map { $0 * 100 })
            }
        }
        let x = abscissa
        let rows = levels.map { level in
            let ends = series.flatMap(\.bins).compactMap { share($0, level) }.flatMap { value, error in
                [value - (error ?? 0), value + (error ?? 0)].map { min(max($0, 0), 100) }
            }
            let (low, high) = (min(ends.min() ?? 0, level * 100 - 2), max(ends.max() ?? 0, level * 100 + 2))
            return (ends, Axis("within \(decimal(level * 100, 0)) % (%)", from: low, to: high, tickCount: 4))
        }
        guard rows.contains(where: { !$0.0.isEmpty }) else { return nil }
        var figure = Figure(
            "coverage-over-\(name)",
            caption:
                "Galaxies whose spectroscopic redshift lies in the central 68 and 95 % of their distribution, in bins of "
                + "\(title), with binomial errors. Dashed: what is promised.",
            numbers: table(["coverage_0.68", "coverage_0.68_error", "coverage_0.95", "coverage_0.95_error"]),
            x: x, rows: rows.map(\.1), height: 420, legend: legend)
        for (row, level) in levels.enumerated() {
            figure.curve("line quiet dashed", row: row) { _ in level * 100 }
            for (number, one) in series.enumerated() {
                draw(one.bins, (style(number), row, "%"), in: &figure, x) { share($0, level) }
            }
        }
        return figure
    }

    /// Values with their errors; an error far beyond those of other bins, of a handful of galaxies, must not shrink the
    /// rest.
    private static func extent(_ bins: [RunRecord.Results.Bin], _ metric: Metric) -> [Double] {
        let errors = bins.compactMap { $0.scores.error(of: metric.name) }.sorted()
        let most = errors.isEmpty ? 0 : 3 * errors[errors.count / 2]
        return bins.flatMap { bin -> [Double] in
            guard let value = bin.scores[metric.name] else { return [] }
            let error = min(bin.scores.error(of: metric.name) ?? 0, most)
            return [value - error, value + error].map { $0 * metric.factor }
        }
    }

    /// Dots with errors, joined by a line.
    ///
    /// - Parameter look: The style, the frame, and what the values are.
    private func draw(
        _ bins: [RunRecord.Results.Bin], _ look: (style: String, row: Int, name: String), in figure: inout Figure,
        _ x: Axis, _ value: (RunRecord.Results.Bin) -> (Double, Double?)?
    ) {
        let points = bins.compactMap { bin in
            value(bin).map { (bin: bin, place: place(bin, x), value: $0.0, error: $0.1) }
        }
        figure.line(points.map { ($0.place, $0.value) }, style: look.style + " line", row: look.row)
        for point in points {
            let range = "\(decimal(point.bin.from, 3)) to \(decimal(point.bin.to, 3))"
            let error = point.error.map { " ± \(decimal($0, 4))" } ?? ""
            figure.error((point.place, point.value), point.error, style: look.style, row: look.row)
            figure.dot(
                (point.place, point.value), style: look.style + " dot",
                tip:
                    "\(range): \(grouped(point.bin.scores.count)) galaxies, \(look.name) \(decimal(point.value, 4))\(error)",
                row: look.row, radius: 3)
        }
    }

    private func table(_ columns: [String]) -> TextTable {
        TextTable(
            (series.count > 1 ? ["run"] : []) + ["from", "to", "galaxies"] + columns,
            series.flatMap { one in
                one.bins.map { bin in
                    (series.count > 1 ? [one.label] : []) + [
                        plain(bin.from), plain(bin.to), decimal(bin.scores.count, 0),
                    ]
                        + columns.map { plain(Self.number($0, bin.scores)) }
                }
            })
    }

    private static func number(_ column: String, _ scores: RunRecord.Results.Scores) -> Double? {
        guard column.hasPrefix("coverage_") else { return scores[column] }
        let isError = column.hasSuffix("_error")
        let level = Double(column.dropFirst(9).prefix(4))
        let found = scores.coverage.first { abs($0.level - (level ?? 0)) < 1e-9 }
        return isError ? found?.error : found?.fraction
    }
}
