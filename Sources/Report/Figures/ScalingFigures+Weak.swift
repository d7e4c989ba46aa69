/// Runs in which each rank has as much to do.
extension ScalingFigures {
    /// Efficiency where the data grow with the ranks; nil unless some runs do.
    var weakScaling: Figure? {
        // One line: the same work for each rank, and otherwise equal settings.
        let all = lines { run in
            let perRank = run.results.samples / max(run.results.worldSize, 1)
            return run.settings.all
                + [Variable.batchSize, .partitionSize].map {
                    let value = $0.value(run.results)
                    return .init(name: $0.title, key: "\(value)", text: $0.text(value))
                } + [.init(name: "share", key: "\(perRank)", text: "\(grouped(perRank)) galaxies a rank")]
        }.filter { Set($0.runs.map(\.results.worldSize)).count > 1 && $0.runs.allSatisfy { $0.results.worldSize > 0 } }
        guard !all.isEmpty else { return nil }
        let lines = all.prefix(Self.mostLines)
        let points = lines.map { Self.weakEfficiencies($0.runs.map(\.results)) }
        let most = Double(lines.flatMap(\.runs).map(\.results.worldSize).max() ?? 1)
        var figure = Figure(
            "weak-scaling",
            caption:
                "Weak-scaling efficiency over ranks: throughput of a rank where every rank has as many galaxies, beside that "
                + "in the smallest world; medians; dashed: ideal." + Self.left(all),
            numbers: TextTable(
                ["series", "ranks", "efficiency"],
                zip(lines, points).flatMap { line, points in
                    points.map { [Self.weakLabel(line), plain($0.0), plain($0.1)] }
                }),
            x: Axis("ranks", from: 0, to: most, smallestStep: 1),
            y: Axis("weak-scaling efficiency", over: points.joined().map(\.1), atLeast: 1), height: 360,
            legend: lines.enumerated().map { ("series s\($0.offset) line", Self.weakLabel($0.element)) })
        for (index, line) in points.enumerated() {
            if index == 0 { figure.line([(line[0].0, 1), (most, 1)], style: "series s0 line dashed") }
            figure.line(line, style: "series s\(index) line")
            for point in line {
                figure.dot(
                    point, style: "series s\(index) dot",
                    tip: "ranks \(grouped(point.0)): \(decimal(point.1 * 100, 1)) %")
            }
        }
        return figure
    }

    /// A label that names the share of a rank also where it is the same for all lines.
    private static func weakLabel(_ line: Line) -> String {
        let run = line.runs[0].results
        let share = "\(grouped(run.samples / max(run.worldSize, 1))) galaxies a rank"
        return line.label == "all runs" ? share : line.label.contains(share) ? line.label : line.label + ", " + share
    }

    private static func weakEfficiencies(_ runs: [RunRecord.Results]) -> [(Double, Double)] {
        let speeds = Dictionary(grouping: runs, by: \.worldSize).sorted { $0.key < $1.key }.map {
            (Double($0.key), median($0.value.map(\.samplesPerSecond)) / Double($0.key))
        }
        let base = max(speeds[0].1, 1e-9)
        return speeds.map { ($0.0, $0.1 / base) }
    }

    static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return 0 }
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }
}
