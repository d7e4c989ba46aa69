import AstroMAE
import Costs
import Survey

/// What a run is asked to do.
public struct RunOptions: Sendable {
    /// The weights file.
    public var weights: String
    /// One folder of partitions, or partition files.
    public var data: [String]
    /// The folder that receives the results.
    public var output: String
    /// Galaxies that are read and predicted together.
    public var batchSize = 512
    /// How weights and activations are stored.
    public var precision = Precision.float32
    /// Threads of a rank.
    public var threads = 1
    /// Views of each image, 1 to 8: with more than one, their scatter is the redshift's uncertainty.
    public var views = 1
    /// How galaxies are dealt to ranks.
    public var sharding = Sharding.rows
    /// Take only so many partitions, the first ones.
    public var fileLimit: Int?
    /// Whether results that stand in the output folder are replaced.
    public var overwrite = false
    /// The widest instruction set that may be used, by its short name; nil for whatever the processors have.
    public var instructionSet: String?
    /// What computing time costs.
    public var prices = Prices()
    /// Whether progress and summary are left out.
    public var quiet = false
    /// How partition files name and lay out their data.
    public var schema: @Sendable (_ bands: Int, _ imageSize: Int) -> PartitionSchema = PartitionSchema.init
    /// The command as it was given, for the record.
    public var commandLine: [String] = []

    /// Cores that this process is bound to: more threads than these do not help.
    public static var cores: Int { Host.cores() }

    /// A run with the usual settings.
    public init(weights: String, data: [String], output: String) {
        self.weights = weights
        self.data = data
        self.output = output
    }
}
