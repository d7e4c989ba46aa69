import PhotozDistributions
import Survey

extension BatchFindings {
    /// Notes where a calibration places each galaxy that has a redshift, and flags those that it cannot vouch for.
    ///
    /// - Parameters:
    ///   - calibration: Of the run.
    ///   - magnitudes: [galaxies, bands], in the network's order.
    mutating func place(by calibration: Calibration, _ magnitudes: UnsafeBufferPointer<Float>) {
        let bands = calibration.bands
        cells = .init(repeating: -1, count: galaxies.count)
        scales = .init(repeating: .nan, count: galaxies.count)
        for (galaxy, redshift) in predictions.enumerated() where redshift.isFinite {
            let place = calibration.place(
                redshift: redshift,
                magnitudes: UnsafeBufferPointer(rebasing: magnitudes[galaxy * bands..<(galaxy + 1) * bands]))
            (cells[galaxy], scales[galaxy]) = (place.cell, place.scale)
            if place.isOutside { flags[galaxy].insert(.calibrationOutside) }
        }
    }
}
