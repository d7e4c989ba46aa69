/// n(z): how many galaxies have which redshift, by their distributions, their single redshifts, and spectroscopy.
struct RedshiftDistribution {
    /// One way to count, as densities that add up to 1 over all redshifts.
    struct Count {
        let label: String
        let style: String
        let densities: [Double]
    }

    /// The most galaxies whose distributions are stacked.
    static let stackLimit = 1 << 17
    private static let block = 1 << 12

    private let edges: [Double]
    private let axis: Axis
    private var counts: [Count] = []
    private var notes: [String] = []

    /// - Parameter redshifts: What the axis is to cover; at least one.
    init(over redshifts: [[Float]], binCount: Int = 60) {
        let samples = redshifts.filter { !$0.isEmpty }.map { some in sortedSample(some.count) { some[$0] } }
        let low = samples.map { quantile($0, 0.0005) }.min() ?? 0
        let high = samples.map { quantile($0, 0.9995) }.max() ?? 1
        let axis = Axis("redshift z", from: low > -0.02 ? 0 : low, to: max(high, 0.01))
        let (start, extent) = (axis.range.lowerBound, axis.range.upperBound - axis.range.lowerBound)
        edges = (0...binCount).map { start + Double($0) / Double(binCount) * extent }
        self.axis = axis
    }

    private var binCount: Int { edges.count - 1 }
    private var width: Double { edges[1] - edges[0] }

    /// Single redshifts as a histogram.
    mutating func add(_ redshifts: [Float], label: String, style: String) {
        guard !redshifts.isEmpty else { return }
        var found = [Int](repeating: 0, count: binCount)
        for redshift in redshifts {
            let place = axis.place(Double(redshift)) * Double(binCount)
            if place >= 0, place < Double(binCount) { found[Int(place)] += 1 }
        }
        let total = Double(redshifts.count) * width
        counts.append(Count(label: label, style: style, densities: found.map { Double($0) / total }))
    }

    /// Distributions, stacked; of many galaxies some, evenly spread over all.
    ///
    /// - Throws: ``ReportError`` when they cannot be read.
    mutating func add(_ file: DistributionFile, samples: Int, style: String) throws(ReportError) {
        var masses = [Double](repeating: 0, count: binCount)
        var stacked = 0
        let blocks = (samples + Self.block - 1) / Self.block
        let taken = min(blocks, Self.stackLimit / Self.block)
        for number in 0..<taken {
            let first = number * blocks / taken * Self.block
            for curve in try file.curves(first..<min(first + Self.block, samples)) {
                guard let curve else { continue }
                stacked += 1
                Self.add(curve, edges, to: &masses)
            }
        }
        guard stacked > 0 else { return }
        let total = Double(stacked) * width
        counts.append(Count(label: "stacked distributions p(z)", style: style, densities: masses.map { $0 / total }))
        if taken < blocks {
            notes.append("The distributions are those of \(grouped(stacked)) galaxies, evenly spread over all.")
        }
    }

    private static func add(_ curve: CumulativeCurve, _ edges: [Double], to masses: inout [Double]) {
        var (next, below) = (0, 0.0)
        let (redshifts, probabilities) = (curve.redshifts, curve.probabilities)
        for (place, edge) in edges.enumerated() {
            while next < redshifts.count, redshifts[next] <= edge { next += 1 }
            var probability = next == 0 ? 0 : 1.0
            if next > 0, next < redshifts.count {
                let share = (edge - redshifts[next - 1]) / (redshifts[next] - redshifts[next - 1])
                probability = probabilities[next - 1] + share * (probabilities[next] - probabilities[next - 1])
            }
            if place > 0 { masses[place - 1] += probability - below }
            below = probability
        }
    }

    /// - Parameter name: The figure's name.
    func figure(_ name: String = "redshift-distribution") -> Figure {
        var figure = Figure(
            name, caption: (["Normalised redshift distribution n(z)."] + notes).joined(separator: " "),
            numbers: TextTable(
                ["z_from", "z_to"] + counts.map(\.label),
                (0..<binCount).map { bin in
                    [plain(edges[bin]), plain(edges[bin + 1])] + counts.map { plain($0.densities[bin]) }
                }),
            x: axis, y: Axis("n(z)", over: counts.flatMap(\.densities), atLeast: 1e-9), height: 360,
            legend: counts.map { ($0.style, $0.label) })
        for count in counts {
            if count.style.contains("line") {
                figure.steps(edges, count.densities, style: count.style)
                continue
            }
            for (bin, density) in count.densities.enumerated() where density > 0 {
                figure.box(
                    (edges[bin], 0), (edges[bin + 1], density), style: count.style,
                    tip: "\(decimal(edges[bin], 3)) to \(decimal(edges[bin + 1], 3)): \(decimal(density, 3))")
            }
        }
        return figure
    }
}
