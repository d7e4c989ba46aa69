import ArgumentParser
import Collectives
import PhotozJob
import PhotozMachine

/// `photoz run`
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Predict the redshifts of a survey.",
        usage: """
            mpirun -np N photoz run --weights W.h5 --data DIR --output OUT [OPTIONS]
            mpirun -np N photoz run --weights W.h5 --payload payload.json [OPTIONS]
            """,
        discussion: HelpText.discussion(
            """
            Writes predictions.h5, Results.json and combined_data.json to the output folder, and with --calibration \
            also pz.hdf5. A file has its name only when it is whole. Without mpirun the run has one rank.
            """,
            examples: [
                "mpirun -np 4 photoz run --weights weights.h5 --data survey/ --output results/",
                "mpirun -np 16 photoz run --weights weights.h5 --data survey/\n--output results/ --resume",
            ],
            exitCodes: [
                .wrongUsage, .badData, .inputMissing, .unexpected, .outputRefused, .inputOutput, .stopped,
            ],
            meanings: [
                .badData: "bad weights or data; or done, but --on-error skip left something out",
                .outputRefused: "the output folder holds results, belongs to a running job, or is full",
                .stopped: "stopped by a signal or --deadline; add --resume to go on",
            ]))

    @OptionGroup(title: "Required")
    var required: RunRequiredOptions

    @OptionGroup(title: "Input")
    var input: RunInputOptions

    @OptionGroup(title: "Output")
    var target: RunOutputOptions

    @OptionGroup(title: "Compute")
    var compute: ComputeOptions

    @OptionGroup(title: "Compute")
    var sharing: SharingOptions

    @OptionGroup(title: "Robustness")
    var robustness: RobustnessOptions

    @OptionGroup(title: "Distributions")
    var distributions: DistributionOptions

    @OptionGroup(title: "Cost")
    var prices: PriceOptions

    @OptionGroup(title: "Other surveys")
    var schema: SchemaOptions

    func validate() throws {
        guard !(target.overwrite && robustness.resume) else {
            throw ValidationError("--overwrite starts anew and --resume goes on: give one of them.")
        }
        if input.payload != nil {
            guard required.data.isEmpty, input.fileLimit == nil, sharing.shard == nil, sharing.schedule == .static
            else {
                throw ValidationError(
                    "--payload says which partitions each rank takes: leave --data, --file-limit, --shard and --schedule out."
                )
            }
        } else {
            guard !required.data.isEmpty, !required.data.contains("") else {
                throw ValidationError("--data needs a folder or at least one file.")
            }
            guard required.output != nil else { throw ValidationError("--output needs a folder for the results.") }
        }
        if let fileLimit = input.fileLimit, fileLimit < 1 {
            throw ValidationError("--file-limit must be at least 1.")
        }
    }

    func run() {
        let start = ContinuousClock.now
        var ending = RunEnding()
        underMPI(deadline: robustness.deadline.map { .seconds($0) }) { world, node, ready in
            StopSignal.listen()
            var run = Run(
                try options(world), world: world, node: node, version: Photoz.version, start: start,
                ready: ready)
            ending = try run.run()
            return ending.summary
        }
        if let leftOut = ending.leftOut { Exit.leavingOut(leftOut) }
    }

    private func options(_ world: Communicator) throws -> RunOptions {
        let (weights, output) = (required.weights, required.output)
        var options =
            try input.payload.map { try RunOptions(payload: $0, weights: weights, output: output, world: world) }
            ?? RunOptions(weights: weights, data: required.data, output: output ?? "")
        options.fileLimit = input.fileLimit
        apply(compute, to: &options, world)
        options.sharding = sharing.shard ?? options.sharding
        options.schedule = sharing.schedule
        options.wait = sharing.wait?.wait
        options.onError = robustness.errors.onError
        options.deadline = robustness.deadline.map { .seconds($0) }
        options.resume = robustness.resume
        options.calibration = distributions.calibration
        options.distributionForm = distributions.form
        options.writesRankFiles = target.rankFiles
        options.writesCSV = target.csv
        options.writeWay = target.write
        options.hasOtherName = target.outputSuffix == .hdf5
        options.overwrite = target.overwrite
        options.quiet = target.quiet
        options.isDry = target.dryRun
        options.prices = prices.prices
        options.commandLine = CommandLine.arguments
        let (schema, keep) = (schema, target.keep)
        options.schema = { keep.added(to: schema.schema(bands: $0, imageSize: $1)) }
        return options
    }

    private func apply(_ compute: ComputeOptions, to options: inout RunOptions, _ world: Communicator) {
        options.batchSize = compute.batchSize ?? options.batchSize
        options.precision = compute.precision
        options.views = compute.views.count
        options.threads = min(compute.threads, RunOptions.cores)
        options.instructionSet = compute.instructionSet?.name
        options.usesWeightsCache = compute.cache.isUsed
        if options.threads < compute.threads, world.rank == 0 {
            StandardError.write(
                line:
                    "photoz: warning: a rank is bound to \(RunOptions.cores) of the cores; it uses \(options.threads) threads, not \(compute.threads)"
            )
        }
    }
}
