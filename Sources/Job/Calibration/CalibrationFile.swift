import AstroMAE
import Collectives
import HDF5
import PhotozDistributions
import PhotozMachine
import Survey

/// A calibration as `photoz calibrate` writes it, read and checked.
package struct CalibrationFile: Sendable {
    /// What the root attribute `format` of such a file says.
    static let format = "photoz.calibration"
    /// What the root attribute `format_version` says.
    static let formatVersion = 1
    /// How such a file is known.
    package static let own = OwnFile.hdf5("a calibration of photoz calibrate", attribute: "format", beginning: format)

    /// What `photoz inspect` says of it.
    package var inspection: String { summary.inspection(of: self) }

    /// Whether a file ends as a calibration does; it may be damaged all the same.
    package static func isSealed(_ path: String) -> Bool {
        (try? FileSeal.state(of: path)).map { $0 != .missing } ?? false
    }

    /// Where it was read from.
    package let path: String
    /// SHA-256 of the file, 64 hexadecimal digits.
    package let hash: String
    /// What it says beside its numbers.
    package let summary: CalibrationSummary
    /// What turns a redshift and magnitudes into a distribution.
    package let calibration: Calibration

    /// Reads a file and checks all of it: its seal, that is that no byte has changed since it was written, and then
    /// that its numbers make sense.
    ///
    /// - Throws: ``JobError`` with code 66 when it cannot be read, 65 when it is no calibration or damaged;
    ///   `HDF5Error`.
    package static func read(_ path: String) throws -> CalibrationFile {
        switch try FileSeal.state(of: path) {
        case .whole(let hash): return try CalibrationFile(path, hash: hash)
        case .broken:
            throw JobError(
                .badData,
                "\(path): was damaged or changed after it was written, by its SHA-256; copy it again from where it came from, or make it again with: photoz calibrate"
            )
        case .missing:
            // What it is instead is said by what opens it.
            let format = try? File.open(path).attributeString("format")
            throw JobError(
                .badData,
                format == Self.format
                    ? "\(path): was cut short or changed after it was written: the seal at its end is missing; copy it again from where it came from, or make it again with: photoz calibrate"
                    : "\(path): is not a calibration; make one with: photoz calibrate --weights W.h5 --data LABELLED --output CALIBRATION.hdf5"
            )
        }
    }

    /// The same on every rank; rank 0 reads it. Every rank calls it.
    ///
    /// - Throws: As ``read(_:)`` on rank 0; a communication error anywhere.
    package static func read(_ path: String, on world: Communicator) throws -> CalibrationFile {
        let mine = world.rank == 0 ? try read(path) : nil
        let head = try world.broadcastValue(mine.map { Head(path: $0.path, hash: $0.hash, summary: $0.summary) })
        return try CalibrationFile(
            head, CalibrationNumbers(mine?.calibration.numbers, head.summary, on: world))
    }

    /// Refuses a calibration of another network: its residuals are those of other redshifts.
    ///
    /// - Parameters:
    ///   - weightsHash: SHA-256 of the weights of the run.
    ///   - precision: Of the run.
    ///   - views: Of each image.
    ///   - bands: Magnitudes of a galaxy, as the network has them.
    ///   - weights: The path of the weights, for the message.
    /// - Throws: ``JobError`` with code 65 that says what differs.
    package func require(
        weightsHash: String, precision: Precision, views: Int, bands: Int, path weights: String
    ) throws(JobError) {
        guard summary.weightsHash == weightsHash else {
            throw another(
                "was made for weights with SHA-256 \(summary.weightsHash.prefix(12)), and \(weights) has \(weightsHash.prefix(12))",
                "give those weights, or calibrate these")
        }
        guard summary.precision == precision.rawValue else {
            throw another(
                "was made for --precision \(summary.precision), and the run has \(precision.rawValue)",
                "give --precision \(summary.precision), or calibrate with --precision \(precision.rawValue)")
        }
        guard summary.views == views else {
            throw another(
                "was made for redshifts of \(Self.words(views: summary.views)), and the run has \(Self.words(views: views))",
                "\(Self.option(views: summary.views)), or calibrate anew and \(Self.option(views: views))")
        }
        guard summary.bands == bands else {
            throw another("is for \(summary.bands) magnitudes, and the network takes \(bands)", "calibrate anew")
        }
    }

    /// Refuses a calibration with another idea of which galaxies lack a magnitude: those that it was not made for would
    /// get a distribution.
    ///
    /// - Parameter missing: The rule of the run's partitions.
    /// - Throws: ``JobError`` with code 65.
    package func require(missing: MissingValues) throws(JobError) {
        let rule = CalibrationSummary.MissingRule(missing)
        guard rule != summary.missing else { return }
        throw another(
            "was made with another rule for missing values (\(summary.missing)) than the run has (\(rule))",
            "give the same --magnitude-range and --missing, or calibrate with those of the run")
    }

    private func another(_ what: String, _ remedy: String) -> JobError {
        JobError(.badData, "\(path): \(what); \(remedy): photoz calibrate")
    }

    private static func words(views: Int) -> String { views == 1 ? "one view" : "\(views) views" }

    private static func option(views: Int) -> String { views == 1 ? "leave --views out" : "give --views \(views)" }

    private init(_ path: String, hash: String) throws {
        let file = try File.open(path)
        let summary = try CalibrationSummary(file)
        try self.init(Head(path: path, hash: hash, summary: summary), CalibrationNumbers(file, summary))
    }

    /// - Throws: ``JobError`` with code 65 when the numbers make no calibration, or not what the file says beside them.
    private init(_ head: Head, _ numbers: CalibrationNumbers) throws(JobError) {
        (path, hash, summary) = (head.path, head.hash, head.summary)
        do throws(CalibrationFault) { calibration = try Calibration(numbers) } catch {
            throw JobError(.badData, "\(head.path): \(error.message); make it again with: photoz calibrate")
        }
        guard calibration.cellCount == summary.cells else {
            throw JobError(
                .badData,
                "\(path): says that it has \(summary.cells) cells, and has \(calibration.cellCount); make it again with: photoz calibrate"
            )
        }
    }

    /// What ranks must know beside the numbers.
    private struct Head: Codable {
        let path: String
        let hash: String
        let summary: CalibrationSummary
    }
}
