import ArgumentParser
import AstroMAE
import Collectives
import PhotozJob
import PhotozMachine
import Survey

/// `photoz run`
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Predict the redshifts of a survey.",
        usage: """
            mpirun -np N photoz run --weights W.h5 --data DIR --output OUT [OPTIONS]
            mpirun -np N photoz run --weights W.h5 --payload payload.json [OPTIONS]
            """,
        discussion: """
            Writes predictions.h5, combined_data.json and Results.json in the output folder, and pz.hdf5 with \
            --calibration, each whole or not at all. Also runs without mpirun, as one rank.
            """)

    @Option(help: ArgumentHelp("The network's weights (HDF5).", valueName: "file"))
    var weights: String

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("A folder of partitions (*.h5, *.hdf5), or one or more partition files.", valueName: "path"))
    var data: [String] = []

    @Option(help: ArgumentHelp("The folder that receives the results; made when missing.", valueName: "folder"))
    var output: String?

    @Option(help: ArgumentHelp("Follow the plan that photoz plan wrote, instead of --data.", valueName: "file"))
    var payload: String?

    @Option(help: ArgumentHelp("Galaxies that are read and predicted together (default: 512).", valueName: "count"))
    var batchSize: Int?

    @Option(help: "How weights and activations are stored: f32, bf16 or int8.")
    var precision = Precision.float32

    @OptionGroup var views: ViewOptions

    @OptionGroup(title: "Distributions")
    var distributions: DistributionOptions

    @Option(help: ArgumentHelp("Threads of a rank; with one rank a core, 1 is best.", valueName: "count"))
    var threads = 1

    @Option(
        help:
            "The widest instruction set to use: \(InstructionSetName.list). Results differ in their last digits."
    )
    var instructionSet: InstructionSetName?

    @Option(help: "Deal single galaxies (rows) or whole partitions (files) to ranks (default: rows).")
    var shard: Sharding?

    @Option(help: ArgumentHelp("Take only the first partitions.", valueName: "count"))
    var fileLimit: Int?

    @Option(
        help:
            "Leave each rank its share of the galaxies (static), or let ranks take chunks until none is left (dynamic): for nodes of unequal speed."
    )
    var schedule = ScheduleKind.static

    @Option(
        help:
            "What to do about partitions and rows that cannot be read: stop, or skip them, go on, and end with exit code 65."
    )
    var onError = ErrorPolicy.stop

    @Option(
        help: ArgumentHelp(
            "End the job when a rank lets the others wait longer than this; the message names it.", valueName: "seconds"
        ))
    var deadline: Double?

    @Option(
        help:
            "Spin while waiting for other ranks (fast), or leave the core to others (cheap; the default when a host has more ranks than cores)."
    )
    var wait: WaitHint?

    @Option(
        help:
            "Who writes the predictions: each rank its own (ranks), or rank 0 what the others send it (collect); the files are the same (default: ranks, unless a test at the start finds that the file system loses what several hosts write)."
    )
    var write: WriteWay?

    @OptionGroup var keep: KeepOptions

    @Option(
        help:
            "h5, or hdf5 to have predictions.h5 also as predictions.hdf5 (a hard link), for programs that take .h5 for a format of their own, such as tables_io."
    )
    var outputSuffix = OutputSuffix.h5

    @Flag(help: "Also write the predictions as text, predictions.csv.")
    var csv = false

    @Flag(help: "Also write the entry of each rank as a file of its own, 0.json and on.")
    var rankFiles = false

    @Flag(help: "Replace results that stand in the output folder.")
    var overwrite = false

    @Flag(help: "Go on with a half-finished run in the output folder; start when there is none.")
    var resume = false

    @OptionGroup var cache: CacheOptions

    @Flag(help: "Only say what the run would do, and refuse what it would refuse; nothing is written.")
    var dryRun = false

    @Flag(help: "Print neither progress nor summary.")
    var quiet = false

    @OptionGroup(title: "Prices")
    var prices: PriceOptions

    @OptionGroup(title: "Files of other surveys")
    var schema: SchemaOptions

    func validate() throws {
        guard batchSize ?? 1 > 0 else { throw ValidationError("--batch-size must be at least 1.") }
        guard !(overwrite && resume) else {
            throw ValidationError("--overwrite starts anew and --resume goes on: give one of them.")
        }
        guard threads > 0 else { throw ValidationError("--threads must be at least 1.") }
        if payload != nil {
            guard data.isEmpty, fileLimit == nil, shard == nil, schedule == .static else {
                throw ValidationError(
                    "--payload says which partitions each rank takes: leave --data, --file-limit, --shard and --schedule out."
                )
            }
        } else {
            guard !data.isEmpty else { throw ValidationError("--data needs a folder or at least one file.") }
            guard output != nil else { throw ValidationError("--output needs a folder for the results.") }
        }
        if let deadline, !(deadline > 0 && deadline < 1e9) {
            throw ValidationError("--deadline must be a number of seconds above 0.")
        }
        if let fileLimit, fileLimit < 1 { throw ValidationError("--file-limit must be at least 1.") }
    }

    func run() {
        let start = ContinuousClock.now
        var ending = RunEnding()
        underMPI(deadline: deadline.map { .seconds($0) }) { world, node, ready in
            StopSignal.listen()
            var run = Run(
                try options(world), world: world, node: node, version: Photoz.version, start: start,
                ready: ready)
            ending = try run.run()
            return ending.summary
        }
        if let leftOut = ending.leftOut { Exit.withoutMPI(JobError(.badData, leftOut)) }
    }

    private func options(_ world: Communicator) throws -> RunOptions {
        var options =
            try payload.map { try RunOptions(payload: $0, weights: weights, output: output, world: world) }
            ?? RunOptions(weights: weights, data: data, output: output ?? "")
        options.batchSize = batchSize ?? options.batchSize
        options.writesRankFiles = rankFiles
        options.writesCSV = csv
        options.writeWay = write
        options.precision = precision
        options.views = views.count
        options.calibration = distributions.calibration
        options.distributionForm = distributions.form
        options.threads = min(threads, RunOptions.cores)
        options.instructionSet = instructionSet?.name
        if options.threads < threads, world.rank == 0 {
            Exit.say(
                "photoz: warning: a rank is bound to \(RunOptions.cores) of the cores; it uses \(options.threads) threads, not \(threads)",
                to: 2)
        }
        options.usesWeightsCache = cache.isUsed
        options.sharding = shard ?? options.sharding
        options.fileLimit = fileLimit
        options.schedule = schedule
        options.onError = onError
        options.deadline = deadline.map { .seconds($0) }
        options.wait = wait?.wait
        options.overwrite = overwrite
        options.resume = resume
        options.quiet = quiet
        options.isDry = dryRun
        options.prices = prices.prices
        options.commandLine = CommandLine.arguments
        options.hasOtherName = outputSuffix == .hdf5
        let (schema, keep) = (schema, keep)
        options.schema = { keep.added(to: schema.schema(bands: $0, imageSize: $1)) }
        return options
    }
}

/// What the name of the predictions ends with.
enum OutputSuffix: String, ExpressibleByArgument, CaseIterable {
    case h5, hdf5
}

/// FMI's hint, by its name.
enum WaitHint: String, ExpressibleByArgument, CaseIterable {
    case fast, cheap

    var wait: Patience.Wait { self == .fast ? .fast : .cheap }
}

extension Precision: ExpressibleByArgument {}
extension Sharding: ExpressibleByArgument {}
extension ScheduleKind: ExpressibleByArgument {}
extension ErrorPolicy: ExpressibleByArgument {}
extension WriteWay: ExpressibleByArgument {}
