import AstroMAE
import Collectives
import PhotozCosts
import PhotozMachine
import PhotozRecords
import Survey

/// What a run is asked to do.
package struct RunOptions: Sendable {
    /// The weights file.
    package var weights: String
    /// One folder of partitions, or partition files.
    package var data: [String]
    /// The folder that receives the results.
    package var output: String
    /// Galaxies that are read and predicted together.
    package var batchSize = 512
    /// How weights and activations are stored.
    package var precision = Precision.float32
    /// Threads of a rank.
    package var threads = 1
    /// Views of each image, 1 to 8: with more than one, a redshift is the mean over them.
    package var views = 1
    /// The calibration that distributions are made by; nil for none.
    package var calibration: String?
    /// How distributions are written.
    package var distributionForm = DistributionForm.quantiles
    /// How galaxies are dealt to ranks.
    package var sharding = Sharding.rows
    /// Whether ranks do their shares, or chunks until none is left.
    package var schedule = ScheduleKind.static
    /// What becomes of the run when something cannot be read.
    package var onError = ErrorPolicy.stop
    /// How long a rank may let others wait before the job ends; nil for any time.
    package var deadline: Duration?
    /// Whether waiting ranks spin or leave the core to others; nil for whichever suits the node.
    package var wait: Patience.Wait?
    /// Take only so many partitions, the first ones.
    package var fileLimit: Int?
    /// Names of the partitions of each rank, in the folder of ``data``, where a plan has dealt them.
    var assignment: [[String]]?
    /// Who writes the predictions; nil for what a test of the output folder finds.
    package var writeWay: WriteWay?
    /// Whether predictions are also written as CSV.
    package var writesCSV = false
    /// Whether `predictions.h5` is also there as `predictions.hdf5`.
    package var hasOtherName = false
    /// Whether each rank's entry is also written as a file of its own.
    package var writesRankFiles = false
    /// Whether a half-finished run in the output folder is gone on with.
    package var resume = false
    /// Whether results that stand in the output folder are replaced.
    package var overwrite = false
    /// The widest instruction set that may be used, by its short name; nil for whatever the processors have.
    package var instructionSet: String?
    /// Whether packed weights are taken from the user's cache folder and kept there.
    package var usesWeightsCache = true
    /// What computing time costs.
    package var prices = Prices()
    /// Whether the run only says what it would do.
    package var isDry = false
    /// Whether progress and summary are left out.
    package var quiet = false
    /// How partition files name and lay out their data.
    package var schema: @Sendable (_ bands: Int, _ imageSize: Int) -> PartitionSchema = PartitionSchema.init
    /// The command as it was given, for the record.
    package var commandLine: [String] = []

    /// Cores that this process is bound to: more threads than these do not help.
    package static var cores: Int { Host.cores() }

    /// Files with the predictions beside `predictions.h5`.
    var extraPredictions: [String] {
        (calibration == nil ? [] : [ResultNames.distributions]) + (hasOtherName ? [ResultNames.otherName] : [])
            + (writesCSV ? [ResultNames.table] : [])
    }

    /// What is found out about each galaxy beside what every run finds.
    var columns: FoundColumns { FoundColumns(views: views > 1, distributions: calibration != nil) }

    /// What is wrong with the names of columns that are to be carried into the predictions; nil when nothing is.
    ///
    /// - Parameter sources: Data sets of partitions, as the user names them.
    package static func fault(ofKept sources: [String]) -> String? {
        let names = sources.map(KeptColumn.name(of:))
        for (place, name) in names.enumerated() {
            if PredictionsColumn(rawValue: name) != nil {
                return "--keep \(sources[place]): the predictions have a column \(name) of their own"
            }
            if let first = names[..<place].firstIndex(of: name) {
                return "--keep \(sources[first]),\(sources[place]): both would be called \(name) in the predictions"
            }
            if name.isEmpty || name == "." { return "--keep \(sources[place]): names no column" }
        }
        return nil
    }

    /// A run that follows a plan.
    ///
    /// - Parameters:
    ///   - payload: The plan's path; rank 0 reads it.
    ///   - weights: The weights file.
    ///   - output: Where results go instead of the plan's `result_path`.
    ///   - world: All ranks, as many as the plan is for.
    /// - Throws: On rank 0 ``JobError`` with code 64 for another number of ranks, 65 or 66 for a plan or a file that is
    ///   damaged or missing.
    package init(payload path: String, weights: String, output: String?, world: Communicator) throws {
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
        let batchSize = try world.broadcastValue(mine?.batchSize)
        let planned = try world.broadcastValue(files)
        self.init(weights: weights, data: [planned.folder], output: output ?? planned.output)
        assignment = planned.names
        self.batchSize = batchSize
        sharding = .files
    }

    /// A run with the usual settings.
    package init(weights: String, data: [String], output: String) {
        self.weights = weights
        self.data = data
        self.output = output
    }
}
