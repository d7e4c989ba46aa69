import Glibc
import HDF5
import PhotozRecords

/// The predicted redshifts of a run, read block by block, for comparison with others.
struct PredictedColumn {
    static let block = 1 << 16
    let samples: Int
    /// Names of the partitions: runs with the same ones, and as many galaxies, have the same galaxies in the same
    /// order.
    let partitions: [String]
    private let column: Dataset

    /// - Throws: ``ReportError`` when it is missing, damaged, or of another number of galaxies than the results say.
    init(_ record: RunRecord) throws(ReportError) {
        let path = record.folder + "/" + ResultNames.predictions
        samples = record.results.samples
        do {
            let file = try File.open(path)
            partitions = (try? file.attributeStrings("partitions")) ?? record.results.provenance.partitions ?? []
            column = try file.dataset("redshift_predicted")
        } catch { throw ReportError(.missing, "\(error)") }
        guard column.shape == [samples] else {
            throw ReportError(
                .damaged, "\(path): holds \(column.shape) redshifts, Results.json tells of \(samples) galaxies")
        }
    }

    /// All redshifts that are some.
    func all() throws(ReportError) -> [Float] {
        var redshifts: [Float] = []
        for first in stride(from: 0, to: samples, by: Self.block) { redshifts += try read(first).filter(\.isFinite) }
        return redshifts
    }

    /// Those of a few blocks, evenly spread over all.
    func some() throws(ReportError) -> [Float] {
        let blocks = (samples + Self.block - 1) / Self.block
        var redshifts: [Float] = []
        for number in 0..<min(blocks, 4) {
            redshifts += try read(number * blocks / min(blocks, 4) * Self.block).filter(\.isFinite)
        }
        return redshifts
    }

    /// The block that begins with a row.
    func read(_ first: Int) throws(ReportError) -> [Float] {
        let rows = first..<min(first + Self.block, samples)
        do {
            return try [Float](unsafeUninitializedCapacity: rows.count) { room, count in
                try column.read(rows: rows, into: UnsafeMutableBufferPointer(rebasing: room[..<rows.count]))
                count = rows.count
            }
        } catch { throw ReportError(.damaged, "\(error)") }
    }
}

/// How the redshifts of a run differ from those of another over the same galaxies: D = (p' - p)/(1 + p).
struct RedshiftChange {
    /// Powers of ten between which sizes of changes are counted.
    static let powers = -9...1
    static let binsOfPower = 5

    /// Galaxies with a redshift in both runs.
    private(set) var compared = 0
    /// Galaxies with a redshift in one run alone.
    private(set) var inOne = 0
    /// Galaxies with the same redshift, bit for bit.
    private(set) var same = 0
    private(set) var sizes = [Int](repeating: 0, count: (powers.upperBound - powers.lowerBound) * binsOfPower)
    private(set) var largest = 0.0
    /// Galaxies whose redshift changes by more than 0.001 and 0.01 in D.
    private(set) var beyond = (thousandth: 0, hundredth: 0)
    /// Redshifts and changes of some galaxies, evenly spread over all.
    private(set) var sample: [(redshift: Double, change: Double)] = []
    private var squares = 0.0
    private var seen = 0
    private let step: Int

    /// The root of the mean square of D.
    var spread: Double { compared > 0 ? (squares / Double(compared)).squareRoot() : 0 }

    /// - Parameter samples: Galaxies.
    init(samples: Int) { step = max(1, samples >> 17) }

    mutating func add(_ before: [Float], _ after: [Float]) {
        for (one, other) in zip(before, after) {
            seen += 1
            guard one.isFinite, other.isFinite, one > -1 else {
                if one.isFinite != other.isFinite { inOne += 1 }
                continue
            }
            compared += 1
            if one.bitPattern == other.bitPattern { same += 1 }
            let change = Redshifts.residual(other, one)
            let size = abs(change)
            if seen % step == 0 { sample.append((Double(one), change)) }
            squares += change * change
            largest = max(largest, size)
            if size > 0.001 { beyond.thousandth += 1 }
            if size > 0.01 { beyond.hundredth += 1 }
            guard size > 0 else { continue }
            let place = (log10(size) - Double(Self.powers.lowerBound)) * Double(Self.binsOfPower)
            sizes[Int(min(max(place, 0), Double(sizes.count - 1)))] += 1
        }
    }
}
