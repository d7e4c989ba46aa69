import AstroMAE
import PhotozDistributions
import Survey

/// What a calibration is asked for.
package struct CalibrateOptions: Sendable {
    /// The weights file.
    package var weights: String
    /// One folder of labelled partitions, or partition files.
    package var data: [String]
    /// The file that receives the calibration.
    package var output: String
    /// How distributions are made.
    package var method = CalibrationMethod.smooth
    /// Labelled galaxies of the smallest cell; nil for the method's own number.
    package var smallestCell: Int?
    /// Partitions, or a folder of them, whose magnitudes the labelled galaxies are weighted towards; none for no
    /// weights.
    package var target: [String] = []
    /// Galaxies that are read and predicted together.
    package var batchSize = 512
    /// How weights and activations are stored.
    package var precision = Precision.float32
    /// Threads of a rank.
    package var threads = 1
    /// Views of each image, 1 to 8.
    package var views = 1
    /// The widest instruction set that may be used, by its short name; nil for whatever the processors have.
    package var instructionSet: String?
    /// Whether packed weights are taken from the user's cache folder and kept there.
    package var usesWeightsCache = true
    /// What becomes of the calibration when partitions, or some of their rows, cannot be read.
    package var onError = ErrorPolicy.stop
    /// Whether a calibration that is there is replaced.
    package var overwrite = false
    /// Whether progress and summary are left out.
    package var quiet = false
    /// How partition files name and lay out their data, those of the target too.
    package var schema: @Sendable (_ bands: Int, _ imageSize: Int) -> PartitionSchema = PartitionSchema.init

    /// A calibration with the usual settings.
    package init(weights: String, data: [String], output: String) {
        (self.weights, self.data, self.output) = (weights, data, output)
    }

    /// How the galaxies are predicted, and those of other partitions read: as a run does it.
    ///
    /// - Parameter data: The partitions.
    func run(on data: [String]) -> RunOptions {
        var run = RunOptions(weights: weights, data: data, output: output)
        run.batchSize = batchSize
        run.precision = precision
        run.threads = threads
        run.views = views
        run.instructionSet = instructionSet
        run.usesWeightsCache = usesWeightsCache
        run.onError = onError
        run.quiet = quiet
        run.schema = schema
        return run
    }
}
