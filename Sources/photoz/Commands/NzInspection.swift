import HDF5
import PhotozMachine

/// What `photoz inspect` says of `nz.hdf5`.
struct NzInspection {
    private let file: File
    private let form: String
    /// [bins and all of them, numbers]
    private let data: Dataset

    /// Whether a file holds redshift distributions of tomographic bins, as `photoz nz` writes them.
    static func isOne(_ file: File) -> Bool { file.contains("qp/meta/pdf_name") }

    /// - Throws: ``JobError`` with code 65 for a form that photoz nz does not write, or data sets that do not go
    ///   together; `HDF5Error`.
    init(_ file: File) throws {
        self.file = file
        form = try file.dataset("qp/meta/pdf_name").readStrings(rows: 0..<1)[0]
        guard let names = ["interp": ("yvals", "xvals"), "hist": ("pdfs", "bins")][form] else {
            throw JobError(
                .badData, "\(file.path): qp/meta/pdf_name is \"\(form)\"; photoz nz writes interp and hist")
        }
        data = try file.dataset("qp/data/" + names.0)
        let grid: [Double] = try file.dataset("qp/meta/" + names.1).readAll()
        guard data.shape == [data.rows, form == "hist" ? grid.count - 1 : grid.count], data.rows > 1 else {
            throw fault("qp/data/\(names.0) has shape \(data.shape), and qp/meta/\(names.1) \(grid.count) numbers")
        }
    }

    /// Looks at all densities.
    ///
    /// - Throws: ``JobError`` with code 65 when a row is no distribution; `HDF5Error`.
    func description() throws -> String {
        let densities: [Double] = try data.readAll()
        for row in 0..<data.rows {
            let own = densities[row * data.rowCount..<(row + 1) * data.rowCount]
            guard own.allSatisfy({ $0.isFinite && $0 >= 0 }), own.contains(where: { $0 > 0 }) else {
                throw fault("\(data.name): row \(row) has no density, one below 0, or one that is no number")
            }
        }
        let (lower, upper, means): ([Double], [Double], [Double]) =
            (try column("z_lower"), try column("z_upper"), try column("z_mean"))
        let galaxies: [Int64] = try column("n_objects")
        let bins = (0..<data.rows).map { row in
            let name = row == data.rows - 1 ? "all" : "\(decimal(lower[row], 4)) to \(decimal(upper[row], 4))"
            return "\n  \(name): \(galaxies[row]) galaxies, mean redshift \(decimal(means[row], 5))"
        }
        return """
            \(file.path): n(z) of photoz nz, as qp's \(form) in the group qp
              of \(try file.attributeString("source")), binned by \(try file.attributeString("binned_by"))\(bins.joined())
            """
    }

    private func column<T: Scalar>(_ name: String) throws -> [T] {
        let column = try file.dataset("qp/ancil/" + name)
        guard column.shape == [data.rows] else {
            throw fault("qp/ancil/\(name) has shape \(column.shape), and there are \(data.rows) rows")
        }
        return try column.readAll()
    }

    private func fault(_ reason: String) -> JobError {
        JobError(.badData, "\(file.path): \(reason); run photoz nz again")
    }
}
