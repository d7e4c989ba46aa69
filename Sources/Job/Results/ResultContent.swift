import PhotozDistributions
import Survey

/// What the files of a run's results hold of each galaxy.
package struct ResultContent {
    /// Of `predictions.h5`.
    let predictions: PredictionsLayout
    /// Of `pz.hdf5`; nil without a calibration.
    let distributions: DistributionsLayout?

    /// - Parameters:
    ///   - dataSet: The survey.
    ///   - hasViews: Whether redshifts are means over views.
    ///   - calibration: Makes the distributions, and how they are written; nil for none.
    ///   - provenance: Attributes of the files.
    ///   - kept: Reads the columns that are carried from the partitions; nil where there are none.
    package init(
        of dataSet: DataSet, hasViews: Bool, calibration: (Calibration, DistributionForm)?,
        provenance: [(String, String)], kept: KeptReader? = nil
    ) {
        predictions = PredictionsLayout(
            dataSet: dataSet, found: FoundColumns(views: hasViews, distributions: calibration != nil),
            distributions: calibration.map { GalaxyDistributions(calibration: $0.0) }, provenance: provenance,
            kept: kept)
        self.distributions = calibration.map {
            DistributionsLayout(
                dataSet: dataSet, distributions: GalaxyDistributions(calibration: $0.0), form: $0.1,
                provenance: provenance)
        }
    }
}

/// Where the files of a run's results go.
package struct ResultPaths {
    /// `predictions.h5`
    let predictions: String
    /// `pz.hdf5`
    let distributions: String
    /// `predictions.csv`; nil for none.
    let table: String?

    /// - Parameters: As the properties.
    package init(predictions: String, distributions: String, table: String?) {
        (self.predictions, self.distributions, self.table) = (predictions, distributions, table)
    }
}
