import HDF5
import PhotozRecords

/// The columns of `predictions.h5` that figures are drawn of, read once, block by block.
struct Predictions {
    /// Those with a spectroscopic redshift.
    private(set) var labelled = Redshifts()
    /// Redshifts of all others that have one.
    private(set) var unlabelled: [Float] = []
    /// Galaxies without a predicted redshift.
    private(set) var without = 0
    /// Residuals in units of the galaxies' own errors; nil where these are not known.
    private(set) var normalised: NormalisedResiduals?
    /// Rows whose residuals are the largest.
    private(set) var worst = LargestResiduals(count: 20)
    /// Rows of some galaxies with a redshift.
    private(set) var random = RandomRows(count: 12, seed: 1)
    let path: String
    let samples: Int

    /// All predicted redshifts.
    var predicted: [Float] { labelled.predicted + unlabelled }

    /// - Parameters:
    ///   - folder: Of the results.
    ///   - samples: Galaxies that the results tell of.
    /// - Throws: ``ReportError`` when the file is missing, damaged, or holds another number of galaxies.
    init(folder: String, expecting samples: Int) throws(ReportError) {
        path = folder + "/" + ResultNames.predictions
        self.samples = samples
        do { try read() } catch let error as ReportError { throw error } catch let error as HDF5Error {
            let isMissing = error.kind == .unreadable
            throw ReportError(isMissing ? .missing : .damaged, "\(error); a report needs the predictions of photoz run")
        } catch {
            throw ReportError(.damaged, "\(path): \(error)")
        }
    }

    private mutating func read() throws {
        let file = try File.open(path)
        var names = ["redshift_predicted", "redshift"]
        let limits = ["z_lower_68", "z_upper_68"]
        if limits.allSatisfy(file.contains) {
            names += limits
            normalised = NormalisedResiduals()
        }
        let columns = try names.map { try file.dataset($0) }
        guard columns.allSatisfy({ $0.shape == [samples] }) else {
            throw ReportError(
                .damaged,
                "\(path): holds \(columns.map(\.shape)) redshifts, Results.json tells of \(samples) galaxies; run again"
            )
        }
        let block = 1 << 16
        var values = [[Float]](repeating: [Float](repeating: 0, count: block), count: columns.count)
        for first in stride(from: 0, to: samples, by: block) {
            let rows = first..<min(first + block, samples)
            for column in columns.indices {
                try values[column].withUnsafeMutableBufferPointer {
                    try columns[column].read(rows: rows, into: UnsafeMutableBufferPointer(rebasing: $0[..<rows.count]))
                }
            }
            for place in 0..<rows.count {
                let width = columns.count > 2 ? values[3][place] - values[2][place] : nil
                add(first + place, values[0][place], values[1][place], width)
            }
        }
    }

    /// - Parameter width: Of the interval that is to hold 68 %.
    private mutating func add(_ row: Int, _ p: Float, _ z: Float, _ width: Float?) {
        guard p.isFinite else {
            without += 1
            return
        }
        random.offer(row)
        guard Redshifts.counts(p, z) else {
            unlabelled.append(p)
            return
        }
        labelled.append(p, z)
        worst.offer(row, Redshifts.residual(p, z))
        if let width { normalised?.add((z - p) / (width / 2)) }
    }
}

/// How many galaxies lie how many of their own errors from their spectroscopic redshift: (z - p)/σ, where σ is half
/// of the interval that is to hold 68 % of them.
struct NormalisedResiduals {
    static let limit = 5.0
    static let binCount = 50
    /// Galaxies in equal bins from -``limit`` to ``limit``.
    private(set) var counts = [Int](repeating: 0, count: binCount)
    /// Galaxies beyond.
    private(set) var outside = 0

    var count: Int { counts.reduce(outside, +) }

    mutating func add(_ value: Float) {
        let place = (Double(value) / Self.limit + 1) / 2 * Double(Self.binCount)
        // What is no number, of an interval that is none, lies outside too.
        guard place >= 0, place < Double(Self.binCount) else {
            outside += 1
            return
        }
        counts[Int(place)] += 1
    }
}
