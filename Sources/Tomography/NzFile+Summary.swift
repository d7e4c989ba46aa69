import PhotozMachine

extension NzFile {
    /// What share of a bin's probability may be cut off by the grid without a word.
    private static let quietlyCut = 0.01

    /// A table of the bins, for standard output; warns of what the grid cuts off.
    func summary(_ output: String) -> String {
        if let all = bins.last, all.stack.outside > Self.quietlyCut {
            warn(
                "\(decimal(all.stack.outside * 100, 1)) % of the galaxies' probability lies outside of the grid \(options.grid) and is cut off; n(z) is normalised to what is left: choose a wider one with --grid"
            )
        }
        let stacked = bins.last?.stack.galaxies ?? 0
        var lines = [
            "n(z) of \(stacked) galaxies in \(bins.count - 1) bins of \(options.estimate.rawValue), \(options.form.rawValue) on \(options.grid)",
            "", row("from", "to", "galaxies", "mean z", ""),
        ]
        for (index, bin) in bins.enumerated() {
            let isAll = index == bins.count - 1
            let error = bin.errors.map { "± " + decimal($0.mean, 5) } ?? ""
            lines.append(
                row(
                    isAll ? "all" : decimal(edges[index], 4), isAll ? "" : decimal(edges[index + 1], 4),
                    "\(bin.stack.galaxies)", decimal(bin.stack.mean, 5), error))
        }
        let rest = [
            (counts.without, "without a distribution"), (counts.flagged, "flagged"),
            (counts.outside, "outside of the bins"),
        ].filter { $0.0 > 0 }
        lines.append("")
        if !rest.isEmpty { lines.append("Left out: " + rest.map { "\($0.0) \($0.1)" }.joined(separator: ", ")) }
        lines.append("Results: \(output)")
        return lines.joined(separator: "\n")
    }

    private func row(_ columns: String...) -> String {
        let padded = zip(columns, [10, 10, 12, 10, 0]).map { text, width in
            text + String(repeating: " ", count: max(width - text.count, 0))
        }
        var line = "  " + padded.joined()
        while line.hasSuffix(" ") { line.removeLast() }
        return line
    }
}
