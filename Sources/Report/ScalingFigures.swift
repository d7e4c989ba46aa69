/// Several runs beside each other: throughput, time and efficiency over what differs between them.
struct ScalingFigures {
    /// What may differ between runs.
    enum Variable: CaseIterable {
        case worldSize, batchSize, partitionSize, dataSize

        var title: String {
            switch self {
            case .worldSize: "ranks"
            case .batchSize: "batch size (galaxies)"
            case .partitionSize: "galaxies a partition"
            case .dataSize: "galaxies"
            }
        }

        var name: String {
            switch self {
            case .worldSize: "ranks"
            case .batchSize: "batch-size"
            case .partitionSize: "partition-size"
            case .dataSize: "data-size"
            }
        }

        func value(_ run: RunRecord.Results) -> Int {
            switch self {
            case .worldSize: run.worldSize
            case .batchSize: run.batchSize
            case .partitionSize: run.samples / max(run.partitions, 1)
            case .dataSize: run.samples
            }
        }
    }

    /// Lines of a figure; more would not be told apart.
    static let mostLines = 8
    private let runs: [RunRecord.Results]

    init(_ records: [RunRecord]) { runs = records.map(\.results) }

    var all: [Figure] {
        Variable.allCases.filter { variable in Set(runs.map(variable.value)).count > 1 }.flatMap(figures)
            + [weakScaling].compactMap(\.self)
    }

    /// Throughput a rank beside that of the smallest world with otherwise equal settings; nil without such a run.
    static func efficiency(_ run: RunRecord.Results, among runs: [RunRecord.Results]) -> Double? {
        let alike = runs.filter { settings($0, but: .worldSize) == settings(run, but: .worldSize) }
        guard let smallest = alike.map(\.worldSize).min() else { return nil }
        let base = median(alike.filter { $0.worldSize == smallest }.map(\.samplesPerSecond)) / Double(smallest)
        return base > 0 ? run.samplesPerSecond / Double(run.worldSize) / base : nil
    }

    private func figures(over variable: Variable) -> [Figure] {
        var figures = [
            figure(over: variable, "throughput", "galaxies a second") { $0.samplesPerSecond },
            figure(over: variable, "time", "wall time (s)") { $0.wallTime.total },
        ]
        if variable == .worldSize {
            figures.append(
                figure(over: variable, "efficiency", "strong-scaling efficiency") {
                    Self.efficiency($0, among: runs) ?? 0
                })
        }
        if runs.allSatisfy({ $0.cost != nil }) {
            figures.append(
                figure(over: variable, "cost", "Lambda USD for a million galaxies") {
                    ($0.cost?.lambda ?? 0) / Double(max($0.samples, 1)) * 1e6
                })
        }
        return figures
    }

    private func figure(
        over variable: Variable, _ name: String, _ title: String, _ value: (RunRecord.Results) -> Double
    ) -> Figure {
        let largest = runs.map(value).max() ?? 1
        let groups = Dictionary(grouping: runs) { Self.settings($0, but: variable) }
            .sorted {
                Self.order($0.value[0], but: variable).lexicographicallyPrecedes(Self.order($1.value[0], but: variable))
            }
            .prefix(Self.mostLines)
        var figure = Figure(
            "\(name)-over-\(variable.name)",
            caption: "\(title.prefix(1).uppercased() + title.dropFirst()) over \(variable.title). "
                + "Dots are runs, lines join medians of runs with otherwise equal settings"
                + (variable == .worldSize ? Self.ideal(name) : "."),
            x: Axis(variable.title, covering: 0...Double(runs.map(variable.value).max() ?? 1), smallestStep: 1),
            y: Axis(title, covering: 0...max(largest, 1e-9)), height: 360,
            legend: groups.enumerated().map { ("series s\($0.offset) line", $0.element.key) })
        for (index, group) in groups.enumerated() {
            let style = "series s\(index)"
            let places = Dictionary(grouping: group.value, by: variable.value).sorted { $0.key < $1.key }
            let line = places.map { (Double($0.key), Self.median($0.value.map(value))) }
            if name == "efficiency", let first = line.first, let last = line.last, index == 0 {
                figure.line([(first.0, 1), (last.0, 1)], style: style + " line dashed")
            }
            if name == "throughput", variable == .worldSize, let first = line.first, first.0 > 0 {
                let last = min(line[line.count - 1].0, largest * first.0 / max(first.1, 1e-9))
                if last > first.0 {
                    figure.line([first, (last, first.1 / first.0 * last)], style: style + " line dashed")
                }
            }
            figure.line(line, style: style + " line")
            for run in group.value {
                figure.dot(
                    (Double(variable.value(run)), value(run)), style: style + " dot",
                    tip: "\(variable.title) \(variable.value(run)): \(decimal(value(run), 2)) (\(group.key))")
            }
        }
        return figure
    }

