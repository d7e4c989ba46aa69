import Glibc

/// What an astronomer looks at first: photometric against spectroscopic redshift, and the residuals.
struct RedshiftFigures {
    private let redshifts: Redshifts
    private let redshiftAxis: ClosedRange<Double>
    private let residualLimit: Double

    /// - Parameter redshifts: At least one galaxy.
    init(_ redshifts: Redshifts) {
        self.redshifts = redshifts
        let spectroscopic = redshifts.spectroscopic.sorted()
        let predicted = redshifts.predicted.sorted()
        // All but one in a thousand at each end: a few wild values must not shrink the rest to a dot.
        let low = min(quantile(spectroscopic, 0.001), quantile(predicted, 0.001), 0.05)
        let high = max(quantile(spectroscopic, 0.999), quantile(predicted, 0.999))
        redshiftAxis = (low > -0.02 ? 0 : low)...max(high, low + 0.01, 0.01)
        let residuals = (0..<redshifts.count).map { abs(redshifts.floatResidual($0)) }.sorted()
        residualLimit = max(quantile(residuals, 0.995), 1e-6)
    }

    var all: [Figure] { [predicted, residual, histogram] }

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
            x: x, y: y, height: 480, legend: [("line accent", "p = z")])
        map.draw(in: &figure)
        let (from, to) = (x.range.lowerBound, x.range.upperBound)
        figure.line([(from, from), (to, to)], style: "line accent")
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
        var figure = Figure(
            "residual",
            caption: "Residual against spectroscopic redshift"
                + outside(map) + ". The lines are taken in bins of at least "
                + "\(RunningQuantiles.fewest) galaxies.",
            x: x, y: y, height: 480, legend: [("line accent", "median"), ("line accent dashed", "middle 68 %")])
        map.draw(in: &figure)
        figure.line([(x.range.lowerBound, 0), (x.range.upperBound, 0)], style: "line quiet")
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
        let y = Axis("galaxies", from: 0, to: Double(counts.max() ?? 1))
        var figure = Figure(
            "histogram",
            caption: "Histogram of the residuals\(Self.words(outside: outside, of: "it")).",
            x: x, y: y, height: 360)
        for (bin, count) in counts.enumerated() where count > 0 {
            let from = x.range.lowerBound + Double(bin) * width
            figure.box(
                (from, 0), (from + width, Double(count)), style: "bar",
                tip: "\(decimal(from, 4)) to \(decimal(from + width, 4)): \(grouped(count))")
        }
        return figure
    }

    private func outside(_ map: DensityMap) -> String { Self.words(outside: map.outside, of: "the figure") }

    private static func words(outside count: Int, of place: String) -> String {
        count > 0 ? "; \(grouped(count)) \(count == 1 ? "lies" : "lie") outside of \(place)" : ""
    }
}
