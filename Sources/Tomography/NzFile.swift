import HDF5
import PhotozMachine

/// `nz.hdf5`: an ensemble that `qp` reads from the group `qp`, as TXPipe has it: one row for each bin, and behind them
/// one for all bins together.
struct NzFile {
    /// Those of all bins and of all of them together, with their errors where there are any.
    let bins: [(stack: StackedBin, errors: StackErrors?)]
    let edges: [Double]
    let options: NzOptions
    /// Attributes of the file.
    let counts: NzCounts
    /// What the distributions say of their origin, by name.
    let provenance: [(String, String)]

    /// What tells such a file from others.
    private static let generator = "photoz nz"

    /// What may be replaced.
    static let own = OwnFile.hdf5("a file of photoz nz", attribute: "generator", beginning: generator)

    /// RAIL's number of a bin that stands for all of them.
    private static let allBins: Int64 = -2

    /// Writes the file whole.
    ///
    /// - Throws: ``JobError`` with code 73 for what may not be replaced, or 74, `HDF5Error`.
    func write(to path: String) throws {
        try writeWhole(path, replacing: Self.own) { temporary in
            let file = try File.create(temporary)
            try describe(file)
            let qp = try file.createGroup("qp")
            try writeMeta(qp.createGroup("meta"))
            try write(bins.map(\.stack.densities), options.form == .interp ? "yvals" : "pdfs", qp.createGroup("data"))
            try writeAncil(qp.createGroup("ancil"))
            try file.close()
        }
    }

    private func describe(_ file: File) throws {
        for (name, text) in provenance { try file.setAttribute(name, text) }
        try file.setAttribute("generator", Self.generator)
        try file.setAttribute("nz_version", options.version)
        try file.setAttribute("source", options.source)
        try file.setAttribute("binned_by", options.estimate.rawValue)
        try file.setAttribute("bin_edges", edges)
        try file.setAttribute("galaxies", Int64(counts.galaxies))
        try file.setAttribute("galaxies_without_distribution", Int64(counts.without))
        try file.setAttribute("galaxies_left_out", Int64(counts.flagged))
        try file.setAttribute("galaxies_outside_bins", Int64(counts.outside))
        try file.setAttribute("left_out_flags", Int64(options.leftOut.rawValue))
        try file.setAttribute("bootstrap_resamples", Int64(options.resamples))
        try file.setAttribute("bootstrap_parts", Int64(StackErrors.partCount))
        try file.setAttribute("bootstrap_seed", options.seed)
    }

    private func writeMeta(_ group: Group) throws {
        let name = options.form.rawValue
        try group.createStringDataset("pdf_name", shape: [1], length: name.utf8.count).write(
            rows: 0..<1, strings: [name])
        try group.createDataset("pdf_version", of: Int64.self, shape: [1]).write(rows: 0..<1, from: [Int64(0)])
        let grid = options.grid.values
        let dataset = try group.createDataset(
            options.form == .interp ? "xvals" : "bins", of: Double.self, shape: [1, grid.count])
        try dataset.write(rows: 0..<1, from: grid)
    }

    private func writeAncil(_ group: Group) throws {
        let count = bins.count
        func column<T: Scalar>(_ name: String, _ values: [T], _ meaning: String) throws {
            let dataset = try group.createDataset(name, of: T.self, shape: [count])
            try dataset.write(rows: 0..<count, from: values)
            try dataset.setAttribute("description", meaning)
        }
        try column(
            "bin_idx", (0..<count - 1).map(Int64.init) + [Self.allBins], "number of the bin; -2: all bins together")
        try column("n_objects", bins.map { Int64($0.stack.galaxies) }, "galaxies in the bin")
        try column("z_lower", edges.dropLast() + [edges[0]], "lower edge of the bin")
        try column("z_upper", edges.dropFirst() + [edges[edges.count - 1]], "upper edge of the bin")
        try column("z_mean", bins.map(\.stack.mean), "mean redshift of n(z)")
        try column(
            "outside_grid", bins.map(\.stack.outside), "share of the galaxies' probability that the grid cuts off")
        guard options.resamples > 0 else { return }
        try column("z_mean_error", bins.map { $0.errors?.mean ?? .nan }, "standard deviation of z_mean by bootstrap")
        let errors = try write(bins.map { $0.errors?.densities ?? [] }, "error", group)
        try errors.setAttribute("description", "standard deviation of n(z) by bootstrap, beside each density")
    }

    @discardableResult
    private func write(_ rows: [[Double]], _ name: String, _ group: Group) throws -> Dataset {
        let dataset = try group.createDataset(name, of: Double.self, shape: [rows.count, rows[0].count])
        try dataset.write(rows: 0..<rows.count, from: rows.flatMap(\.self))
        return dataset
    }
}
