import FoundationEssentials
import Glibc
import PhotozMachine
import Survey

/// What a calibration refuses, and what it says of what it left out.
extension Calibrate {
    /// Refuses what must not be replaced, and a place where the calibration could not stand; rank 0 calls it.
    func requireOutput() throws {
        let output = options.output
        // A file is in nobody's way beside partitions that are named one by one.
        try OutputPlace.require(folder(of: output), outside: (options.data + options.target).filter(isFolder))
        guard isFolder(folder(of: output)) else {
            throw JobError(.outputRefused, "\(output): \(folder(of: output)) is not a folder; make it first")
        }
        guard access(folder(of: output), W_OK) == 0 else {
            throw JobError(
                .outputRefused,
                "\(output): cannot be written: \(String(cString: strerror(errno))); choose another folder")
        }
        var status = stat()
        guard lstat(output, &status) == 0 else { return }
        try CalibrationFile.own.requireReplaceable(output)
        guard options.overwrite || status.st_size == 0 else {
            throw JobError(
                .outputRefused,
                "\(output): is there already; choose another name, or give --overwrite to replace it")
        }
    }

    /// Refuses data without redshifts before anything is computed.
    func requireLabels(_ dataSet: DataSet, _ schema: PartitionSchema) throws(JobError) {
        guard dataSet.rows > 0 else { throw JobError(.badData, "\(place): holds no galaxies") }
        guard dataSet.hasRedshift else {
            throw JobError(
                .badData,
                "\(place): no partition has a data set \(schema.redshift): a calibration is made of galaxies with spectroscopic redshifts; name them with --redshift"
            )
        }
    }

    /// Refuses labelled galaxies none of which can be used.
    func requireGalaxies(_ counts: CalibrationSummary.Counts) throws(JobError) {
        guard counts.labelled == 0 else { return }
        throw JobError(
            .badData,
            "\(place): none of the \(counts.galaxies) galaxies can be used: \(counts.leftOut ?? "there are none"); a calibration is made of galaxies with all magnitudes and a spectroscopic redshift"
        )
    }

    /// What could not be read, for the end; nil when all could.
    func leftOut(_ rows: [SkippedRows]) -> String? {
        let all = job.skippedFiles + rows
        guard let first = all.first else { return nil }
        let row = first.firstRow.map { ", row \($0)" } ?? ""
        let count = rows.reduce(0) { $0 + ($1.rows ?? 0) }
        return
            "\(options.output): is whole, but \(job.skippedFiles.count) partitions and \(count) rows could not be read and were left out, the first: \(first.file)\(row): \(first.reason)"
    }

    /// The data, for messages.
    var place: String { options.data.joined(separator: ", ") }

    /// When this calibration is made, or when it is to be said to be: `SOURCE_DATE_EPOCH`, seconds since 1970, makes
    /// files that are the same to the last byte.
    static func date() throws(JobError) -> String {
        guard let text = getenv("SOURCE_DATE_EPOCH").map({ String(cString: $0) }) else { return timestamp(Date()) }
        guard let seconds = Int(text), (0..<253_402_300_800).contains(seconds) else {
            throw JobError(
                .wrongUsage, "SOURCE_DATE_EPOCH is \(text), not seconds since 1970; unset it, or give a whole number")
        }
        return timestamp(Date(timeIntervalSince1970: Double(seconds)))
    }
}
