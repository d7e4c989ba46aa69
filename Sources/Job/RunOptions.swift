import AstroMAE
import Collectives
import Costs
import Records
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
    /// Whether ranks do their shares, or chunks until none is left.
    public var schedule = ScheduleKind.static
    /// What becomes of the run when something cannot be read.
    public var onError = ErrorPolicy.stop
    /// How long a rank may let others wait before the job ends; nil for any time.
    public var deadline: Duration?
    /// Whether waiting ranks spin or leave the core to others; nil for whichever suits the node.
    public var wait: Patience.Wait?
    /// Take only so many partitions, the first ones.
    public var fileLimit: Int?
    /// Names of the partitions of each rank, in the folder of ``data``, where a plan has dealt them.
    var assignment: [[String]]?
    /// Whether predictions are also written as CSV.
    public var writesCSV = false
    /// Whether each rank's entry is also written as a file of its own.
    public var writesRankFiles = false
    /// Whether a half-finished run in the output folder is gone on with.
    public var resume = false
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

    /// A run that follows a plan.
    ///
    /// - Parameters:
    ///   - payload: The plan's path; rank 0 reads it.
    ///   - weights: The weights file.
    ///   - output: Where results go instead of the plan's `result_path`.
    ///   - world: All ranks, as many as the plan is for.
    /// - Throws: On rank 0 ``JobError`` with code 64 for another number of ranks, 65 or 66 for a plan or a file that is
    ///   damaged or missing.
    public init(payload path: String, weights: String, output: String?, world: Communicator) throws {
        var mine: Payload?
        var files: PlannedFiles?
        if world.rank == 0 {
            let payload = try Payload.read(path)
            guard payload.worldSize == world.size else {
                throw JobError(
                    .wrongUsage,
                    "\(path): is a plan for \(payload.worldSize) ranks, and there are \(world.size); start mpirun -np \(payload.worldSize), or plan anew with: photoz plan --world-size \(world.size)"
                )
            }
            for unknown in payload.unknownKeys.prefix(5) {
                let advice = unknown.nearest.map { "; did you mean \"\($0)\"?" } ?? ""
                // A key may be anything, also what would change the terminal.
                let key = String(unknown.key.prefix(64)).debugDescription
                warn("\(path): the key \(key) means nothing here and is passed over\(advice)")
            }
            files = try PlannedFiles(payload, at: path)
            mine = payload
        }
        let batchSize = try world.share(mine?.batchSize)
        let planned = try world.share(files)
        self.init(weights: weights, data: [planned.folder], output: output ?? planned.output)
        assignment = planned.names
        self.batchSize = batchSize
        sharding = .files
    }

    /// A run with the usual settings.
    public init(weights: String, data: [String], output: String) {
        self.weights = weights
        self.data = data
        self.output = output
    }
}
