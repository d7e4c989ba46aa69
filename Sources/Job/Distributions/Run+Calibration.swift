import AstroMAE
import PhotozMachine
import Survey

/// What a calibration is to a run.
extension Run {
    /// The calibration of the run, the same on every rank; nil where no distributions are asked for. Every rank calls
    /// it.
    ///
    /// - Parameters:
    ///   - shape: Of the network.
    ///   - schema: How partitions lie for it.
    /// - Throws: On rank 0 what ``CalibrationFile/read(_:)`` throws, and ``JobError`` with code 65 for a calibration of
    ///   another network, or of one that computes otherwise.
    func readCalibration(_ shape: NetworkShape, _ schema: PartitionSchema) throws -> CalibrationFile? {
        guard let path = options.calibration else { return nil }
        let file = try CalibrationFile.read(path, on: world)
        guard world.rank == 0 else { return file }
        try file.require(
            weightsHash: weightsHash, precision: options.precision, views: options.views, bands: shape.bands,
            path: options.weights)
        try file.require(missing: schema.missing)
        return file
    }

    /// What the user must know about the distributions.
    func distributionWarnings(_ evaluated: Evaluated) -> [String] {
        var warnings: [String] = []
        let (outside, all) = (evaluated.flags[.calibrationOutside], evaluated.flags.galaxies)
        if Double(outside) > Self.usualOutside * Double(all) {
            warnings.append(
                "\(outside) of \(all) galaxies lie outside of what the calibration's labelled galaxies cover (flag calibration_outside): nothing vouches for their distributions; calibrate with galaxies like these, or with --reweight"
            )
        }
        if evaluated.cut > 0, let grid = options.distributionForm.grid {
            warnings.append(
                "\(evaluated.cut) galaxies have more than \(Int(GalaxyDistributions.tolerableCut * 100)) % of their probability outside of the grid \(grid), where it was cut off and the rest made larger: take a wider grid, or --pdf quant"
            )
        }
        return warnings
    }

    /// The share of galaxies outside of the calibration from which on it is no matter of a few odd ones.
    private static let usualOutside = 0.01
}
