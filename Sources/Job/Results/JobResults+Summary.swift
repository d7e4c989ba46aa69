import AstroMAE
import Glibc
import PhotozMachine
import PhotozMetrics
import PhotozRecords
import PhotozText
import Survey

extension JobResults {
    /// Room for a value with its error, before what is remarked of it.
    private static let valueWidth = 20

    /// One screen about the run, for standard output, below its ``RunHeader``.
    func summary(output: String) -> String {
        var lines = [""]
        func row(_ name: String, _ value: String, _ remark: String = "") {
            lines.append("  " + padded(name, 24) + (remark.isEmpty ? value : padded(value, Self.valueWidth) + remark))
        }
        row("galaxies a second", decimal(samplesPerSecond, 0), "over the inference phase")
        row("wall time", decimal(wallTime.total, 2) + " s", phases)
        row("CPU time", decimal(processorTime, 2) + " s", "user and system, all ranks")
        row(
            "peak memory of a rank", decimal(reports.map(\.memory).max() ?? 0, 0) + " MB",
            "resident, shared pages included")
        lines.append("")
        if let metrics, metrics.count > 0 {
            lines.append("  metrics over the \(metrics.count) with a spectroscopic redshift; d = (p - z)/(1 + z)")
            row("sigma_mad", withError(metrics.sigmaMAD, metrics.sigmaMADError, 5), "1.4826 median |d - median d|")
            row("Bias", withError(metrics.bias, metrics.biasError, 5), "mean d")
            row("outliers", percent(metrics.outlierFraction015, metrics.outlierFraction015Error), "|d| > 0.15")
            row("MAE", decimal(metrics.meanAbsoluteError, 5), "mean |p - z|")
            row("R2", decimal(metrics.r2, 4))
        } else {
            lines.append("  no spectroscopic redshifts: no metrics")
        }
        lines += distributionLines
        lines += flagLines.isEmpty ? [] : [""] + flagLines
        let files =
            ["Results.json", ResultNames.predictions, "combined_data.json"]
            + (distributions == nil ? [] : [ResultNames.distributions])
        lines += ["", "Results: " + files.map { "\(output)/\($0)" }.joined(separator: ", ")]
        lines.append("Next: photoz report \(shellQuoted(output)) --output \(shellQuoted(Self.page(about: output)))")
        return lines.joined(separator: "\n")
    }

    /// A page beside the folder of the results; in the current folder for one that is named by dots.
    private static func page(about output: String) -> String {
        var folder = Substring(output)
        while folder.last == "/" { folder.removeLast() }
        let name = folder.split(separator: "/").last ?? "."
        return name.allSatisfy { $0 == "." } ? "report.html" : folder + ".html"
    }

    /// What made the distributions, and how they fare; nothing without a calibration.
    private var distributionLines: [String] {
        guard let distributions else { return [] }
        let origin = distributions.calibration
        var lines = [
            "",
            "  distributions (\(distributions.form)) by \(origin.file): \(origin.method), \(origin.labelled) labelled galaxies",
        ]
        guard let scores = distributions.evaluation?.metrics, scores.count > 0 else { return lines }
        func row(_ name: String, _ value: String, _ remark: String) {
            lines.append("  " + padded(name, 24) + padded(value, 21) + remark)
        }
        for interval in scores.coverage where [0.68, 0.95].contains(interval.level) {
            row(
                "within \(decimal(interval.level * 100, 0)) %", percent(interval.fraction),
                "of the \(scores.count), give or take \(percent(interval.error)) by chance")
        }
        row("CRPS", decimal(scores.crps, 5), "mean ∫(F - [x >= z])² dx")
        row("CDE loss", decimal(scores.cdeLoss, 3), "mean ∫p² - 2 p(z)")
        row("PIT KS", decimal(scores.pit?.ks, 4), "probability by chance: \(decimal(scores.pit?.ksProbability, 3))")
        return lines
    }

    /// What is odd about the galaxies; nothing when nothing is.
    private var flagLines: [String] {
        var lines: [String] = []
        func row(_ name: String, _ count: Int, _ remark: String, share: String = "") {
            if count > 0 {
                lines.append("  " + padded(name, 24) + padded("\(count)\(share)", Self.valueWidth) + remark)
            }
        }
        func each(_ flags: [(String, GalaxyFlags)]) -> String {
            flags.map { "\($0) \(self.flags[$1])" }.joined(separator: ", ")
        }
        row(
            "no magnitude", flags.magnitudeMissing,
            each([("not observed", .magnitudeNotObserved), ("not detected", .magnitudeNotDetected)]) + ": no redshift")
        let usual = percent(training.usualFraction)
        row(
            "outside of training", flags.inputOutside,
            each([("magnitude", .magnitudeOutside), ("colour", .colourOutside), ("pixel", .imageOutside)])
                + (flags.hasManyOutside(training) ? "; do not trust these" : ""),
            share: " (\(percent(Double(flags.inputOutside) / Double(max(flags.galaxies, 1)))); usual \(usual))")
        row(
            "images at fault", flags.imageAtFault,
            each([
                ("blank band", .imageBlank), ("constant band", .imageConstant), ("saturated", .imageSaturated),
                ("not finite", .imageNotFinite),
            ]))
        row("redshift outside", flags[.predictionOutside], "predicted redshifts outside of those trained on")
        row("outside of calibration", flags[.calibrationOutside], "nothing vouches for their distributions")
        row("no answer", flags[.predictionNotFinite], "the network's answer is not finite: no redshift")
        if !training.hasRanges {
            lines.append("  range unknown           the weights do not say what they were trained on")
        }
        return lines
    }

    private var phases: String {
        "start-up \(decimal(wallTime.startup, 2)), load \(decimal(wallTime.load, 2)), "
            + "inference \(decimal(wallTime.inference, 2)), reduce \(decimal(wallTime.reduce, 2)), "
            + "write \(decimal(wallTime.write, 2))"
    }
}

extension JobResults.Skipped {
    /// What the user must hear in the end; nil when nothing was left out.
    func message(output: String) -> String? {
        guard galaxies > 0 || !files.isEmpty else { return nil }
        var parts: [String] = []
        if !files.isEmpty { parts.append("\(files.count) partition\(files.count == 1 ? "" : "s")") }
        if galaxies > 0 { parts.append("\(galaxies) row\(galaxies == 1 ? "" : "s")") }
        let first = (files + rows)[0]
        // Most reasons say it themselves.
        let place = first.firstRow.flatMap { first.reason.contains("row \($0)") ? nil : ", row \($0)" } ?? ""
        return
            "the run is finished, but \(parts.joined(separator: " and ")) could not be read and were left out, the first: \(first.file)\(place): \(first.reason); all are listed under skipped in \(output)/Results.json"
    }
}

private func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
}

private func percent(_ fraction: Double?, _ error: Double? = nil) -> String {
    fraction.map { withError($0 * 100, error.map { $0 * 100 }, 2) + " %" } ?? "-"
}

/// A number with its error, where there is one.
private func withError(_ value: Double?, _ error: Double?, _ digits: Int) -> String {
    decimal(value, digits) + (error.map { " ± " + decimal($0, digits) } ?? "")
}
