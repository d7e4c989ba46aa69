import HDF5
import PhotozRecords

/// The galaxies of a run that have a spectroscopic redshift above -1 and a finite prediction: 8 bytes each.
struct Redshifts {
    private(set) var predicted: [Float] = []
    private(set) var spectroscopic: [Float] = []

    var count: Int { predicted.count }

    /// d = (p - z)/(1 + z)
    func residual(_ galaxy: Int) -> Double {
        let (p, z) = (Double(predicted[galaxy]), Double(spectroscopic[galaxy]))
        return (p - z) / (1 + z)
    }

    /// The same, kept within what a float can hold: a spectroscopic redshift just above -1 divides by next to nothing.
    func floatResidual(_ galaxy: Int) -> Float { Float(min(max(residual(galaxy), -1e38), 1e38)) }

    init(predicted: [Float], spectroscopic: [Float]) {
        for (p, z) in zip(predicted, spectroscopic) { append(p, z) }
    }

    /// Reads `predictions.h5` block by block.
    ///
    /// - Throws: ``ReportError`` when it is missing, damaged, or holds another number of galaxies than the results say.
    init(folder: String, expecting samples: Int) throws(ReportError) {
        let path = folder + "/" + ResultNames.predictions
        do {
            let file = try File.open(path)
            let columns = [try file.dataset("redshift_predicted"), try file.dataset("redshift")]
            guard columns.allSatisfy({ $0.shape == [samples] }) else {
                throw ReportError(
                    .damaged,
                    "\(path): holds \(columns.map(\.shape)) redshifts, Results.json tells of \(samples) galaxies; run again"
                )
            }
            try readBlocks(columns, count: samples)
        } catch let error as ReportError {
            throw error
        } catch let error as HDF5Error {
            let isMissing = error.kind == .unreadable
            throw ReportError(isMissing ? .missing : .damaged, "\(error); a report needs the predictions of photoz run")
        } catch {
            throw ReportError(.damaged, "\(path): \(error)")
        }
    }

    private mutating func readBlocks(_ columns: [Dataset], count: Int) throws {
        let block = 1 << 16
        var values = [[Float]](repeating: [Float](repeating: 0, count: block), count: 2)
        for first in stride(from: 0, to: count, by: block) {
            let rows = first..<min(first + block, count)
            for column in 0..<2 {
                try values[column].withUnsafeMutableBufferPointer {
                    try columns[column].read(rows: rows, into: UnsafeMutableBufferPointer(rebasing: $0[..<rows.count]))
                }
            }
            for row in 0..<rows.count { append(values[0][row], values[1][row]) }
        }
    }

    private mutating func append(_ p: Float, _ z: Float) {
        guard p.isFinite, z.isFinite, z > -1 else { return }
        predicted.append(p)
        spectroscopic.append(z)
    }
}
