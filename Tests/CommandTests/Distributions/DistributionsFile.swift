import Foundation
import HDF5
import TestSupport

/// A file of made-up redshift distributions, as `photoz run` and `qp` write them.
struct DistributionsFile {
    /// The levels of ours.
    static let levels: [Double] = {
        let middle: [Double] = (1...19).map { Double($0) / 20 }
        return [0, 0.001, 0.005, 0.01, 0.025] + middle + [0.975, 0.99, 0.995, 0.999, 1]
    }()

    var form = "quant"
    /// What all rows have in common.
    var common = levels
    var rows: [[Float]] = []
    var columns: [String: [Float]] = [:]
    var flags: [UInt32] = []

    /// Distributions by chance, whose quantiles lie between 0 and 1.5. Some galaxies have none: their rows are NaN, or
    /// what qp takes for a distribution, where no redshift can be, and their redshifts are NaN.
    static func quantiles(_ count: Int, seed: UInt64 = 3) -> DistributionsFile {
        var random = SeededNumbers(seed: seed)
        var file = DistributionsFile()
        for row in 0..<count {
            let (centre, width) = (
                Float.random(in: 0.1...0.9, using: &random), Float.random(in: 0.01...0.2, using: &random)
            )
            var quantiles = levels.map { _ in centre + Float.random(in: -0.5...0.5, using: &random) * width }.sorted()
            let hasNone = row % 29 == 4
            if hasNone { quantiles = row % 2 == 0 ? levels.map { _ in .nan } : levels.map { Float($0 - 2) } }
            file.rows.append(quantiles)
            file.columns["zmode", default: []].append(hasNone ? .nan : quantiles[14])
            file.columns["zmedian", default: []].append(hasNone ? .nan : quantiles[12])
            file.flags.append(row % 7 == 2 ? 1 << 2 : 0)
        }
        return file
    }

    /// Densities by chance on a grid from 0 to 2.
    static func densities(_ form: String, _ count: Int) -> DistributionsFile {
        var random = SeededNumbers(seed: 8)
        var file = DistributionsFile()
        file.form = form
        file.common = (0...40).map { Double($0) / 20 }
        for row in 0..<count {
            let size = form == "interp" ? 41 : 40
            var values = (0..<size).map { _ in Float.random(in: 0...3, using: &random) }
            if row % 29 == 4 { values = values.map { _ in 0 } }
            file.rows.append(values)
            file.columns["zmode", default: []].append(Float.random(in: 0...2, using: &random))
        }
        return file
    }

    /// Writes the file.
    func write(_ path: String) throws {
        let file = try File.create(path)
        let meta = try file.createGroup("meta")
        try meta.createStringDataset("pdf_name", shape: [1], length: form.utf8.count).write(
            rows: 0..<1, strings: [form])
        try meta.createDataset("pdf_version", of: Int64.self, shape: [1]).write(rows: 0..<1, from: [Int64(0)])
        let names = ["quant": ("quants", "locs"), "interp": ("xvals", "yvals"), "hist": ("bins", "pdfs")]
        let (shared, own) = names[form] ?? ("others", "values")
        try meta.createDataset(shared, of: Double.self, shape: [1, common.count]).write(rows: 0..<1, from: common)
        let data = try file.createGroup("data").createDataset(own, of: Float.self, shape: [rows.count, rows[0].count])
        try data.write(rows: 0..<rows.count, from: rows.flatMap(\.self))
        let ancil = try file.createGroup("ancil")
        for (name, values) in columns {
            try ancil.createDataset(name, of: Float.self, shape: [values.count, 1]).write(
                rows: 0..<values.count, from: values)
        }
        if !flags.isEmpty {
            try ancil.createDataset("flags", of: UInt32.self, shape: [flags.count]).write(
                rows: 0..<flags.count, from: flags)
        }
        try file.setAttribute("photoz_version", "0.1.0")
        try file.setAttribute("weights_sha256", "ab12")
        try file.close()
    }

    /// The probability below a redshift of a row, by the plain definition; nil where it has no distribution.
    func cumulative(_ row: Int, at redshift: Double) -> Double? {
        let values = rows[row].map(Double.init)
        guard values.allSatisfy(\.isFinite), form == "quant" || values.contains(where: { $0 > 0 }) else { return nil }
        func part(_ from: Double, _ to: Double) -> Double { min(max((redshift - from) / (to - from), 0), 1) }
        let pieces: [Double]
        switch form {
        case "quant":
            return zip(values, values.dropFirst()).enumerated().reduce(0) { sum, piece in
                sum + (common[piece.offset + 1] - common[piece.offset]) * part(piece.element.0, piece.element.1)
            }
        case "hist":
            pieces = values.indices.map { values[$0] * part(common[$0], common[$0 + 1]) }
            return pieces.reduce(0, +) / values.reduce(0, +)
        default:
            // Densities are linear between the points, which are evenly spaced.
            pieces = values.indices.dropLast().map {
                let fraction = part(common[$0], common[$0 + 1])
                return fraction * (values[$0] + (values[$0 + 1] - values[$0]) * fraction / 2)
            }
            let total = zip(values, values.dropFirst()).reduce(0) { $0 + ($1.0 + $1.1) / 2 }
            return pieces.reduce(0, +) / total
        }
    }
}
