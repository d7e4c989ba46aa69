import AstroMAE
import Survey

/// What a run has before it predicts anything: settled in the first two phases, the same on every rank, and not changed
/// from then on.
struct RunPlan {
    /// The partitions.
    let dataSet: DataSet
    /// How they are read, for this network.
    let schema: PartitionSchema
    /// What the network was trained on.
    let training: TrainingRecord
    /// What distributions are made by; nil where none are asked for.
    let calibration: CalibrationFile?
    /// The hash that this attempt's journals begin with.
    let identity: [UInt8]
    /// Whether there is nothing to do: `--resume` found the results.
    let isFinished: Bool
}

/// What a run works with from the load phase on.
struct RunMeans {
    let plan: RunPlan
    let network: PreparedNetwork
    /// What earlier attempts have found.
    let finished: FinishedGalaxies
    /// The files that receive the predictions.
    let writer: PredictionsWriter
    /// The folder of the results; on rank 0.
    let output: ResultFolder?

    var dataSet: DataSet { plan.dataSet }
}
