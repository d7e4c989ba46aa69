import PhotozMetrics

/// What `Results.json` says of the distributions.
struct DistributionResults: Encodable {
    /// What made them.
    struct Origin: Encodable {
        let file: String
        let hash: String
        let method: String
        let labelled: Int
        let cells: Int
        let created: String

        enum CodingKeys: String, CodingKey {
            case file, method, labelled, cells, created
            case hash = "sha256"
        }

        init(_ calibration: CalibrationFile) {
            let summary = calibration.summary
            (file, hash, method) = (calibration.path, calibration.hash, summary.method.rawValue)
            (labelled, cells, created) = (summary.labelled, summary.cells, summary.created)
        }
    }

    let calibration: Origin
    let form: DistributionForm
    /// Galaxies that the calibration cannot vouch for.
    let outside: Int
    /// Galaxies of which the grid cuts off more than ``GalaxyDistributions/tolerableCut``; 0 without a grid.
    let cut: Int
    /// Nil without spectroscopic redshifts.
    let evaluation: DistributionEvaluation?

    private enum Key: String, CodingKey {
        case calibration, form, grid, metrics
        case outside = "outside_calibration"
        case cut = "cut_by_grid"
        case bins = "metrics_in_bins"
    }

    /// Writes every key; null where there is no grid, or nothing to compare with.
    ///
    /// - Throws: What the encoder throws.
    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(calibration, forKey: .calibration)
        try values.encode(form.name, forKey: .form)
        try values.encode(form.grid?.description, forKey: .grid)
        try values.encode(outside, forKey: .outside)
        try values.encode(form.grid == nil ? nil : cut, forKey: .cut)
        try values.encode(evaluation?.metrics, forKey: .metrics)
        try values.encode(
            evaluation.map {
                Dictionary(uniqueKeysWithValues: zip(JobResults.Bins.CodingKeys.allCases.map(\.rawValue), $0.bins))
            }, forKey: .bins)
    }
}
