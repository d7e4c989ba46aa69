/// The redshifts of several runs beside each other.
extension Report {
    /// Runs whose predictions are read: more would not be told apart.
    private static let mostRuns = ScalingFigures.mostLines

    mutating func compareRedshifts(_ records: [RunRecord], _ names: [String]) throws(ReportError) {
        compareMetrics(records, names)
        let shown = Array(zip(records, names).prefix(Self.mostRuns))
        var columns: [(name: String, column: PredictedColumn)] = []
        var faults: [String] = []
        for (record, name) in shown {
            do { columns.append((name, try PredictedColumn(record))) } catch { faults.append("\(error).") }
        }
        page.section("Change in redshift")
        if records.count > shown.count {
            page.paragraph("Of \(grouped(records.count)) runs the first \(shown.count) are compared galaxy by galaxy.")
        }
        if !faults.isEmpty {
            page.paragraph("Some redshifts cannot be compared:")
            page.list(faults)
        }
        guard columns.count > 1 else { return }
        try compareGalaxies(columns)
    }

    // MARK: Metrics

    private mutating func compareMetrics(_ records: [RunRecord], _ names: [String]) {
        let labelled = zip(records, names).filter { $0.0.results.metrics != nil }
        guard !labelled.isEmpty else { return }
        page.section("Metrics")
        func cell(_ scores: RunRecord.Results.Scores?, _ key: String, factor: Double = 1) -> String {
            let error = scores?.error(of: key).map { " ± " + decimal($0 * factor, 5) } ?? ""
            return decimal(scores?[key].map { $0 * factor }, 5) + error
        }
        page.table(
            ["run", "galaxies", "sigma_mad", "bias", "outliers (%)", "CRPS", "CDE loss", "PIT KS", "within 68 % (%)"],
            labelled.map { record, name in
                let (metrics, scores) = (record.results.metrics, record.results.distributions?.scores)
                let level = scores?.coverage.first { abs($0.level - 0.68) < 1e-9 }
                return [
                    name, metrics.map { grouped($0.count) } ?? "–", cell(metrics, "sigma_mad"), cell(metrics, "Bias"),
                    cell(metrics, "outlier_fraction_0.15", factor: 100), cell(scores, "crps"), cell(scores, "cde_loss"),
                    cell(scores, "pit_ks"),
                    decimal(level.map { $0.fraction * 100 }, 2)
                        + (level?.error.map { " ± " + decimal($0 * 100, 2) } ?? ""),
                ]
            })
        let different = Self.different(labelled.map { $0 })
        guard different.count > 1 else {
            if labelled.count > 1 { page.paragraph("All runs have the same metrics.") }
            return
        }
        drawMetrics(Array(different.prefix(Self.mostRuns)))
    }

    /// Runs of which no two have the same metrics.
    private static func different(_ runs: [(RunRecord, String)]) -> [(record: RunRecord, name: String)] {
        var seen: Set<String> = []
        return runs.filter { record, _ in
            let scores = [record.results.metrics, record.results.distributions?.scores].compactMap(\.self)
            let key = scores.map { one in
                one.values.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined()
                    + "\(one.transform) \(one.coverage)"
            }
            return seen.insert(key.joined(separator: "|")).inserted
        }.map { (record: $0, name: $1) }
    }

    private mutating func drawMetrics(_ runs: [(record: RunRecord, name: String)]) {
        let band = middleBand(runs[0].record.results)
        let calibrated = runs.compactMap { run in
            run.record.results.distributions?.scores.map { CalibrationFigures.Series(label: run.name, scores: $0) }
        }
        let binned = RunRecord.Results.Variable.allCases.compactMap { variable in
            MetricFigures(
                variable, band: band, runs.map { .init(label: $0.name, bins: $0.record.results.bins[variable] ?? []) })
        }
        show(binned.map(\.accuracy) + CalibrationFigures(calibrated).all)
    }

    // MARK: Galaxy by galaxy

    private mutating func compareGalaxies(_ columns: [(name: String, column: PredictedColumn)]) throws(ReportError) {
        let first = columns[0]
        var changes: [ChangeFigures.Series] = []
        var others: [String] = []
        for (name, column) in columns.dropFirst() {
            guard column.samples == first.column.samples, column.partitions == first.column.partitions else {
                others.append(name)
                continue
            }
            var change = RedshiftChange(samples: column.samples)
            for start in stride(from: 0, to: column.samples, by: PredictedColumn.block) {
                change.add(try first.column.read(start), try column.read(start))
            }
            changes.append(.init(label: name, change: change))
        }
        if !others.isEmpty {
            page.paragraph("Of other galaxies than \(first.name): \(others.joined(separator: ", ")).")
        }
        if !changes.isEmpty {
            page.paragraph(
                "D = (p' − p)/(1 + p), from the redshift p of \(first.name) to p' of another run, over the same galaxies."
            )
            page.table(
                [
                    "run", "galaxies", "unchanged (%)", "root mean square of D", "largest |D|", "|D| > 0.001 (%)",
                    "|D| > 0.01 (%)", "in one run alone",
                ],
                changes.map { one in
                    let change = one.change
                    func share(_ count: Int) -> String {
                        decimal(100 * Double(count) / Double(max(change.compared, 1)), 3)
                    }
                    return [
                        one.label, grouped(change.compared), share(change.same), decimal(change.spread, 7),
                        decimal(change.largest, 7), share(change.beyond.thousandth), share(change.beyond.hundredth),
                        grouped(change.inOne),
                    ]
                })
        }
        let changed = changes.filter { $0.change.same < $0.change.compared }
        guard !changed.isEmpty || !others.isEmpty else { return }
        let figures = changed.isEmpty ? [] : ChangeFigures(from: first.name, changed).all
        show(figures + (try overlaid(columns)))
    }

    /// n(z) of all runs.
    private func overlaid(_ columns: [(name: String, column: PredictedColumn)]) throws(ReportError) -> [Figure] {
        var some: [[Float]] = []
        for one in columns { some.append(try one.column.some()) }
        guard some.contains(where: { !$0.isEmpty }) else { return [] }
        var density = RedshiftDistribution(over: some)
        for (number, one) in columns.enumerated() {
            density.add(try one.column.all(), label: one.name, style: "series s\(number) line")
        }
        return [density.figure()]
    }
}
