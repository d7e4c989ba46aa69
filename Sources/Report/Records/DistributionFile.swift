import HDF5
import PhotozRecords

/// A galaxy's redshift distribution: its cumulative probability, linear between some redshifts.
struct CumulativeCurve {
    /// Not decreasing, and the probability below each of them, from 0 to 1.
    let redshifts: [Double]
    let probabilities: [Double]

    /// The probability below a redshift.
    func probability(below z: Double) -> Double {
        guard let next = redshifts.firstIndex(where: { $0 > z }) else { return 1 }
        guard next > 0 else { return 0 }
        let width = redshifts[next] - redshifts[next - 1]
        return probabilities[next - 1]
            + (probabilities[next] - probabilities[next - 1]) * (z - redshifts[next - 1]) / width
    }

    /// The density between neighbouring redshifts, none where these are the same.
    var pieces: [(from: Double, to: Double, density: Double)] {
        (1..<max(redshifts.count, 1)).compactMap { place in
            let (from, to) = (redshifts[place - 1], redshifts[place])
            return to > from
                ? (from, to, (probabilities[place] - probabilities[place - 1]) / (to - from)) : nil
        }
    }
}

/// How a file of qp keeps distributions: what the numbers of a row stand for.
struct DistributionForm {
    private enum Kind: String {
        case quantiles = "quant"
        case grid = "interp"
        case bins = "hist"
    }

    private let kind: Kind
    /// Levels of quantiles, points of the grid, or edges of bins.
    private let marks: [Double]
    /// Numbers in a row.
    var width: Int { kind == .bins ? marks.count - 1 : marks.count }

    /// Names of the data sets of each kind.
    static let names = ["quant": ("quants", "locs"), "interp": ("xvals", "yvals"), "hist": ("bins", "pdfs")]

    /// - Returns: Nil unless the kind is known, and the marks are from two to 16384 ascending numbers.
    init?(_ name: String, marks: [Double]) {
        guard let kind = Kind(rawValue: name), (2...1 << 14).contains(marks.count), marks.allSatisfy(\.isFinite),
            zip(marks, marks.dropFirst()).allSatisfy(<=)
        else { return nil }
        (self.kind, self.marks) = (kind, marks)
    }

    /// The distribution of a row; nil where there is none.
    func curve(_ values: [Double]) -> CumulativeCurve? {
        guard values.count == width, values.allSatisfy(\.isFinite) else { return nil }
        switch kind {
        case .quantiles:
            guard zip(values, values.dropFirst()).allSatisfy(<=) else { return nil }
            return CumulativeCurve(redshifts: values, probabilities: marks)
        case .bins: return summed(values.indices.map { (marks[$0 + 1] - marks[$0]) * values[$0] })
        case .grid:
            // The area between neighbouring points of the grid.
            return summed(
                (1..<marks.count).map { place in
                    let width = marks[place] - marks[place - 1]
                    return width * (values[place] + values[place - 1]) / 2
                })
        }
    }

    private func summed(_ areas: [Double]) -> CumulativeCurve? {
        let total = areas.reduce(0, +)
        guard total > 0, total.isFinite, areas.allSatisfy({ $0 >= 0 }) else { return nil }
        var sum = 0.0
        let probabilities = areas.map { area in
            sum += area / total
            return sum
        }
        return CumulativeCurve(redshifts: marks, probabilities: [0] + probabilities)
    }
}

/// `pz.hdf5`: the distributions of a run as qp keeps them.
struct DistributionFile {
    private let form: DistributionForm
    private let data: Dataset

    /// - Parameters:
    ///   - folder: Of the results.
    ///   - samples: Galaxies that the results tell of.
    /// - Returns: Nil when there is no such file.
    /// - Throws: ``ReportError`` when it is damaged, or holds another number of galaxies.
    static func openIfThere(folder: String, expecting samples: Int) throws(ReportError) -> DistributionFile? {
        let path = folder + "/" + ResultNames.distributions
        guard fileIsThere(path) else { return nil }
        do { return try DistributionFile(path, samples) } catch let error as ReportError { throw error } catch {
            throw damage(error)
        }
    }

    private init(_ path: String, _ samples: Int) throws {
        func damaged(_ reason: String) -> ReportError {
            ReportError(.damaged, "\(path): \(reason); run again, or leave the file out of the folder")
        }
        let file = try File.open(path)
        let (meta, group) = (try file.group("meta"), try file.group("data"))
        let kind = try meta.dataset("pdf_name").readStrings(rows: 0..<1).first ?? ""
        guard let names = DistributionForm.names[kind] else {
            throw damaged("holds distributions of the kind \(kind.debugDescription), and not quant, interp or hist")
        }
        guard let form = DistributionForm(kind, marks: try meta.dataset(names.0).readAll()) else {
            throw damaged("\(names.0) does not hold two to 16384 ascending numbers")
        }
        data = try group.dataset(names.1)
        guard data.shape == [samples, form.width] else {
            throw damaged("\(names.1) has shape \(data.shape), and \([samples, form.width]) is expected")
        }
        self.form = form
    }

    /// The distributions of some galaxies.
    ///
    /// - Returns: For each row one, or nil where there is none.
    /// - Throws: ``ReportError`` when they cannot be read.
    func curves(_ rows: Range<Int>) throws(ReportError) -> [CumulativeCurve?] {
        let width = form.width
        do {
            let values = try [Float](unsafeUninitializedCapacity: rows.count * width) { room, count in
                try data.read(rows: rows, into: UnsafeMutableBufferPointer(rebasing: room[..<(rows.count * width)]))
                count = rows.count * width
            }
            return (0..<rows.count).map { form.curve(values[$0 * width..<($0 + 1) * width].map(Double.init)) }
        } catch { throw Self.damage(error) }
    }

    private static func damage(_ error: any Error) -> ReportError { ReportError(.damaged, "\(error); run again") }
}
