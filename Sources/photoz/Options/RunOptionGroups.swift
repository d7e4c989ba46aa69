import ArgumentParser
import AstroMAE
import Collectives
import PhotozJob
import PhotozMachine
import Survey

/// The options that every `photoz run` needs.
struct RunRequiredOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The network's weights (HDF5).", valueName: "file"))
    var weights: String

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "The galaxies: a folder of partitions (*.h5, *.hdf5), or one or more partition files. Not with --payload.",
            valueName: "path"))
    var data: [String] = []

    @Option(
        help: ArgumentHelp(
            "The folder for the results; it is made when missing. With --payload it may be left out.",
            valueName: "folder"))
    var output: String?
}

/// What `photoz run` reads, beside the options that it needs.
struct RunInputOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Read the plan that photoz plan wrote (payload.json) instead of --data.", valueName: "file"))
    var payload: String?

    @Option(help: ArgumentHelp("Read only this many partitions, the first ones.", valueName: "count"))
    var fileLimit: Int?
}

/// What `photoz run` writes.
struct RunOutputOptions: ParsableArguments {
    @Flag(help: "Replace results that are in the output folder.")
    var overwrite = false

    @OptionGroup var keep: KeepOptions

    @Flag(help: "Also write the predictions as text, predictions.csv.")
    var csv = false

    @Flag(help: "Also write what each rank did to a file of its own: 0.json, 1.json, ...")
    var rankFiles = false

    @Option(
        help: ArgumentHelp(
            "With hdf5, predictions.h5 is also there as predictions.hdf5 (a hard link): tables_io takes .h5 for another format.",
            valueName: "suffix"))
    var outputSuffix = OutputSuffix.h5

    @Option(
        help: ArgumentHelp(
            "Who writes the predictions: each rank its own (ranks), or rank 0 all of them (collect). The files are the same. Unless given: ranks, or collect where a test of the file system fails.",
            valueName: "writer"))
    var write: WriteWay?

    @Flag(help: "Check weights, data and output folder, say what the run would do, and write nothing.")
    var dryRun = false

    @Flag(help: "Print neither progress nor summary.")
    var quiet = false
}

/// How a network is computed on a rank: of `photoz run` and `photoz calibrate`.
struct ComputeOptions: ParsableArguments {
    @Option(help: "The numbers to compute with: f32 is exact, bf16 and int8 are faster.")
    var precision = Precision.float32

    @OptionGroup var views: ViewOptions

    @Option(
        help: ArgumentHelp("Galaxies that are read and predicted together (default: 512).", valueName: "count"))
    var batchSize: Int?

    @Option(help: ArgumentHelp("Threads of each rank; with one rank for each core, 1 is best.", valueName: "count"))
    var threads = 1

    @Option(
        help: ArgumentHelp(
            "The widest instruction set to use (default: the widest that all hosts have). Redshifts differ in their last digits.",
            valueName: "name"))
    var instructionSet: InstructionSetName?

    @OptionGroup var cache: CacheOptions

    func validate() throws {
        guard batchSize ?? 1 > 0 else { throw ValidationError("--batch-size must be at least 1.") }
        guard threads > 0 else { throw ValidationError("--threads must be at least 1.") }
    }
}

/// How the ranks of a run share the work.
struct SharingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What a rank's share is made of: single galaxies (rows) or whole partitions (files) (default: rows).",
            valueName: "unit"))
    var shard: Sharding?

    @Option(
        help: ArgumentHelp(
            "Give each rank an equal share (static), or let ranks take chunks until none is left (dynamic), for hosts of unequal speed.",
            valueName: "way"))
    var schedule = ScheduleKind.static

    @Option(
        help: ArgumentHelp(
            "How a rank waits for others: spinning (fast) or leaving its core to others (cheap). Unless given: fast, or cheap where a host has more ranks than cores.",
            valueName: "way"))
    var wait: WaitHint?
}

/// What becomes of partitions and rows that cannot be read.
struct ErrorOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "At a partition or row that cannot be read, stop; or skip it, go on, and end with exit code 65.",
            valueName: "action"))
    var onError = ErrorPolicy.stop
}

/// What a run does when something goes wrong.
struct RobustnessOptions: ParsableArguments {
    @Flag(help: "Continue an unfinished run in the output folder; start one when there is none.")
    var resume = false

    @OptionGroup var errors: ErrorOptions

    @Option(
        help: ArgumentHelp(
            "Stop the job when a rank keeps the others waiting for longer than this; the message names the rank and its host (default: none).",
            valueName: "seconds"))
    var deadline: Double?

    func validate() throws {
        if let deadline, !(deadline > 0 && deadline < 1e9) {
            throw ValidationError("--deadline must be a number of seconds above 0.")
        }
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
