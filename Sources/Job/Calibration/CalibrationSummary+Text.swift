import PhotozDistributions
import PhotozMachine

extension CalibrationSummary.Counts {
    /// How many were left out, and why; nil when none was.
    var leftOut: String? {
        let parts = [
            (withoutMagnitude, "without a magnitude"), (withoutPrediction, "without a usable prediction"),
            (withoutRedshift, "without a redshift"), (skipped, "that could not be read"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        return parts.isEmpty ? nil : "left out: " + parts.joined(separator: ", ")
    }
}

/// A calibration for people.
extension CalibrationSummary {
    /// What the user must know before the calibration is used.
    var warnings: [String] { [trainedWarning, coverageWarning].compactMap(\.self) + reweightingWarnings }

    /// One screen for standard output.
    ///
    /// - Parameters:
    ///   - output: Where it stands.
    ///   - calibration: What was fitted.
    ///   - ranks: How many ranks did it.
    ///   - seconds: Wall time.
    func report(on output: String, of calibration: Calibration, ranks: Int, seconds: Double) -> String {
        let head =
            "\(labelled) labelled galaxies, \(ranks) rank\(ranks == 1 ? "" : "s"), \(instructionSet), \(precision), \(viewsText), \(decimal(seconds, 2)) s"
        return ([head] + rows(of: calibration) + ["", "Calibration: \(output)"]).joined(separator: "\n")
    }

    /// What `photoz inspect` says of a file.
    func inspection(of file: CalibrationFile) -> String {
        let lines = [
            "\(file.path): calibration, whole", "  SHA-256: \(file.hash)",
            "  for weights with SHA-256: \(weightsHash)", "  for precision \(precision), \(viewsText)",
            "  bands: \(bandNames.map { $0.joined(separator: " ") } ?? "\(bands)")",
            "  missing values: all but \(missing)",
            "  made by photoz \(version) with \(instructionSet), \(created)",
            "  \(labelled) labelled galaxies of \(counts.galaxies), SHA-256: \(labelledHash)",
        ]
        return (lines + rows(of: file.calibration) + Self.rangeLines(file.calibration.ranges)).joined(separator: "\n")
    }

    private var viewsText: String { views == 1 ? "1 view" : "\(views) views" }

    private static func rangeLines(_ ranges: CalibrationRanges) -> [String] {
        func text(_ range: ClosedRange<Float>) -> String {
            "\(decimal(Double(range.lowerBound), 3)) to \(decimal(Double(range.upperBound), 3))"
        }
        func list(_ ranges: [ClosedRange<Float>]) -> String { ranges.map(text).joined(separator: ", ") }
        let lines = [
            "  labelled predictions: \(text(ranges.redshift))", "  labelled magnitudes: \(list(ranges.magnitudes))",
        ]
        return lines + (ranges.colours.isEmpty ? [] : ["  labelled colours: \(list(ranges.colours))"])
    }

    /// A line for each thing to know, with its name in a column.
    private func rows(of calibration: Calibration) -> [String] {
        let (smallest, largest) = (calibration.smallestCellCount, calibration.largestCellCount)
        var lines: [String] = []
        func row(_ name: String, _ value: String) {
            lines.append("  " + name + String(repeating: " ", count: max(1, 24 - name.count)) + value)
        }
        if let leftOut = counts.leftOut { row("of \(counts.galaxies) galaxies", leftOut) }
        row(
            "method",
            "\(method.rawValue), \(cells) cell\(cells == 1 ? "" : "s") of "
                + (smallest == largest ? "\(largest) galaxies" : "\(smallest) to \(largest) galaxies"))
        if let reweighting {
            row(
                "weighted towards",
                "\(reweighting.targets) of \(reweighting.targetGalaxies) galaxies; effective sample size \(decimal(reweighting.effectiveSize, 0)) of \(labelled)"
            )
            row("", "\(percent(reweighting.outside, 2)) of the target is not near any labelled galaxy")
        }
        row("trained on", trainedText)
        guard let heldOut else {
            row("held-out check", "none: half of the galaxies are too few")
            return lines
        }
        row("held-out check", "half of the galaxies calibrated, against the other \(heldOut.galaxies)")
        for coverage in heldOut.coverage {
            row(
                "  \(percent(coverage.level, 0)) intervals",
                "hold \(percent(coverage.fraction, 2)), +- \(percent(error(of: coverage, heldOut), 2))")
        }
        row("  CRPS", scores(heldOut, \.crps))
        row("  CDE loss", scores(heldOut, \.cdeLoss))
        return lines
    }

    private func scores(_ heldOut: HeldOutCheck, _ score: KeyPath<HeldOutCheck.Scores, Double>) -> String {
        let other: CalibrationMethod = method == .cells ? .smooth : .cells
        let others = [("one Gaussian for all", heldOut.oneGaussian), (other.rawValue, heldOut.otherMethod)]
        return decimal(heldOut.scores[keyPath: score], 5) + "; "
            + others.compactMap { name, scores in
                scores.map { "\(name): \(decimal($0[keyPath: score], 5))" }
            }.joined(separator: ", ")
    }

    private var trainedText: String {
        switch trained {
        case nil: "not known: the weights have no trained_sample"
        case .some(let trained) where trained.checked == 0: "not known: the weights' sample tells of no labelled galaxy"
        case .some(let trained): "\(trained.found) of the \(trained.checked) labelled galaxies that can be told about"
        }
    }

    // MARK: Warnings

    private static let consequence = "residuals of galaxies that were trained on are smaller than those of others"

    private var trainedWarning: String? {
        guard let trained, trained.checked > 0 else {
            return
                "it cannot be told whether the network was trained on these galaxies (\(trained == nil ? "the weights have no trained_sample" : "the weights' trained_sample tells of none of them")): make sure that it was not, since \(Self.consequence)"
        }
        guard trained.found > 0 else { return nil }
        return
            "the network was trained on \(trained.found) of the \(trained.checked) labelled galaxies that can be told about, about \(percent(Double(trained.found) / Double(trained.checked), 1)) of all: \(Self.consequence), so that the distributions promise too much; calibrate with galaxies that it was not trained on"
    }

    /// Standard deviation of a covered fraction that is right: that of the galaxies looked at, and as much from the
    /// half that was calibrated with.
    private func error(of coverage: HeldOutCheck.Coverage, _ heldOut: HeldOutCheck) -> Double {
        let share = reweighting.map { $0.effectiveSize / Double(max(labelled, 1)) } ?? 1
        let count = max(Double(heldOut.galaxies) * share, 1)
        return (2 * coverage.level * (1 - coverage.level) / count).squareRoot()
    }

    private var coverageWarning: String? {
        guard let heldOut else {
            return
                "half of the \(labelled) labelled galaxies are too few for a calibration to be held against the other half: nothing shows how good this one is"
        }
        // Ranks in cells, and lines between the levels, have an error that more galaxies do not make smaller.
        let off = heldOut.coverage.filter { abs($0.fraction - $0.level) > 4 * error(of: $0, heldOut) + 0.005 }
        guard !off.isEmpty else { return nil }
        let words = off.map { "\(percent($0.level, 0)) intervals hold \(percent($0.fraction, 2))" }
        return
            "the held-out check is off: \(words.joined(separator: ", ")); look for galaxies that come several times, or for weights that a few galaxies have"
    }

    private var reweightingWarnings: [String] {
        guard let reweighting else { return [] }
        var warnings: [String] = []
        if reweighting.outside > 0.01 {
            warnings.append(
                "\(percent(reweighting.outside, 1)) of the target is not near any labelled galaxy in magnitudes: no weight can stand for these"
            )
        }
        if reweighting.effectiveSize < 0.1 * Double(labelled) {
            warnings.append(
                "the weights leave an effective sample of \(decimal(reweighting.effectiveSize, 0)) of \(labelled) labelled galaxies: the distributions are as uncertain as from so many"
            )
        }
        return warnings
    }
}

private func percent(_ fraction: Double, _ digits: Int) -> String { decimal(fraction * 100, digits) + " %" }
