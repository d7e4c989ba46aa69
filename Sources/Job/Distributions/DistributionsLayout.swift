import HDF5
import PhotozDistributions
import Survey

/// What `pz.hdf5` holds: distributions as qp, RAIL and tables_io read them, in the groups `meta`, `data` and `ancil`.
struct DistributionsLayout: ResultLayout {
    let dataSet: DataSet
    let distributions: GalaxyDistributions
    let form: DistributionForm
    /// Attributes of the file.
    let provenance: [(String, String)]

    /// Bytes of distributions that are made at once, or those of the smallest block where they are more.
    private static let bytesAtOnce = 4 << 20
    /// Galaxies of the smallest block.
    private var smallestBlock: Int { dataSet.hasStringsOfAnyLength ? StringHeap.galaxies : 16 }

    var blockSize: Int {
        var size = GalaxyOwners.block
        while size > smallestBlock, size * 4 * form.count > Self.bytesAtOnce { size /= 2 }
        return size
    }

    private var columns: [DistributionColumn] { DistributionColumn.all(of: dataSet) }

    func create(in file: File) throws -> [ReservedDataset] {
        try file.setAttribute(
            "description", "redshift distributions of photoz run, one a row, in the form of qp's files")
        for (name, text) in provenance { try file.setAttribute(name, text) }
        try form.describe(in: file.createGroup("meta"))
        let values = try file.createGroup("data").createDataset(
            form.dataName, of: Float.self, shape: [dataSet.rows, form.count], storage: .reserved)
        try values.setAttribute("description", form.meaning)
        try values.setAttribute("units", "")
        let ancil = try file.createGroup("ancil")
        let others = try columns.map {
            ReservedDataset(dataset: try $0.create(in: ancil, for: dataSet), width: $0.width(in: dataSet))
        }
        return [ReservedDataset(dataset: values, width: 4 * form.count)] + others
    }

    func elements(of rows: PredictionRows) throws -> [[UInt8]?] {
        let (values, numbers) = distributions(of: rows)
        return [storedBytes(values[...])]
            + (try columns.map { column in
                column == .objectID && dataSet.hasStringsOfAnyLength ? nil : try column.bytes(of: rows, numbers)
            })
    }

    /// The distributions of galaxies [galaxies, ``DistributionForm/count``], and their ``DistributionColumn/summaries``
    /// by column; ``DistributionForm/blank`` and NaN for a galaxy that has no redshift.
    private func distributions(of rows: PredictionRows) -> (values: [Float], numbers: [DistributionColumn: [Float]]) {
        let (count, blank, summaries) = (form.count, form.blank, DistributionColumn.summaries)
        var values = [Float](repeating: 0, count: rows.galaxies.count * count)
        var numbers = [[Float]](repeating: .init(repeating: .nan, count: rows.galaxies.count), count: summaries.count)
        values.withUnsafeMutableBufferPointer { values in
            distributions.forEach(rows.places, of: rows.found) { galaxy, locations in
                let row = UnsafeMutableBufferPointer(rebasing: values[galaxy * count..<(galaxy + 1) * count])
                guard let locations else {
                    _ = row.update(from: blank)
                    return
                }
                form.write(locations, into: row)
                let distribution = QuantileDistribution(locations)
                for (column, summary) in summaries.enumerated() {
                    numbers[column][galaxy] = Float(summary.number(distribution))
                }
            }
        }
        return (values, Dictionary(uniqueKeysWithValues: zip(summaries.map(\.column), numbers)))
    }
}

extension DistributionForm {
    /// Writes what all distributions have in common, as qp reads it: each data set has one row.
    ///
    /// - Parameter meta: The group.
    /// - Throws: `HDF5Error` when it cannot be written.
    fileprivate func describe(in meta: Group) throws {
        func text(_ name: String, _ text: String) throws {
            try meta.createStringDataset(name, shape: [1], length: text.utf8.count).write(rows: 0..<1, strings: [text])
        }
        func numbers(_ name: String, _ numbers: [Double]) throws {
            try meta.createDataset(name, of: Double.self, shape: [1, numbers.count]).write(rows: 0..<1, from: numbers)
        }
        try text("pdf_name", name)
        try meta.createDataset("pdf_version", of: Int64.self, shape: [1]).write(rows: 0..<1, from: [Int64(0)])
        switch self {
        case .quantiles:
            try numbers("quants", QuantileLevels.all)
            try text("pdf_constructor_name", "piecewise_linear")
            // The quantiles 0 and 1 are there: nothing is to be added by extrapolation.
            try meta.createDataset("ensure_extent", of: UInt8.self, shape: [1]).write(rows: 0..<1, from: [UInt8(0)])
        case .interpolated(let grid): try numbers("xvals", grid.values)
        case .histogram(let grid): try numbers("bins", grid.values)
        }
    }
}
