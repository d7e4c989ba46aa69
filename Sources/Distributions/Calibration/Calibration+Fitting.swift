extension Calibration {
    /// Makes a calibration. It is a function of the labelled galaxies in their order alone, to the bit, on every
    /// processor.
    ///
    /// With `smooth`, a quarter of the galaxies (by a hash of their places) is what the scale is fitted to, the other
    /// galaxies are what cells are made of: those have had no part in the scale, so that the guarantee stays.
    ///
    /// - Throws: what is wrong with the galaxies: not enough, or all residuals the same, or numbers that are none.
    package init(fitting galaxies: LabelledGalaxies, _ settings: CalibrationSettings) throws(CalibrationFault) {
        try galaxies.check()
        let inputs = CalibrationInputs(bands: galaxies.bands)
        var residuals = (0..<galaxies.count).map { galaxies.residual(of: $0) }
        let scaling = settings.method == .smooth ? residuals.indices.filter(Self.isForScale) : []
        let members =
            settings.method == .smooth
            ? residuals.indices.filter { !Self.isForScale($0) } : Array(residuals.indices)
        try Self.check(galaxies, members: members, residuals: residuals, settings)
        var scale: ScaleModel?
        if settings.method == .smooth {
            guard !scaling.isEmpty else { throw Self.tooFew(members.count, of: galaxies.count, settings) }
            let model = ScaleModel(fitting: galaxies, members: scaling, residuals: residuals, inputs)
            for galaxy in members {
                residuals[galaxy] /= galaxies.withMagnitudes(of: galaxy) {
                    model.scale(redshift: galaxies.predicted[galaxy], magnitudes: $0)
                }
            }
            scale = model
        }
        let cells = CellFitting(galaxies, members: members, residuals: residuals, fewest: settings.fewest, inputs)
        (self.method, self.inputs, self.scale) = (settings.method, inputs, scale)
        limits = InputLimits(of: galaxies, inputs)
        (grid, counts, quantiles) = (cells.grid, cells.counts, cells.quantiles)
    }

    /// One galaxy in four.
    private static func isForScale(_ galaxy: Int) -> Bool {
        mixed(UInt64(galaxy) &+ 0x9e37_79b9_7f4a_7c15) >> 62 == 0
    }

    private static func check(
        _ galaxies: LabelledGalaxies, members: [Int], residuals: [Float], _ settings: CalibrationSettings
    ) throws(CalibrationFault) {
        let counting = members.filter { galaxies.weights?[$0] ?? 1 > 0 }
        guard counting.count >= settings.fewest else { throw tooFew(counting.count, of: galaxies.count, settings) }
        guard counting.contains(where: { residuals[$0] != residuals[counting[0]] }) else {
            throw CalibrationFault(
                kind: .identical,
                message: "all \(counting.count) labelled galaxies have the same (z_spec - z_phot)/(1 + z_phot), "
                    + "\(residuals[counting[0]]): nothing can be learnt of how they differ. Make sure that "
                    + "spectroscopic redshifts are measured ones, not predictions of the same weights")
        }
    }

    /// - Parameters:
    ///   - count: Galaxies that cells could be made of.
    ///   - all: Labelled galaxies.
    private static func tooFew(_ count: Int, of all: Int, _ settings: CalibrationSettings) -> CalibrationFault {
        let cells = CalibrationSettings(method: .cells)
        let (after, otherwise) =
            switch settings.method {
            case .cells: ("", "")
            case .smooth:
                (" after the quarter used for the scale", ", or --method cells (needs \(cells.fewest))")
            }
        let left =
            count == all
            ? "there are \(all) labelled galaxies" : "\(all) labelled galaxies leave \(count) that count\(after)"
        return CalibrationFault(
            kind: .tooFew,
            message: "\(left); \(settings.method.rawValue) needs \(settings.fewest) for its smallest cell. Give more"
                + "\(otherwise), or ask for smaller cells (--cell)")
    }
}