    /// What the dashed line of a figure over the ranks stands for.
    private static func ideal(_ name: String) -> String {
        switch name {
        case "throughput": "; dashed: in proportion to the ranks."
        case "efficiency": "; dashed: ideal."
        default: "."
        }
    }

    // MARK: Weak scaling

    /// Runs of one line: the same work for each rank, and otherwise equal settings.
    private struct WeakLine: Hashable {
        let settings: String
        let perRank: Int
    }

    /// Efficiency where the data grow with the ranks; nil unless some runs do.
    private var weakScaling: Figure? {
        let lines = Dictionary(grouping: runs) { run in
            WeakLine(settings: Self.weakSettings(run), perRank: run.samples / max(run.worldSize, 1))
        }
        .filter { Set($0.value.map(\.worldSize)).count > 1 }
        .sorted { ($0.key.settings, $0.key.perRank) < ($1.key.settings, $1.key.perRank) }
        .prefix(Self.mostLines)
        guard !lines.isEmpty else { return nil }
        let points = lines.map { Self.weakEfficiencies($0.value) }
        let largest = points.joined().map(\.1).max() ?? 1
        let most = lines.flatMap(\.value).map(\.worldSize).max() ?? 1
        var figure = Figure(
            "weak-scaling",
            caption:
                "Weak-scaling efficiency over ranks: throughput of a rank where every rank has as many galaxies, beside that "
                + "in the smallest world; medians; dashed: ideal.",
            x: Axis("ranks", covering: 0...Double(most), smallestStep: 1),
            y: Axis("weak-scaling efficiency", covering: 0...max(largest, 1)), height: 360,
            legend: lines.enumerated().map {
                (
                    "series s\($0.offset) line",
                    "\($0.element.key.settings), \(grouped($0.element.key.perRank)) galaxies a rank"
                )
            })
        for (index, line) in points.enumerated() {
            if index == 0 { figure.line([(line[0].0, 1), (Double(most), 1)], style: "series s0 line dashed") }
            figure.line(line, style: "series s\(index) line")
            for point in line {
                figure.dot(
                    point, style: "series s\(index) dot", tip: "ranks \(Int(point.0)): \(decimal(point.1 * 100, 1)) %")
            }
        }
        return figure
    }

    private static func weakEfficiencies(_ runs: [RunRecord.Results]) -> [(Double, Double)] {
        let speeds = Dictionary(grouping: runs, by: \.worldSize).sorted { $0.key < $1.key }.map {
            (Double($0.key), median($0.value.map(\.samplesPerSecond)) / Double($0.key))
        }
        let base = max(speeds[0].1, 1e-9)
        return speeds.map { ($0.0, $0.1 / base) }
    }

    private static func weakSettings(_ run: RunRecord.Results) -> String {
        let threads = run.provenance.threads == 1 ? "" : "\(run.provenance.threads) threads, "
        return
            "\(run.precision), \(threads)batch \(run.batchSize), \(grouped(Variable.partitionSize.value(run))) a partition"
    }

    /// Where a run's line stands among others: small before large.
    private static func order(_ run: RunRecord.Results, but variable: Variable) -> [Int] {
        Variable.allCases.filter { $0 != variable }.map { $0.value(run) }
    }

    /// All that matters to a run's speed, but for one variable.
    private static func settings(_ run: RunRecord.Results, but variable: Variable) -> String {
        let parts: [String?] = [
            run.precision, run.provenance.threads == 1 ? nil : "\(run.provenance.threads) threads",
            variable == .dataSize ? nil : "\(grouped(run.samples)) galaxies",
            variable == .worldSize ? nil : "np \(run.worldSize)",
            variable == .batchSize ? nil : "batch \(run.batchSize)",
            variable == .partitionSize ? nil : "\(grouped(Variable.partitionSize.value(run))) a partition",
        ]
        return parts.compactMap(\.self).joined(separator: ", ")
    }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return 0 }
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }
}
