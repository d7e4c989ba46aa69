/// Several runs beside each other: throughput, time and efficiency over what differs between them.
struct ScalingFigures {
    /// A run and the settings that part it from others.
    struct Run {
        let results: RunRecord.Results
        let settings: RunSettings
    }

    /// Runs of one line.
    struct Line {
        let label: String
        let runs: [Run]
    }

    /// Lines of a figure; more would not be told apart.
    static let mostLines = 8
    let runs: [Run]

    init(_ records: [RunRecord]) {
        let hosts = RunSettings.hostSeries(records.map(\.results.provenance.hosts))
        runs = zip(records, hosts).map { Run(results: $0.results, settings: RunSettings($0, hosts: $1)) }
    }

    var all: [Figure] {
        Variable.allCases.filter { variable in Set(runs.map { variable.value($0.results) }).count > 1 }.flatMap(figures)
            + [weakScaling].compactMap(\.self)
    }

    /// Throughput a rank of a run beside that of the smallest world of its series; nil without one to compare with.
    func efficiency(of run: Int) -> Double? { efficiency(runs[run]) }

    /// The settings in which the runs differ, and what each run has.
    var differences: (names: [String], rows: [[String]]) {
        let differing = differing(runs) { $0.settings.all }
        return (
            differing, runs.map { run in run.settings.all.filter { differing.contains($0.name) }.map(\.text) }
        )
    }

    func efficiency(_ run: Run) -> Double? {
        let key = key(run, but: .worldSize)
        let alike = runs.filter { self.key($0, but: .worldSize) == key && $0.results.worldSize > 0 }
        let worlds = Set(alike.map(\.results.worldSize))
        // A run of several ranks that stands alone is compared with nothing.
        guard run.results.worldSize == 1 || worlds.count > 1, let smallest = worlds.min() else { return nil }
        let base =
            Self.median(alike.filter { $0.results.worldSize == smallest }.map(\.results.samplesPerSecond))
            / Double(smallest)
        return base > 0 && run.results.worldSize > 0
            ? run.results.samplesPerSecond / Double(run.results.worldSize) / base : nil
    }

    // MARK: Series

    /// All that two runs of a line have in common: every setting, and every variable but the one the figure is over.
    func key(_ run: Run, but variable: Variable) -> [RunSettings.Setting] {
        settings(run, but: variable)
            + Variable.allCases.filter { $0 != variable }.map {
                let value = $0.value(run.results)
                return RunSettings.Setting(name: $0.title, key: "\(value)", text: $0.text(value))
            }
    }

    func settings(_ run: Run, but variable: Variable) -> [RunSettings.Setting] {
        // Dealing the same galaxies to other partitions makes other files of them.
        guard variable == .partitionSize else { return run.settings.all }
        return run.settings.all.map { $0.name == "data" ? run.settings.fingerprint : $0 }
    }

    /// Names of the settings in which some runs differ.
    private func differing(_ runs: [Run], _ settings: (Run) -> [RunSettings.Setting]) -> [String] {
        guard let first = runs.first.map(settings) else { return [] }
        return first.indices.filter { place in Set(runs.map { settings($0)[place] }).count > 1 }.map { first[$0].name }
    }

    /// The lines of a figure, small before large, each with a label that says in what it differs from the others.
    func lines(_ key: (Run) -> [RunSettings.Setting]) -> [Line] {
        let names = Set(differing(runs, key))
        let groups = Dictionary(grouping: runs, by: key).map { key, runs in
            let parts = key.filter { names.contains($0.name) }
            let order = parts.map { Int($0.key).map(Double.init) ?? .infinity }
            let label = parts.isEmpty ? "all runs" : parts.map(\.text).joined(separator: ", ")
            return (order: order, key: parts.map(\.key), label: label, runs: runs)
        }.sorted {
            $0.order == $1.order
                ? $0.key.lexicographicallyPrecedes($1.key) : $0.order.lexicographicallyPrecedes($1.order)
        }
        var seen: [String: Int] = [:]
        return groups.map { group in
            // Settings that are shortened alike are told apart by a number; the table of settings has them in full.
            seen[group.label, default: 0] += 1
            let number = seen[group.label] ?? 1
            return Line(label: number == 1 ? group.label : "\(group.label), \(number)", runs: group.runs)
        }
    }

    static func left(_ lines: [Line]) -> String {
        lines.count > mostLines
            ? " \(lines.count - mostLines) more \(lines.count == mostLines + 1 ? "series is" : "series are") not drawn."
            : ""
    }

    // MARK: Figures

    private func figures(over variable: Variable) -> [Figure] {
        var figures = [
            figure(over: variable, "throughput", "galaxies a second") { $0.results.samplesPerSecond },
            figure(over: variable, "time", "wall time (s)") { $0.results.wallTime.total },
        ]
        if variable == .worldSize {
            figures.append(
                figure(over: variable, "efficiency", "strong-scaling efficiency") { efficiency($0) ?? .nan })
        }
        if runs.allSatisfy({ $0.results.cost != nil }) {
            figures.append(
                figure(over: variable, "cost", "Lambda USD for a million galaxies") {
                    ($0.results.cost?.lambda ?? 0) / Double(max($0.results.samples, 1)) * 1e6
                })
        }
        return figures
    }

    func figure(over variable: Variable, _ name: String, _ title: String, _ value: (Run) -> Double) -> Figure {
        let values = runs.map(value).filter(\.isFinite)
        let largest = values.max() ?? 1
        let all = lines { key($0, but: variable) }
        let lines = all.prefix(Self.mostLines)
        var figure = Figure(
            "\(name)-over-\(variable.name)",
            caption: "\(title.prefix(1).uppercased() + title.dropFirst()) over \(variable.title). "
                + "Dots are runs, lines join medians of runs with otherwise equal settings"
                + (variable == .worldSize ? Self.ideal(name) : ".") + Self.left(all),
            numbers: TextTable(
                ["series", variable.title, title],
                all.flatMap { group in
                    group.runs.map { [group.label, "\(variable.value($0.results))", plain(value($0))] }
                }),
            x: Axis(variable.title, over: runs.map { Double(variable.value($0.results)) }, smallestStep: 1),
            y: Axis(title, over: values, atLeast: 1e-9), height: 360,
            legend: lines.enumerated().map { ("series s\($0.offset) line", $0.element.label) })
        for (index, group) in lines.enumerated() {
            let style = "series s\(index)"
            let places = Dictionary(grouping: group.runs) { variable.value($0.results) }.sorted { $0.key < $1.key }
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
            for run in group.runs {
                let place = variable.value(run.results)
                figure.dot(
                    (Double(place), value(run)), style: style + " dot",
                    tip: "\(variable.title) \(place): \(decimal(value(run), 2)) (\(group.label))")
            }
        }
        return figure
    }

    /// What the dashed line of a figure over the ranks stands for.
    static func ideal(_ name: String) -> String {
        switch name {
        case "throughput": "; dashed: in proportion to the ranks."
        case "efficiency": "; dashed: ideal."
        default: "."
        }
    }
}
