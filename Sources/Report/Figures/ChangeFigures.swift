/// How redshifts change between runs over the same galaxies.
struct ChangeFigures {
    /// What changes from the first run to another.
    struct Series {
        let label: String
        let change: RedshiftChange
    }

    private let first: String
    private let series: [Series]

    /// - Parameters:
    ///   - first: The run that others are compared with.
    ///   - series: Runs that have other redshifts; at least one.
    init(from first: String, _ series: [Series]) { (self.first, self.series) = (first, series) }

    var all: [Figure] { [sizes] + (series.count == 1 ? [overRedshift(series[0])] : []) }

    private static let name = "D = (p' − p)/(1 + p)"

    private var sizes: Figure {
        let (powers, step) = (RedshiftChange.powers, RedshiftChange.binsOfPower)
        // Whole powers of ten that any change lies in.
        let all = (0..<powers.count - 1).filter { power in
            series.contains { one in one.change.sizes[power * step..<(power + 1) * step].contains { $0 > 0 } }
        }
        let bins = (all.first ?? 0) * step..<((all.last ?? 0) + 1) * step
        let edges = (bins.lowerBound...bins.upperBound).map { Double(powers.lowerBound) + Double($0) / Double(step) }
        let shares = series.map { one in
            one.change.sizes[bins].map { 100 * Double($0) / Double(max(one.change.compared, 1)) }
        }
        var figure = Figure(
            "change-of-redshift",
            caption:
                "Sizes of the changes of redshift from \(first), \(Self.name), over the same galaxies. Galaxies whose redshift does not change are not in it.",
            numbers: TextTable(
                ["run", "log10_size_from", "log10_size_to", "galaxies"],
                series.flatMap { one in
                    one.change.sizes[bins].enumerated().map {
                        [one.label, plain(edges[$0]), plain(edges[$0 + 1]), "\($1)"]
                    }
                }),
            x: Axis("log10 |D|", from: edges[0], to: edges[bins.count]),
            y: Axis("galaxies (%)", over: shares.flatMap(\.self), atLeast: 1),
            height: 360, legend: series.enumerated().map { ("series s\($0.offset) line", $0.element.label) })
        for (number, share) in shares.enumerated() { figure.steps(edges, share, style: "series s\(number) line") }
        return figure
    }

    private func overRedshift(_ one: Series) -> Figure {
        let sample = one.change.sample
        let sizes = sample.map { Float(min(abs($0.change), 1e30)) }.sorted()
        let redshifts = sample.map { Float($0.redshift) }.sorted()
        let limit = sizes.isEmpty ? 1 : max(quantile(sizes, 0.995), 1e-9)
        let x = Axis(
            "photometric redshift p of \(first)", from: redshifts.isEmpty ? 0 : min(quantile(redshifts, 0.001), 0),
            to: redshifts.isEmpty ? 1 : quantile(redshifts, 0.999))
        let y = Axis(Self.name, from: -limit, to: limit)
        var map = DensityMap(x: x, y: y)
        for galaxy in sample { map.add(galaxy.redshift, galaxy.change) }
        var figure = Figure(
            "change-over-redshift",
            caption:
                "Change of redshift from \(first) to \(one.label), of \(grouped(sample.count)) galaxies\(map.outside > 0 ? "; \(grouped(map.outside)) lie outside of the figure" : "").",
            numbers: TextTable(["p_from", "p_to", "change_from", "change_to", "galaxies"], map.numbers), x: x, y: y,
            height: 440, margin: DensityMap.margin)
        map.draw(in: &figure)
        figure.curve("line quiet thin") { _ in 0 }
        return figure
    }
}
