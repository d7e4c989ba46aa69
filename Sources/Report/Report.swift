import FoundationEssentials
import PhotozText

/// A page about one or several runs, with the figures that belong to it.
package struct Report {
    var page = Page()
    var figures: [Figure] = []
    let title: String
    /// Several runs beside each other; nil for one.
    package var table: TextTable?

    /// Reads the results and draws the figures.
    ///
    /// - Parameter folders: Output folders of finished runs; at least one.
    /// - Throws: ``ReportError`` when one is missing something, or is damaged.
    package init(folders: [String]) throws(ReportError) {
        var records: [RunRecord] = []
        for folder in folders { records.append(try RunRecord(folder: folder)) }
        title = records.count == 1 ? "Photometric redshifts: \(folders[0])" : "\(records.count) runs of photoz"
        if records.count == 1 { try describe(records[0]) } else { compare(records) }
    }

    /// How pages begin: by this they are known.
    package static let pageMark =
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta name=\"generator\" content=\"photoz report\">"
    /// How the files of figures begin.
    package static let figureMark = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- A figure of photoz report. -->"

    /// How the table of several runs begins as CSV.
    package static let tableMark = "ranks,batch_size,partitions,galaxies"

    /// The figures' files beside a page, in the page's folder of figures.
    ///
    /// - Parameter page: `FILE.html`
    package func figureFiles(of page: String) -> [String] {
        figures.map { "\(Self.figureFolder(of: page))/\($0.name).svg" }
    }

    private static func figureFolder(of page: String) -> String {
        (page.hasSuffix(".html") ? String(page.dropLast(5)) : page) + "-figures"
    }

    /// Writes the page, and the figures as SVG files beside it, in a folder with the page's name and `-figures`.
    ///
    /// - Parameter path: The page, `FILE.html`; replaced when it is there.
    /// - Returns: The folder of the figures.
    /// - Throws: ``ReportError`` of kind `unwritable`.
    package func write(to path: String) throws(ReportError) -> String {
        let folder = Self.figureFolder(of: path)
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            for (file, figure) in zip(figureFiles(of: path), figures) {
                try Data(figure.svg(standalone: true).utf8).write(to: URL(filePath: file), options: .atomic)
            }
            try Data(page.html(title: title).utf8).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw ReportError(unwritable: path, error)
        }
        return folder
    }

    // MARK: One run

    private mutating func describe(_ record: RunRecord) throws(ReportError) {
        try record.requireAllRanks()
        let results = record.results
        let redshifts = try Redshifts(folder: record.folder, expecting: results.samples)
        page.title("Photometric redshifts", "\(record.folder), \(results.provenance.start)")
        if let description = results.provenance.weightsDescription { page.paragraph("Weights: \(description)") }
        noticeDemonstration([record])
        page.tiles(headlines(results))
        if redshifts.count > 0 {
            page.section("Redshifts")
            show(RedshiftFigures(redshifts).all)
        } else {
            page.paragraph("No galaxy has a spectroscopic redshift above -1: there is nothing to compare with.")
        }
        describeMetrics(results)
        describeFlags(results)
        page.section("Ranks")
        let ranks = RankTimes(record)
        if let ranks {
            show([ranks.figure])
        } else {
            page.paragraph("combined_data.json does not hold the times of each rank.")
        }
        let phases = [
            ("start-up", results.wallTime.startup), ("load", results.wallTime.load),
            ("inference", results.wallTime.inference), ("reduce", results.wallTime.reduce),
            ("write", results.wallTime.write), ("total", results.wallTime.total),
        ]
        page.tables(
            [("Phases of the job", ["phase", "wall time (s)"], phases.map { [$0.0, decimal($0.1, 3)] })]
                + (ranks.map { [$0.table] } ?? []))
        describeProvenance(results)
    }

    /// A line for each kind of weights that say that they are a demonstration.
    mutating func noticeDemonstration(_ records: [RunRecord]) {
        var said: Set<String> = []
        for limits in records.compactMap(\.results.provenance.weightsDemonstration) where said.insert(limits).inserted {
            page.notice(demonstrationNotice(limits))
        }
    }

    private func headlines(_ results: RunRecord.Results) -> [(value: String, name: String)] {
        func metric(_ name: String) -> Double? { results.metrics?[name] ?? nil }
        var tiles = [
            (grouped(results.samples), "galaxies"),
            (grouped(results.samplesPerSecond), "galaxies a second"),
            (decimal(results.wallTime.total, 2) + " s", "wall time"),
            ("\(results.worldSize)", results.worldSize == 1 ? "rank" : "ranks"),
        ]
        if results.metrics != nil {
            tiles += [
                (decimal(metric("sigma_mad"), 4), "sigma_mad"), (decimal(metric("Bias"), 4), "Bias"),
                (decimal(metric("outlier_fraction_0.15").map { $0 * 100 }, 2) + " %", "outliers, |d| > 0.15"),
            ]
        }
        return tiles
    }

    private mutating func describeMetrics(_ results: RunRecord.Results) {
        guard let metrics = results.metrics else { return }
        page.tables([
            (
                "Metrics", ["metric", "value"],
                metrics.sorted { $0.key < $1.key }.map {
                    [$0.key, $0.key == "N" ? grouped($0.value ?? 0) : decimal($0.value, 5)]
                }
            ),
            ("Bins of spectroscopic redshift", Self.binHead, rows(results.bins?.redshift, digits: 3)),
            ("Bins of \(middleBand(results)) magnitude", Self.binHead, rows(results.bins?.magnitude, digits: 2)),
        ])
        page.paragraph(
            "d = (p - z)/(1 + z), over the galaxies with a spectroscopic redshift; an outlier has |d| > 0.15.")
        if let calibration = results.calibration {
            page.paragraph(
                "With \(calibration.views) views, \(decimal(calibration.withinOne.map { $0 * 100 }, 1)) % lie within one and "
                    + "\(decimal(calibration.withinTwo.map { $0 * 100 }, 1)) % within two of their scatter (normal distribution: 68.3, 95.4)."
            )
        }
    }

    /// What is odd about the galaxies, and what the run warned of.
    private mutating func describeFlags(_ results: RunRecord.Results) {
        let found = (results.flags ?? [:]).filter { $0.value > 0 }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        guard !found.isEmpty || !(results.warnings ?? []).isEmpty else { return }
        page.section("Flags and warnings")
        for warning in results.warnings ?? [] { page.paragraph("Warning: \(warning).") }
        guard !found.isEmpty else { return }
        let all = Double(max(results.samples, 1))
        page.table(
            ["flag", "galaxies", "of all (%)"],
            found.map { [$0.key, grouped($0.value), decimal(100 * Double($0.value) / all, 3)] })
        page.paragraph(
            "Outside means outside of the percentiles 0.1 and 99.9 of the galaxies that the network was trained on; some of any survey are."
        )
    }

    /// The band that magnitudes are binned by, by its name where the results know it.
    private func middleBand(_ results: RunRecord.Results) -> String {
        guard let bands = results.bands, !bands.isEmpty else { return "middle-band" }
        return bands[bands.count / 2]
    }

    private static let binHead = ["from", "to", "galaxies", "Bias", "sigma_mad", "outliers (%)"]

    private func rows(_ bins: [RunRecord.Results.Bin]?, digits: Int) -> [[String]] {
        (bins ?? []).map {
            [
                decimal($0.from, digits), decimal($0.to, digits), grouped($0.count), decimal($0.bias, 5),
                decimal($0.sigmaMAD, 5), decimal($0.outliers.map { $0 * 100 }, 2),
            ]
        }
    }

    private mutating func describeProvenance(_ results: RunRecord.Results) {
        let origin = results.provenance
        page.section("Settings and provenance")
        page.facts([
            ("command", origin.commandLine.joined(separator: " ")),
            ("photoz", origin.version), ("precision", results.precision), ("batch size", "\(results.batchSize)"),
            ("threads of a rank", "\(origin.threads)"), ("dealt by", origin.shard),
            ("instruction set", origin.instructionSet),
            ("partitions", "\(results.partitions)"), ("weights", origin.weights),
            ("SHA-256 of the weights", origin.weightsHash), ("hosts", origin.hosts.prefix(20).joined(separator: ", ")),
            ("MPI", origin.mpi), ("HDF5", origin.hdf5), ("start", origin.start), ("end", origin.end),
            ("CPU time", decimal(results.processorTime, 2) + " s"),
            (
                "missing",
                results.missing.map {
                    "magnitudes of \(grouped($0.magnitudes)) galaxies, redshifts of \(grouped($0.redshifts))"
                } ?? "-"
            ),
            ("cost as AWS Lambda functions", results.cost.map { decimal($0.lambda, 6) + " USD" } ?? "-"),
            ("core-hours", decimal(results.cost?.coreHours, 5)),
            ("cost of the core-hours", results.cost?.cluster.map { decimal($0, 6) + " USD" } ?? "no price given"),
        ])
    }
}
