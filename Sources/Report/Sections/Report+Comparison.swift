import FoundationEssentials

/// Several runs beside each other.
extension Report {
    mutating func compare(_ records: [RunRecord]) throws(ReportError) {
        page.title("\(records.count) runs of photoz", "Speed, cost and redshifts of several runs beside each other.")
        describeWeights(records)
        let scaling = ScalingFigures(records)
        let charts = scaling.all
        page.section("Speed and cost")
        if charts.isEmpty {
            page.paragraph(
                "These runs have the same numbers of ranks, batch sizes and partition sizes: there is no chart to draw."
            )
        } else {
            show(charts)
        }
        page.section("Runs")
        let names = Self.shortNames(records.map(\.folder))
        page.table(
            [
                "run", "ranks", "batch size", "partitions", "galaxies", "precision", "galaxies/s", "wall time (s)",
                "efficiency", "sigma_mad", "Lambda (USD)", "core-hours", "cluster (USD)",
            ],
            zip(records, names).enumerated().map { index, named in
                let (record, name) = named
                let run = record.results
                let efficiency = scaling.efficiency(of: index)
                return [
                    name, "\(run.worldSize)", "\(run.batchSize)", "\(run.partitions)", grouped(run.samples),
                    run.precision, grouped(run.samplesPerSecond), decimal(run.wallTime.total, 2),
                    efficiency.map { decimal($0 * 100, 1) + " %" } ?? "–", decimal(run.metrics?["sigma_mad"], 5),
                    decimal(run.cost?.lambda, 6), decimal(run.cost?.coreHours, 5), decimal(run.cost?.cluster, 6),
                ]
            })
        table = TextTable(
            [
                "ranks", "batch_size", "partitions", "galaxies", "precision", "galaxies_per_second", "wall_time_s",
                "cpu_time_s", "efficiency", "lambda_usd", "core_hours", "cluster_usd", "result",
            ],
            records.enumerated().map { index, record in
                let run = record.results
                return [
                    "\(run.worldSize)", "\(run.batchSize)", "\(run.partitions)", "\(run.samples)", run.precision,
                    decimal(run.samplesPerSecond, 1), decimal(run.wallTime.total, 3), decimal(run.processorTime, 3),
                    decimal(scaling.efficiency(of: index), 4), decimal(run.cost?.lambda, 8),
                    decimal(run.cost?.coreHours, 7), run.cost?.cluster.map { decimal($0, 8) } ?? "", record.folder,
                ]
            })
        page.paragraph(
            "Efficiency is the throughput of a rank beside that in the smallest world with otherwise equal settings: the same "
                + "weights, data, views, precision, hosts, threads, instruction set, schedule and other options.")
        try compareRedshifts(records, names)
        let (settings, values) = scaling.differences
        guard !settings.isEmpty else { return }
        page.section("Settings that differ")
        page.paragraph("Runs that differ in one of these are never joined by a line or compared by an efficiency.")
        page.facts(
            settings.indices.flatMap { place in
                Dictionary(grouping: zip(values, names)) { $0.0[place] }.sorted { $0.key < $1.key }.map { text, runs in
                    (settings[place], "\(text.isEmpty ? "none" : text): \(runs.map(\.1).joined(separator: ", "))")
                }
            })
    }

    /// Folders without the path that they share.
    private static func shortNames(_ folders: [String]) -> [String] {
        let last = folders.map { String($0.split(separator: "/").last ?? "/") }
        return Set(last).count == last.count ? last : folders
    }
}
