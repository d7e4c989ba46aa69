import Glibc

/// What an astronomer looks at first: photometric against spectroscopic redshift, and the residuals.
struct RedshiftFigures {
    /// From this residual on a galaxy is an outlier.
    static let outlier = 0.15

    private let redshifts: Redshifts
    /// The run's sigma_mad and median residual; nil where it does not tell them.
    private let core: (centre: Double, width: Double)?
    private let redshiftAxis: ClosedRange<Double>
    private let residualLimit: Double

    /// - Parameters:
    ///   - redshifts: At least one galaxy.
    ///   - metrics: Those of the run.
    init(_ redshifts: Redshifts, _ metrics: RunRecord.Results.Scores? = nil) {
        self.redshifts = redshifts
        core = metrics?["sigma_mad"].flatMap { $0 > 0 ? (metrics?["median_bias"] ?? 0, $0) : nil }
        let spectroscopic = sortedSample(redshifts.count) { redshifts.spectroscopic[$0] }
        let predicted = sortedSample(redshifts.count) { redshifts.predicted[$0] }
        // All but one in a thousand at each end: a few wild values must not shrink the rest to a dot.
        let low = min(quantile(spectroscopic, 0.001), quantile(predicted, 0.001), 0.05)
        let high = max(quantile(spectroscopic, 0.999), quantile(predicted, 0.999))
        redshiftAxis = (low > -0.02 ? 0 : low)...max(high, low + 0.01, 0.01)
        let residuals = sortedSample(redshifts.count) { abs(redshifts.floatResidual($0)) }
        residualLimit = max(quantile(residuals, 0.995), 1e-6)
    }

    var all: [Figure] { [predicted, residual, histogram] }

    private static let outlierLegend = (style: "line quiet dashed", text: "outlier limit, |d| = 0.15")

    private var predicted: Figure {
        let x = Axis("spectroscopic redshift z", from: redshiftAxis.lowerBound, to: redshiftAxis.upperBound)
        let y = Axis("photometric redshift p", from: redshiftAxis.lowerBound, to: redshiftAxis.upperBound)
        var map = DensityMap(x: x, y: y)
        for galaxy in 0..<redshifts.count {
            map.add(Double(redshifts.spectroscopic[galaxy]), Double(redshifts.predicted[galaxy]))
        }
        var figure = Figure(
            "predicted",
            caption: "Photometric against spectroscopic redshift of \(grouped(redshifts.count)) galaxies"
                + outside(map) + ". The stronger a colour, the more galaxies, in logarithmic steps.",
            numbers: TextTable(["z_from", "z_to", "p_from", "p_to", "galaxies"], map.numbers), x: x, y: y, height: 480,
            legend: [("line accent", "p = z"), Self.outlierLegend], margin: DensityMap.margin)
        map.draw(in: &figure)
        for limit in [-Self.outlier, Self.outlier] {
            figure.curve("line quiet dashed") { $0 + limit * (1 + $0) }
        }
        figure.curve("line accent") { $0 }
        return figure
    }

    private var residual: Figure {
        let x = Axis("spectroscopic redshift z", from: redshiftAxis.lowerBound, to: redshiftAxis.upperBound)
        let y = Axis("residual d = (p − z)/(1 + z)", from: -residualLimit, to: residualLimit)
        var map = DensityMap(x: x, y: y)
        for galaxy in 0..<redshifts.count {
            map.add(Double(redshifts.spectroscopic[galaxy]), redshifts.residual(galaxy))
        }
        let running = RunningQuantiles(redshifts, over: x.range).bins
        let legend: [(style: String, text: String)] = [
            ("line accent", "median"), ("line accent dashed", "middle 68 %"),
        ]
        var figure = Figure(
            "residual",
            caption: "Residual against spectroscopic redshift" + outside(map)
                + ". The lines are taken in bins of at least \(RunningQuantiles.fewest) galaxies.",
            numbers: TextTable(
                ["z", "median", "lower_68", "upper_68", "galaxies"],
                running.map {
                    [$0.redshift, $0.median, $0.lower, $0.upper].map { plain($0) } + ["\($0.count)"]
                }),
            x: x, y: y, height: 480, legend: y.range.contains(Self.outlier) ? legend + [Self.outlierLegend] : legend,
            margin: DensityMap.margin)
        map.draw(in: &figure)
        figure.line([(x.range.lowerBound, 0), (x.range.upperBound, 0)], style: "line quiet thin")
        for limit in [-Self.outlier, Self.outlier] { figure.curve("line quiet dashed") { _ in limit } }
        figure.line(running.map { ($0.redshift, $0.median) }, style: "line accent")
        figure.line(running.map { ($0.redshift, $0.lower) }, style: "line accent dashed")
        figure.line(running.map { ($0.redshift, $0.upper) }, style: "line accent dashed")
        return figure
    }

    private var histogram: Figure {
        let x = Axis("residual d = (p − z)/(1 + z)", from: -residualLimit, to: residualLimit)
        let binCount = 60
        let width = (x.range.upperBound - x.range.lowerBound) / Double(binCount)
        var counts = [Int](repeating: 0, count: binCount)
        var outside = 0
        for galaxy in 0..<redshifts.count {
            let place = x.place(redshifts.residual(galaxy)) * Double(binCount)
            if place >= 0, place < Double(binCount) { counts[Int(place)] += 1 } else { outside += 1 }
        }
        let edges = (0...binCount).map { x.range.lowerBound + Double($0) * width }
        let y = Axis("galaxies", from: 0, to: Double(counts.max() ?? 1))
        let isShown = x.range.contains(Self.outlier)
        var legend: [(style: String, text: String)] = []
        if core != nil { legend.append(("line accent", "normal distribution of the width sigma_mad")) }
        if isShown { legend.append(Self.outlierLegend) }
        var figure = Figure(
            "histogram",
            caption: "Histogram of the residuals\(Self.words(outside: outside, of: "it"))."
                + (isShown ? "" : " The outlier limit, |d| = 0.15, lies beyond it."),
            numbers: TextTable(
                ["d_from", "d_to", "galaxies"],
                counts.enumerated().map { [plain(edges[$0]), plain(edges[$0 + 1]), "\($1)"] }),
            x: x, y: y, height: 360, legend: legend)
        for (bin, count) in counts.enumerated() where count > 0 {
            figure.box(
                (edges[bin], 0), (edges[bin + 1], Double(count)), style: "bar",
                tip: "\(decimal(edges[bin], 4)) to \(decimal(edges[bin + 1], 4)): \(grouped(count))")
        }
        if let core {
            let peak = Double(redshifts.count) * width / (core.width * (2 * Double.pi).squareRoot())
            figure.curve("line accent") { peak * exp(-0.5 * pow(($0 - core.centre) / core.width, 2)) }
        }
        for limit in [-Self.outlier, Self.outlier] where isShown {
            figure.line([(limit, y.range.lowerBound), (limit, y.range.upperBound)], style: "line quiet dashed")
        }
        return figure
    }

    private func outside(_ map: DensityMap) -> String { Self.words(outside: map.outside, of: "the figure") }

    private static func words(outside count: Int, of place: String) -> String {
        count > 0 ? "; \(grouped(count)) \(count == 1 ? "lies" : "lie") outside of \(place)" : ""
    }
}
