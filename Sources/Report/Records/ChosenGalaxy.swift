import HDF5

/// All that is known of one galaxy of a run.
struct ChosenGalaxy {
    /// Its row in the predictions.
    let row: Int
    let predicted: Float
    /// NaN where unknown.
    let spectroscopic: Float
    let flags: UInt32
    /// The partition and the row in it; nil in results that do not say.
    let place: (partition: Int, row: Int)?
    let identifier: String?
    var curve: CumulativeCurve?
    var input: GalaxyInputs.Galaxy?

    /// Its residual (p - z)/(1 + z); nil without a spectroscopic redshift.
    var residual: Double? {
        Redshifts.counts(predicted, spectroscopic) ? Redshifts.residual(predicted, spectroscopic) : nil
    }

    /// Where its spectroscopic redshift lies in its distribution, 0 to 1; nil where one of them is not known.
    var transform: Double? { residual == nil ? nil : curve?.probability(below: Double(spectroscopic)) }
}

/// Looks up single galaxies of a run.
struct GalaxyTable {
    private let file: File
    private let path: String
    private let samples: Int

    /// - Throws: ``ReportError`` when the predictions are missing or damaged.
    init(_ predictions: Predictions) throws(ReportError) {
        (path, samples) = (predictions.path, predictions.samples)
        do { file = try File.open(predictions.path) } catch { throw ReportError(.damaged, "\(error); run again") }
    }

    /// The partitions' names as the predictions have them.
    var partitions: [String] { (try? file.attributeStrings("partitions")) ?? [] }

    /// Galaxies by their rows.
    ///
    /// - Throws: ``ReportError`` when a column is damaged.
    func galaxies(_ rows: [Int], _ distributions: DistributionFile?) throws(ReportError) -> [ChosenGalaxy] {
        var galaxies: [ChosenGalaxy] = []
        for row in rows {
            var galaxy = try galaxy(row)
            galaxy.curve = try distributions?.curves(row..<row + 1).first ?? nil
            galaxies.append(galaxy)
        }
        return galaxies
    }

    private func galaxy(_ row: Int) throws(ReportError) -> ChosenGalaxy {
        let places = try places(row..<row + 1)
        return ChosenGalaxy(
            row: row, predicted: try number("redshift_predicted", row) ?? .nan,
            spectroscopic: try number("redshift", row) ?? .nan,
            flags: try number("flags", row) ?? 0, place: places?.first,
            identifier: try identifier(row))
    }

    /// Partitions, and rows in them, of neighbouring galaxies; nil where the predictions do not say.
    func places(_ rows: Range<Int>) throws(ReportError) -> [(partition: Int, row: Int)]? {
        guard let partitions: [Int] = try numbers("partition", rows), let places: [Int] = try numbers("row", rows)
        else {
            return nil
        }
        guard partitions.allSatisfy({ $0 >= 0 }), places.allSatisfy({ $0 >= 0 && $0 < Int.max }) else {
            throw ReportError(.damaged, "\(path): row or partition of a galaxy is below 0; run again")
        }
        return zip(partitions, places).map { (partition: $0, row: $1) }
    }

    /// Predicted redshifts of neighbouring galaxies.
    func predicted(_ rows: Range<Int>) throws(ReportError) -> [Float] { try numbers("redshift_predicted", rows) ?? [] }

    private func number<T: Scalar>(_ name: String, _ row: Int) throws(ReportError) -> T? {
        let found: [T]? = try numbers(name, row..<row + 1)
        return found?.first
    }

    private func numbers<T: Scalar>(_ name: String, _ rows: Range<Int>) throws(ReportError) -> [T]? {
        guard file.contains(name) else { return nil }
        do {
            let column = try file.dataset(name)
            guard column.shape == [samples] else {
                throw ReportError(.damaged, "\(path): \(name) has shape \(column.shape), not \([samples]); run again")
            }
            return try [T](unsafeUninitializedCapacity: rows.count) { room, count in
                try column.read(rows: rows, into: UnsafeMutableBufferPointer(rebasing: room[..<rows.count]))
                count = rows.count
            }
        } catch let error as ReportError { throw error } catch { throw ReportError(.damaged, "\(error); run again") }
    }

    private func identifier(_ row: Int) throws(ReportError) -> String? {
        guard file.contains("object_id") else { return nil }
        do {
            let column = try file.dataset("object_id")
            guard column.elementType == .string else {
                guard case .integer(bits: _, signed: false) = column.elementType else {
                    return (try numbers("object_id", row..<row + 1) as [Int64]?)?.first.map { "\($0)" }
                }
                return (try numbers("object_id", row..<row + 1) as [UInt64]?)?.first.map { "\($0)" }
            }
            return try column.readBytes(rows: row..<row + 1).first.map { printable($0) }
        } catch let error as ReportError { throw error } catch { throw ReportError(.damaged, "\(error); run again") }
    }
}
