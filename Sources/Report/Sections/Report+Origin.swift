/// The sections about what was odd, what was left out, and where the results come from.
extension Report {
    /// What is odd about the galaxies.
    mutating func describeFlags(_ results: RunRecord.Results) {
        let found = (results.flags ?? [:]).filter { $0.value > 0 }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        guard !found.isEmpty else { return }
        page.section("Flags")
        let all = Double(max(results.samples, 1))
        page.table(
            ["flag", "galaxies", "of all (%)"],
            found.map { [$0.key, grouped($0.value), decimal(100 * Double($0.value) / all, 3)] })
        page.paragraph(
            "Outside means outside of the percentiles 0.1 and 99.9 of the galaxies that the network was trained on; some of any survey are."
        )
    }

    /// What has no redshift, and why.
    mutating func describeLeftOut(_ results: RunRecord.Results, _ material: Material) {
        page.section("Left out")
        var lines: [String] = []
        if let missing = results.missing {
            lines.append(
                "Magnitudes of \(grouped(missing.magnitudes)) galaxies are missing: they have no redshift. Spectroscopic redshifts of \(grouped(missing.redshifts)) are not known."
            )
        }
        let without = material.predictions.without
        lines.append(
            without == 0
                ? "Every galaxy has a redshift."
                : "\(grouped(without)) of \(grouped(results.samples)) galaxies have no redshift.")
        if let skipped = results.skipped, skipped.galaxies > 0 || !skipped.files.isEmpty {
            lines.append(
                "\(grouped(skipped.galaxies)) rows and \(grouped(skipped.files.count)) partitions could not be read and were skipped."
            )
        }
        page.list(lines)
        guard let skipped = results.skipped else { return }
        let parts = skipped.files + skipped.rows
        guard !parts.isEmpty else { return }
        let shown = 50
        page.facts(
            parts.prefix(shown).map { part in
                let rows = part.firstRow.map { first in
                    part.rows ?? 1 == 1 ? ", row \(first)" : ", \(part.rows ?? 1) rows from row \(first)"
                }
                return (part.file + (rows ?? ""), part.reason)
            })
        if parts.count > shown {
            page.paragraph("And \(grouped(parts.count - shown)) more: see skipped in Results.json.")
        }
    }

    mutating func describeRanks(_ record: RunRecord) {
        page.section("Speed")
        let times = record.results.wallTime
        let ranks = RankTimes(record)
        if let ranks {
            show([ranks.figure])
        } else {
            page.paragraph("combined_data.json does not hold the times of each rank.")
        }
        let phases = [
            ("start-up", times.startup), ("load", times.load), ("inference", times.inference),
            ("reduce", times.reduce), ("write", times.write), ("total", times.total),
        ]
        page.tables(
            [("Phases of the job", ["phase", "wall time (s)"], phases.map { [$0.0, decimal($0.1, 3)] })]
                + (ranks.map { [$0.table] } ?? []))
    }

    mutating func describeProvenance(_ results: RunRecord.Results) {
        let origin = results.provenance
        page.section("Settings and provenance")
        var facts: [(String, String)] = [
            ("command", origin.commandLine.joined(separator: " ")),
            ("photoz", origin.version), ("precision", results.precision), ("batch size", "\(results.batchSize)"),
            ("threads of a rank", "\(origin.threads)"), ("dealt by", origin.shard),
            ("instruction set", origin.instructionSet), ("partitions", grouped(results.partitions)),
            ("weights", origin.weights), ("SHA-256 of the weights", origin.weightsHash),
        ]
        if let calibration = results.distributions?.calibration {
            facts += [("calibration", calibration.file), ("SHA-256 of the calibration", calibration.hash)]
        }
        facts += [
            ("views", results.viewCount.map { "\($0)" } ?? "not known"),
            ("hosts", origin.hosts.prefix(20).joined(separator: ", ")), ("MPI", origin.mpi), ("HDF5", origin.hdf5),
            ("start", origin.start), ("end", origin.end), ("CPU time", decimal(results.processorTime, 2) + " s"),
        ]
        facts.append(("cost as AWS Lambda functions", results.cost.map { decimal($0.lambda, 6) + " USD" } ?? "–"))
        facts.append(("core-hours", decimal(results.cost?.coreHours, 5)))
        let price = results.cost?.cluster.map { decimal($0, 6) + " USD" }
        facts.append(("cost of the core-hours", price ?? "no price given"))
        page.facts(facts)
    }
}
