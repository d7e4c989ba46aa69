import PhotozRecords

/// The sections about distributions and single galaxies.
extension Report {
    mutating func describeCalibration(_ material: Material) throws(ReportError) {
        guard let distributions = material.results.distributions else { return }
        page.section("Calibrated distributions")
        let calibration = distributions.calibration
        let made =
            [
                calibration.method.map { "method \($0)" },
                calibration.labelled.map { "\(grouped($0)) labelled galaxies" },
                calibration.cells.map { "\(grouped($0)) cells" }, calibration.created.map { "made \($0)" },
            ].compactMap(\.self)
        page.paragraph(
            "Made with \(calibration.file) (\(([calibration.hash.prefix(8) + "…"] + made).joined(separator: ", "))), kept as "
                + distributions.form + (distributions.grid.map { " on the grid \($0)" } ?? "") + ".")
        if let outside = distributions.outside, outside > 0 {
            page.paragraph(
                "\(grouped(outside)) galaxies lie outside of what the calibration's labelled galaxies cover (flag calibration_outside): nothing is promised for them."
            )
        }
        if let cut = distributions.cut, cut > 0 {
            page.paragraph("The grid cuts a part of the distribution of \(grouped(cut)) galaxies off.")
        }
        var drawn: [Figure] = []
        if let scores = distributions.scores {
            drawn += CalibrationFigures([.init(label: "this run", scores: scores)]).all
        }
        if let residuals = material.predictions.normalised {
            drawn += [CalibrationFigures.normalised(residuals)].compactMap(\.self)
        }
        drawn += RunRecord.Results.Variable.allCases.compactMap { variable in
            MetricFigures(
                variable, band: middleBand(material.results),
                [.init(label: "", bins: distributions.bins[variable] ?? [])]
            )?.coverage
        }
        show(drawn)
        guard let scores = distributions.scores else { return }
        page.subsection("Scores")
        let table = Self.table("score", scores)
        page.table(table.head, table.rows)
    }

    /// n(z).
    mutating func describeDensity(_ material: Material) throws(ReportError) {
        let predictions = material.predictions
        let predicted = predictions.predicted
        guard !predicted.isEmpty else { return }
        page.section("Redshift distribution")
        var density = RedshiftDistribution(over: [predicted, predictions.labelled.spectroscopic])
        density.add(predicted, label: "photometric redshifts", style: "band")
        density.add(predictions.labelled.spectroscopic, label: "spectroscopic redshifts", style: "line quiet dashed")
        if let file = material.distributions {
            try density.add(file, samples: material.results.samples, style: "line accent")
        }
        show([density.figure()])
    }

    /// Inputs of galaxies without labels, and single galaxies.
    mutating func describeGalaxies(_ material: inout Material) throws(ReportError) {
        let predictions = material.predictions
        if predictions.unlabelled.count > predictions.labelled.count { try describeInputs(&material) }
        let rows = material.isLabelled ? material.predictions.worst.rows : material.predictions.random.rows
        guard !rows.isEmpty else { return }
        var galaxies = try material.table.galaxies(rows, material.distributions)
        for place in galaxies.indices {
            let galaxy = galaxies[place]
            guard let stored = galaxy.place else { continue }
            galaxies[place].input = material.inputs?.galaxy(
                stored.partition, stored.row, identifier: galaxy.identifier, redshift: galaxy.spectroscopic)
        }
        page.section(material.isLabelled ? "Worst galaxies" : "Some galaxies")
        noteMissing(&material, galaxies)
        let title =
            material.isLabelled
            ? "The \(galaxies.count) galaxies with the largest residuals, the largest first"
            : "\(galaxies.count) galaxies at random, the same ones each time"
        show([
            GalaxyGallery(galaxies, material.inputs).figure(
                material.isLabelled ? "worst-galaxies" : "some-galaxies", title)
        ])
    }

    private mutating func noteMissing(_ material: inout Material, _ galaxies: [ChosenGalaxy]) {
        if galaxies.contains(where: { $0.input == nil }) {
            if galaxies.allSatisfy({ $0.place == nil }) {
                page.paragraph(
                    "The predictions do not say in which partitions their galaxies are: there are no images.")
            } else if let fault = material.inputs?.fault {
                page.paragraph(
                    "Images are left out where the partitions cannot be read as the run read them: \(fault).")
            }
        }
        material.missing.forEach { page.paragraph($0) }
        if material.distributions == nil, material.results.distributions != nil {
            page.paragraph(
                "\(ResultNames.distributions) is no longer in \(material.record.folder): distributions are left out.")
        }
    }

    private mutating func describeInputs(_ material: inout Material) throws(ReportError) {
        guard var inputs = material.inputs else { return }
        let sample = try InputSample(material.table, samples: material.results.samples, &inputs)
        material.inputs = inputs
        page.section("Inputs")
        if let fault = inputs.fault {
            page.paragraph(
                "\(sample.count > 0 ? "Some magnitudes" : "Magnitudes") are left out: \(fault).")
        }
        if let figures = InputFigures(sample) { show(figures.all) }
    }
}
