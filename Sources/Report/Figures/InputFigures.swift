/// What the network was given, against its redshifts and against what it was trained on.
struct InputFigures {
    /// Frames of a figure; more bands are left out.
    private static let mostRows = 8

    private let sample: InputSample
    private let redshiftAxis: Axis

    /// - Returns: Nil when no galaxy of the sample has a redshift.
    init?(_ sample: InputSample) {
        self.sample = sample
        guard let range = Self.range(sample.values { sample.redshifts[$0] }) else { return nil }
        redshiftAxis = Axis(
            "photometric redshift", from: range.low > -0.02 ? 0 : range.low, to: range.high)
    }

    var all: [Figure] { [overMagnitude, overColours, magnitudes].compactMap(\.self) }

    private var words: String {
        "\(grouped(sample.count)) galaxies" + (sample.count < sample.samples ? ", evenly spread over all" : "")
    }

    /// All but two in a thousand at each end.
    private static func range(_ values: [Float]) -> (low: Double, high: Double)? {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        return (quantile(sorted, 0.002), quantile(sorted, 0.998))
    }

    private var overMagnitude: Figure? {
        let band = sample.middle
        guard let range = Self.range(sample.values { sample.magnitude($0, band) }) else { return nil }
        let x = Axis("\(sample.bands[band]) magnitude", from: range.low, to: range.high)
        var map = DensityMap(x: x, y: redshiftAxis)
        for galaxy in 0..<sample.count {
            map.add(Double(sample.magnitude(galaxy, band)), Double(sample.redshifts[galaxy]))
        }
        var figure = Figure(
            "redshift-over-magnitude", caption: "Photometric redshift against magnitude of \(words).",
            numbers: TextTable(["magnitude_from", "magnitude_to", "p_from", "p_to", "galaxies"], map.numbers), x: x,
            y: redshiftAxis, margin: DensityMap.margin)
        map.draw(in: &figure)
        return figure
    }

    private var overColours: Figure? {
        let shown = (0..<max(sample.bands.count - 1, 0)).prefix(Self.mostRows).compactMap { band in
            Self.range(sample.values { sample.colour($0, band) }).map { range in
                let name = "\(sample.bands[band]) − \(sample.bands[band + 1])"
                let axis = Axis(name, from: range.low, to: range.high, tickCount: 3)
                var map = DensityMap(x: redshiftAxis, y: axis, rows: 44)
                for galaxy in 0..<sample.count {
                    map.add(Double(sample.redshifts[galaxy]), Double(sample.colour(galaxy, band)))
                }
                return (name: name, axis: axis, map: map)
            }
        }
        guard !shown.isEmpty else { return nil }
        var figure = Figure(
            "colours", caption: "Colours against photometric redshift of \(words).",
            numbers: TextTable(
                ["colour", "p_from", "p_to", "colour_from", "colour_to", "galaxies"],
                shown.flatMap { one in one.map.numbers.map { [one.name] + $0 } }),
            x: redshiftAxis, rows: shown.map(\.axis), height: 80 + 130 * shown.count, margin: DensityMap.margin)
        for (row, one) in shown.enumerated() { one.map.draw(in: &figure, row: row) }
        return figure
    }

    private var magnitudes: Figure? {
        let bands = sample.bands.indices.prefix(Self.mostRows)
        let columns = bands.map { band in sample.values { sample.magnitude($0, band) } }
        let limits = sample.magnitudeLimits
        let ranges = columns.compactMap(Self.range)
        let ends = limits.flatMap { [Double($0.lowerBound), Double($0.upperBound)] }
        guard let low = (ranges.map(\.low) + ends).min(), let high = (ranges.map(\.high) + ends).max(), !ranges.isEmpty
        else { return nil }
        let x = Axis("magnitude", from: low, to: high)
        let binCount = 60
        let width = (x.range.upperBound - x.range.lowerBound) / Double(binCount)
        let histograms = columns.map { column in
            var counts = [Int](repeating: 0, count: binCount)
            for value in column {
                let place = x.place(Double(value)) * Double(binCount)
                if place >= 0, place < Double(binCount) { counts[Int(place)] += 1 }
            }
            return counts
        }
        let edges = (0...binCount).map { x.range.lowerBound + Double($0) * width }
        let numbers = zip(bands, histograms).flatMap { band, counts in
            let trained = limits.isEmpty ? ["", ""] : ["\(limits[band].lowerBound)", "\(limits[band].upperBound)"]
            return counts.enumerated().map { bin, count in
                [sample.bands[band], plain(edges[bin]), plain(edges[bin + 1]), "\(count)"] + trained
            }
        }
        var figure = Figure(
            "magnitudes",
            caption: "Magnitudes of \(words)"
                + (limits.isEmpty
                    ? "; the weights do not say what they were trained on."
                    : "; shaded: what the network was trained on, percentiles 0.1 to 99.9."),
            numbers: TextTable(["band", "from", "to", "galaxies", "trained_from", "trained_to"], numbers),
            x: x,
            rows: zip(bands, histograms).map { band, counts in
                Axis(sample.bands[band], from: 0, to: Double(max(counts.max() ?? 1, 1)), tickCount: 3)
            }, height: 80 + 100 * bands.count,
            legend: limits.isEmpty ? [] : [("band accent", "trained on, percentiles 0.1 to 99.9")])
        for (row, (band, counts)) in zip(bands, histograms).enumerated() {
            if !limits.isEmpty {
                let (from, to) = (Double(limits[band].lowerBound), Double(limits[band].upperBound))
                let tip = "\(sample.bands[band]): \(decimal(from, 2)) to \(decimal(to, 2))"
                figure.box(
                    (from, 0), (to, figure.panel(row).y.range.upperBound), style: "band accent", tip: tip, row: row)
            }
            figure.steps(edges, counts.map(Double.init), style: "series s0 line", row: row)
        }
        return figure
    }
}
