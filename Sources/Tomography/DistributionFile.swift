import FoundationEssentials
import HDF5
import PhotozMachine
import PhotozRecords
import Survey

/// A file of redshift distributions as `qp` reads it, such as `pz.hdf5` of a run.
struct DistributionFile {
    let path: String
    /// Galaxies.
    let rows: Int
    let form: StoredForm
    private let file: File
    private let values: Dataset
    private let estimates: Dataset
    private let flags: Dataset?

    /// The path of the distributions of a folder of results, or of a file.
    ///
    /// - Throws: ``JobError`` with code 66 for a folder without any.
    static func path(of source: String) throws(JobError) -> String {
        guard isFolder(source) else { return source }
        let path = source + (source.hasSuffix("/") ? "" : "/") + ResultNames.distributions
        guard FileManager.default.fileExists(atPath: path) else {
            throw JobError(
                .inputMissing,
                "\(source): holds no \(ResultNames.distributions), which photoz run writes with --calibration; run it so, or name a file of distributions"
            )
        }
        return path
    }

    /// - Parameters:
    ///   - path: The file.
    ///   - estimate: The column by which galaxies are dealt to bins.
    ///   - needsFlags: Whether galaxies are left out by their flags.
    /// - Throws: `HDF5Error`, or ``JobError`` with code 65 for what is no such file.
    init(_ path: String, estimate: PointEstimate, needsFlags: Bool) throws {
        self.path = path
        try File.requireClosed(path)
        file = try File.open(path)
        let (form, name) = try Self.form(of: file)
        self.form = form
        values = try file.dataset("data/\(name)")
        guard values.shape.count == 2, values.shape[1] == form.rowCount else {
            throw JobError(
                .badData,
                "\(path): data/\(name) has shape \(values.shape) instead of [galaxies, \(form.rowCount)], which its meta says; write it again"
            )
        }
        rows = values.rows
        estimates = try Self.column(estimate.rawValue, of: file, rows: rows, "choose another with --by")
        flags =
            needsFlags
            ? try Self.column("flags", of: file, rows: rows, "without flags no galaxy can be left out by --leave-out")
            : nil
    }

    /// An attribute of the file that is one text; nil when there is none.
    func text(_ attribute: String) -> String? { try? file.attributeString(attribute) }

    /// How many rows are read at a time: a few megabytes.
    var step: Int { max((1 << 19) / form.rowCount, 1) }

    /// Reads the numbers of some rows, and takes each row.
    ///
    /// - Throws: `HDF5Error`, or what the body throws.
    func read(_ rows: Range<Int>, _ body: (_ row: Int, UnsafeBufferPointer<Double>) throws -> Void) throws {
        let memory = UnsafeMutableBufferPointer<Double>.allocate(capacity: rows.count * form.rowCount)
        defer { memory.deallocate() }
        try values.read(rows: rows, into: memory)
        for row in rows {
            let first = (row - rows.lowerBound) * form.rowCount
            try body(row, UnsafeBufferPointer(rebasing: memory[first..<first + form.rowCount]))
        }
    }

    /// The redshifts by which some rows are dealt to bins; NaN for a galaxy that has none or is left out by its flags.
    ///
    /// - Throws: `HDF5Error`.
    func estimates(_ rows: Range<Int>, leavingOut leftOut: GalaxyFlags) throws -> Estimates {
        var estimates = Estimates(redshifts: try Self.read(self.estimates, rows), flagged: 0)
        guard let flags else { return estimates }
        for (place, bits) in try Self.read(flags, rows, as: UInt32.self).enumerated()
        where !GalaxyFlags(rawValue: bits).isDisjoint(with: leftOut) {
            estimates.redshifts[place] = .nan
            estimates.flagged += 1
        }
        return estimates
    }

    /// What is known of some rows beside their distributions.
    struct Estimates {
        var redshifts: [Float]
        /// Left out by their flags.
        var flagged: Int
    }

    private static func read<T: Scalar>(_ column: Dataset, _ rows: Range<Int>, as type: T.Type = T.self) throws -> [T] {
        try [T](unsafeUninitializedCapacity: rows.count) { buffer, count in
            try column.read(rows: rows, into: UnsafeMutableBufferPointer(rebasing: buffer[..<rows.count]))
            count = rows.count
        }
    }
}

// MARK: What the file says of itself

extension DistributionFile {
    /// The form, and the data set with the numbers of all rows.
    private static func form(of file: File) throws -> (StoredForm, dataset: String) {
        let names = try file.dataset("meta/pdf_name")
        let name = try names.readStrings(rows: 0..<min(names.rows, 1)).first ?? ""
        switch name {
        case "quant":
            let levels = try ascending("quants", of: file)
            guard levels.first == 0, levels.last == 1 else {
                throw JobError(
                    .badData, "\(file.path): meta/quants does not reach from 0 to 1; write the ends with the others")
            }
            return (.quantiles(levels), "locs")
        case "interp": return (.densities(try ascending("xvals", of: file)), "yvals")
        case "hist": return (.histogram(try ascending("bins", of: file)), "pdfs")
        default:
            throw JobError(
                .badData,
                "\(file.path): meta/pdf_name is '\(name)'; quant, interp and hist are read: convert the others with qp's convert_to"
            )
        }
    }

    /// What all rows have in common: two numbers at least, ascending.
    private static func ascending(_ name: String, of file: File) throws -> [Double] {
        let values = try file.dataset("meta/\(name)").readAll(as: Double.self)
        guard values.count >= 2, values.allSatisfy(\.isFinite), zip(values, values.dropFirst()).allSatisfy({ $0 < $1 })
        else {
            throw JobError(
                .badData, "\(file.path): meta/\(name) is not two or more ascending numbers; write the file again")
        }
        return values
    }

    /// A column of `ancil`.
    private static func column(_ name: String, of file: File, rows: Int, _ advice: String) throws -> Dataset {
        guard file.contains("ancil/\(name)") else {
            throw JobError(.badData, "\(file.path): ancil/\(name) is missing; \(advice)")
        }
        let column = try file.dataset("ancil/\(name)")
        guard column.elementType.isNumeric, column.rows == rows, column.rowCount == 1 else {
            throw JobError(
                .badData,
                "\(file.path): ancil/\(name) is \(column.elementType) of shape \(column.shape) instead of a number for each of \(rows) galaxies; write the file again"
            )
        }
        return column
    }
}
