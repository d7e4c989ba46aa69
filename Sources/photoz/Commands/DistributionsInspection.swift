import HDF5
import PhotozMachine

/// What `photoz inspect` says of `pz.hdf5`.
struct DistributionsInspection {
    private let file: File
    private let form: String
    /// [galaxies, numbers]
    private let data: Dataset
    /// Of the numbers: levels of quantiles, or redshifts of the grid.
    private let axis: [Double]

    /// Whether a file holds distributions in the form of qp.
    static func isOne(_ file: File) -> Bool { file.contains("meta/pdf_name") }

    /// - Throws: ``JobError`` with code 65 for a form that photoz run does not write, or data sets that do not go
    ///   together; `HDF5Error`.
    init(_ file: File) throws {
        self.file = file
        form = try file.dataset("meta/pdf_name").readStrings(rows: 0..<1)[0]
        let names = ["quant": ("locs", "quants"), "interp": ("yvals", "xvals"), "hist": ("pdfs", "bins")]
        guard let (values, numbers) = names[form] else {
            throw JobError(
                .badData,
                "\(file.path): meta/pdf_name is \"\(form)\"; photoz run writes quant, interp and hist")
        }
        data = try file.dataset("data/" + values)
        axis = try file.dataset("meta/" + numbers).readAll()
        let count = form == "hist" ? axis.count - 1 : axis.count
        guard data.shape.count == 2, data.shape[1] == count else {
            throw fault("data/\(values) has shape \(data.shape), and meta/\(numbers) has \(axis.count) numbers")
        }
        for member in try file.group("ancil").members() {
            let column = try file.dataset("ancil/" + member.name)
            guard column.shape.first == data.rows else {
                throw fault("ancil/\(member.name) has shape \(column.shape), and data/\(values) \(data.shape)")
            }
        }
    }

    /// Looks at all distributions.
    ///
    /// - Throws: ``JobError`` with code 65 for the first that is none, `HDF5Error`.
    func description() throws -> String {
        let modes = try file.dataset("ancil/zmode")
        var (known, cut) = (0, 0)
        let step = max(1, (1 << 20) / max(data.rowCount, 1))
        for first in stride(from: 0, to: data.rows, by: step) {
            let rows = first..<min(first + step, data.rows)
            let (values, modes) = (try floats(data, rows), try floats(modes, rows))
            for (place, row) in rows.enumerated() where modes[place].isFinite {
                known += 1
                let own = values[place * data.rowCount..<(place + 1) * data.rowCount]
                if form != "quant", own.allSatisfy(\.isNaN) {
                    cut += 1
                } else if let reason = Self.fault(of: own, form) {
                    throw fault("\(data.name): row \(row) \(reason)")
                }
            }
        }
        let columns = try file.group("ancil").members().map(\.name)
        return """
            \(file.path): redshift distributions of photoz run, as qp's \(form)
              galaxies: \(data.rows)
              with a distribution: \(known)\(known < data.rows ? "; without a redshift: \(data.rows - known)" : "")\(cut > 0 ? "; outside of the grid altogether: \(cut)" : "")
              \(form == "quant" ? "quantiles" : "redshifts of the grid"): \(axis.count), \(axis.first ?? 0) to \(axis.last ?? 0)
              calibration with SHA-256 \(try file.attributeString("calibration_sha256"))
              weights with SHA-256 \(try file.attributeString("weights_sha256"))
              columns beside: \(columns.joined(separator: ", "))
            """
    }

    /// Why numbers are no distribution; nil when they are one.
    private static func fault(of values: ArraySlice<Float>, _ form: String) -> String? {
        guard values.allSatisfy(\.isFinite) else { return "holds what is no finite number" }
        if form == "quant" {
            return zip(values, values.dropFirst()).allSatisfy { $0 <= $1 } ? nil : "has quantiles that decrease"
        }
        return values.allSatisfy { $0 >= 0 } && values.contains { $0 > 0 } ? nil : "has no density, or one below 0"
    }

    private func fault(_ reason: String) -> JobError {
        JobError(.badData, "\(file.path): \(reason); run again")
    }

    private func floats(_ column: Dataset, _ rows: Range<Int>) throws -> [Float] {
        try [Float](unsafeUninitializedCapacity: rows.count * column.rowCount) { buffer, count in
            count = rows.count * column.rowCount
            try column.read(rows: rows, into: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
        }
    }
}
