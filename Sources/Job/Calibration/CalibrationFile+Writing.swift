import HDF5
import PhotozDistributions
import PhotozMachine

extension CalibrationFile {
    /// Writes a calibration, sealed, so that it stands under its name only when it is whole. The same calibration and
    /// summary make the same bytes.
    ///
    /// - Parameters:
    ///   - calibration: What was fitted.
    ///   - summary: What the file says beside it.
    ///   - path: A calibration that is there is replaced.
    /// - Throws: `HDF5Error`, ``JobError`` with code 73 for what may not be replaced, or 74.
    static func write(_ calibration: Calibration, _ summary: CalibrationSummary, to path: String) throws {
        try writeWhole(path, replacing: own) { temporary in
            let file = try File.create(temporary)
            try summary.write(to: file)
            try calibration.numbers.write(to: file)
            try file.close()
            try FileSeal.append(to: temporary)
        }
        try synchronise(folder(of: path))
    }
}
