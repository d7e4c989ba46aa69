import Foundation
import HDF5
import TestSupport

/// Gives a finished run what a calibration would have given it: distributions of the shape of a logistic one, whose
/// scale is too small by a known factor.
struct CalibratedResults {
    /// Levels of the quantiles that are kept.
    static let levels =
        [0, 0.001, 0.005, 0.01, 0.025, 0.05] + (2...18).map { Double($0) / 20 } + [0.95, 0.975, 0.99, 0.995, 0.999, 1]
    let folder: String
    /// The distributions' width, in units of 1 + z.
    let scale: Double
    private let predicted: [Float]
    private let spectroscopic: [Float]

    init(_ folder: String, scale: Double = 0.01) throws {
        (self.folder, self.scale) = (folder, scale)
        predicted = try Output(folder: folder).floats("redshift_predicted")
        spectroscopic = try Output(folder: folder).floats("redshift")
    }

    /// Where a galaxy's distribution has a level; the ends are far out.
    private func quantile(_ level: Double, _ galaxy: Int) -> Float {
        let inner = min(max(level, 1e-6), 1 - 1e-6)
        let z = Double(predicted[galaxy])
        return Float(z + scale * (1 + z) * log(inner / (1 - inner)))
    }

    /// The probability below each labelled galaxy's spectroscopic redshift.
    var transforms: [Double] {
        zip(predicted, spectroscopic).filter { $0.isFinite && $1.isFinite && $1 > -1 }.map { p, z in
            1 / (1 + exp(-Double(z - p) / (scale * (1 + Double(p)))))
        }
    }

    /// Counts of ``transforms`` in 20 bins.
    var histogram: [Int] {
        transforms.reduce(into: [Int](repeating: 0, count: 20)) { $0[min(Int($1 * 20), 19)] += 1 }
    }

    /// Writes `pz.hdf5`, of densities at the points of a grid (`interp`) or between them (`hist`).
    func writeDensities(_ form: String) throws {
        let ends = (low: Double(predicted.min() ?? 0) - 0.5, high: Double(predicted.max() ?? 0) + 0.5)
        let grid = (0...2000).map { ends.low + Double($0) / 2000 * (ends.high - ends.low) }
        let rows = predicted.map { p -> [Float] in
            let width = scale * (1 + Double(p))
            func below(_ z: Double) -> Double { 1 / (1 + exp(-(z - Double(p)) / width)) }
            let densities = grid.map { below($0) * (1 - below($0)) / width }
            let means = zip(grid, grid.dropFirst()).map { (below($1) - below($0)) / ($1 - $0) }
            return (form == "interp" ? densities : means).map(Float.init)
        }
        let names = form == "interp" ? ("xvals", "yvals") : ("bins", "pdfs")
        let file = try File.create(folder + "/pz.hdf5")
        let (meta, data) = (try file.createGroup("meta"), try file.createGroup("data"))
        try meta.createStringDataset("pdf_name", shape: [1], length: form.utf8.count).write(
            rows: 0..<1, strings: [form])
        try meta.createDataset(names.0, of: Double.self, shape: [1, grid.count]).write(rows: 0..<1, from: grid)
        try data.createDataset(names.1, of: Float.self, shape: [rows.count, rows.first?.count ?? 0]).write(
            rows: 0..<rows.count, from: Array(rows.joined()))
        try file.close()
    }

    /// Writes `pz.hdf5`, of quantiles; and puts the intervals in `predictions.h5`.
    func writeDistributions(levels: [Double] = levels, rows: Int? = nil) throws {
        let rows = rows ?? predicted.count
        let file = try File.create(folder + "/pz.hdf5")
        let (meta, data) = (try file.createGroup("meta"), try file.createGroup("data"))
        try meta.createStringDataset("pdf_name", shape: [1], form: .fixed(5)).write(rows: 0..<1, strings: ["quant"])
        try meta.createDataset("quants", of: Double.self, shape: [1, levels.count]).write(rows: 0..<1, from: levels)
        let locations = (0..<rows).flatMap { galaxy in levels.map { quantile($0, galaxy) } }
        try data.createDataset("locs", of: Float.self, shape: [rows, levels.count]).write(
            rows: 0..<rows, from: locations)
        try file.close()
        let predictions = try File.openForWriting(folder + "/predictions.h5")
        for (name, level) in [("z_lower_68", 0.16), ("z_upper_68", 0.84)] {
            try predictions.createDataset(name, of: Float.self, shape: [predicted.count]).write(
                rows: 0..<predicted.count, from: predicted.indices.map { quantile(level, $0) })
        }
        try predictions.close()
    }

    /// What `Results.json` says of them, beside bootstrap errors of all metrics.
    func describe(_ results: inout [String: Any]) {
        let transforms = transforms
        let coverage = [0.5, 0.68, 0.9, 0.95, 0.99].map { level in
            let inside = transforms.count { abs($0 - 0.5) * 2 <= level }
            return ["level": level, "fraction": Double(inside) / Double(max(transforms.count, 1)), "error": 0.02]
        }
        let scores: [String: Any] = [
            "N": transforms.count, "crps": 0.0123, "cde_loss": -12.5, "pit_ks": 0.05, "pit_ks_p": 0.2,
            "pit_histogram": histogram, "coverage": coverage,
        ]
        var bins = results["metrics_in_bins"] as? [String: [[String: Any]]] ?? [:]
        bins["redshift_predicted"] = bins["redshift"]
        for (variable, list) in bins {
            bins[variable] = list.map { bin in
                bin.merging(["sigma_mad_error": 0.001, "Bias_error": 0.002, "outlier_fraction_0.15_error": 0.003]) {
                    $1
                }
            }
        }
        results["metrics_in_bins"] = bins
        if let metrics = results["metrics"] as? [String: Any] {
            results["metrics"] = metrics.merging(["sigma_mad_error": 0.00012, "Bias_error": 0.0034]) { $1 }
        }
        // As a bin without galaxies has them.
        let none: [String: Any] = [
            "N": 0, "crps": NSNull(), "pit_histogram": [Int](repeating: 0, count: 20), "from": 90, "to": 91,
            "coverage": coverage.map {
                ["level": $0["level"] ?? 0, "fraction": NSNull(), "error": NSNull()] as [String: Any]
            },
        ]
        let named = bins.mapValues {
            [none] + $0.map { scores.merging(["from": $0["from"] ?? 0, "to": $0["to"] ?? 1]) { $1 } }
        }
        var distributions: [String: Any] = [
            "calibration": [
                "file": "calibration.hdf5", "sha256": String(repeating: "cd", count: 32), "method": "smooth",
                "labelled": 20_000, "cells": 47, "created": "2026-01-01T00:00:00Z",
            ],
            "form": "quant", "grid": NSNull(), "outside_calibration": 3, "cut_by_grid": NSNull(),
            "metrics": NSNull(), "metrics_in_bins": NSNull(),
        ]
        if !transforms.isEmpty {
            distributions["metrics"] = scores
            distributions["metrics_in_bins"] = named
        }
        results["distributions"] = distributions
    }
}
