import Survey

/// The page about one run.
extension Report {
    /// What a run left, read for its page.
    struct Material {
        let record: RunRecord
        let predictions: Predictions
        let distributions: DistributionFile?
        let table: GalaxyTable
        /// Nil where nothing can be known of the partitions.
        var inputs: GalaxyInputs?
        /// What could not be shown, one sentence each.
        var missing: [String] = []

        var results: RunRecord.Results { record.results }
        var isLabelled: Bool { predictions.labelled.count > 0 }

        init(_ record: RunRecord, _ finder: RunInputs.Finder?) throws(ReportError) {
            self.record = record
            predictions = try Predictions(folder: record.folder, expecting: record.results.samples)
            distributions = try DistributionFile.openIfThere(folder: record.folder, expecting: record.results.samples)
            table = try GalaxyTable(predictions)
            guard let finder else { return }
            do {
                inputs = try GalaxyInputs(PartitionPaths(record.results.provenance, stored: table.partitions), finder)
                missing += inputs?.notes ?? []
            } catch {
                missing.append(
                    "The layout of the partitions is not known (\(error)): images and magnitudes are left out.")
            }
        }
    }

    mutating func describe(_ record: RunRecord, _ finder: RunInputs.Finder?) throws(ReportError) {
        try record.requireAllRanks()
        var material = try Material(record, finder)
        let results = record.results
        page.title("Photometric redshifts", "\(record.folder), \(results.provenance.start)")
        describeWeights([record])
        page.tiles(headlines(results))
        describeWarnings(results, material.predictions)
        if material.isLabelled { try describeAccuracy(material) } else { describeNothingToCompare(results) }
        try describeCalibration(material)
        try describeDensity(material)
        try describeGalaxies(&material)
        describeFlags(results)
        describeLeftOut(results, material)
        describeRanks(record)
        describeProvenance(results)
    }

    // MARK: Sections

    private func headlines(_ results: RunRecord.Results) -> [(value: String, error: String?, name: String)] {
        var tiles: [(value: String, error: String?, name: String)] = [(grouped(results.samples), nil, "galaxies")]
        if let metrics = results.metrics {
            func tile(_ key: String, _ name: String, _ digits: Int, factor: Double = 1, unit: String = "") {
                let error = metrics.error(of: key).map { decimal($0 * factor, digits) + unit }
                tiles.append((decimal(metrics[key].map { $0 * factor }, digits) + unit, error, name))
            }
            tile("sigma_mad", "sigma_mad", 5)
            tile("Bias", "bias, mean d", 5)
            tile("outlier_fraction_0.15", "outliers, |d| > 0.15", 2, factor: 100, unit: " %")
        }
        if let scores = results.distributions?.scores {
            tiles.append((decimal(scores["crps"], 5), nil, "CRPS"))
            if let level = scores.coverage.first(where: { abs($0.level - 0.68) < 1e-9 }) {
                tiles.append(
                    (
                        decimal(level.fraction * 100, 2) + " %", level.error.map { decimal($0 * 100, 2) + " %" },
                        "within their 68 % interval"
                    ))
            }
        }
        return tiles + [
            (grouped(results.samplesPerSecond), nil, "galaxies a second"),
            (
                decimal(results.wallTime.total, 2) + " s", nil,
                results.worldSize == 1 ? "1 rank" : "\(grouped(results.worldSize)) ranks"
            ),
        ]
    }

    private mutating func describeWarnings(_ results: RunRecord.Results, _ predictions: Predictions) {
        let warnings = results.warnings ?? []
        let left = predictions.without
        guard !warnings.isEmpty || left > 0 else { return }
        page.section("Warnings")
        page.list(
            warnings.map { $0.hasSuffix(".") ? $0 : $0 + "." }
                + (left > 0
                    ? [
                        "\(grouped(left)) of \(grouped(results.samples)) galaxies have no redshift; \"Left out\" says why."
                    ] : []))
    }

    private mutating func describeNothingToCompare(_ results: RunRecord.Results) {
        page.opening("No galaxy has a spectroscopic redshift above -1: there is nothing to compare with.")
    }

    private mutating func describeAccuracy(_ material: Material) throws(ReportError) {
        let results = material.results
        page.section("Accuracy")
        page.paragraph(
            "d = (p − z)/(1 + z), over the galaxies with a spectroscopic redshift z; an outlier has |d| > 0.15.")
        show(RedshiftFigures(material.predictions.labelled, results.metrics).all)
        let binned = RunRecord.Results.Variable.allCases.compactMap { variable in
            MetricFigures(
                variable, band: middleBand(results), [.init(label: "", bins: results.bins[variable] ?? [])])
        }
        if !binned.isEmpty {
            page.subsection("In bins")
            show(binned.map(\.accuracy))
        }
        if let metrics = results.metrics {
            page.subsection("Metrics")
            let table = Self.table("metric", metrics)
            page.table(table.head, table.rows)
        }
        if let views = results.views, let one = views.withinOne, let two = views.withinTwo {
            page.paragraph(
                "With \(views.count) views, \(decimal(one * 100, 1)) % lie within one and \(decimal(two * 100, 1)) % within two of their scatter (normal distribution: 68.3, 95.4)."
            )
        }
    }

    /// Metrics by name, with their errors where the results have any.
    static func table(_ kind: String, _ scores: RunRecord.Results.Scores) -> (head: [String], rows: [[String]]) {
        let names = scores.values.keys.filter { !$0.hasSuffix("_error") && $0 != "from" && $0 != "to" }.sorted()
        let hasErrors = names.contains { scores.error(of: $0) != nil }
        let rows = names.map { name in
            let value = scores.values[name] ?? 0
            let error = scores.error(of: name).map { decimal($0, 5) } ?? ""
            return [name, name == "N" ? grouped(value) : decimal(value, 5)] + (hasErrors ? [error] : [])
        }
        return ([kind, "value"] + (hasErrors ? ["bootstrap error"] : []), rows)
    }

    /// The band that magnitudes are binned by, by its name where the results know it.
    func middleBand(_ results: RunRecord.Results) -> String {
        guard let bands = results.bands, !bands.isEmpty else { return "middle-band" }
        return bands[bands.count / 2]
    }
}
