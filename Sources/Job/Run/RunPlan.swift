import Survey

/// What every rank must know before work starts.
struct RunPlan {
    let dataSet: DataSet
    /// The hash that this attempt's journals begin with.
    let identity: [UInt8]
    /// Whether there is nothing to do: `--resume` found the results.
    let isFinished: Bool
}
