import ArgumentParser
import AstroMAE
import PhotozDistributions
import PhotozJob
import PhotozMachine

/// `photoz calibrate`
struct CalibrateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calibrate",
        abstract: "Find out how far a network's redshifts are off, for distributions that keep their word.",
        usage:
            "mpirun -np N photoz calibrate --weights W.h5 --data LABELLED --output CALIBRATION.hdf5 [OPTIONS]",
        discussion: """
            Predicts galaxies with spectroscopic redshifts that the network was not trained on, and writes a small file \
            with which photoz run --calibration gives each galaxy a distribution. The file is for these weights, this \
            precision and these views, and the same for any number of ranks. Galaxies that lack a magnitude or a \
            redshift are counted and left out. Also runs without mpirun, as one rank.
            """)

    @Option(help: ArgumentHelp("The network's weights (HDF5).", valueName: "file"))
    var weights: String

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Labelled galaxies that were not trained on: a folder of partitions (*.h5, *.hdf5), or one or more partition files.",
            valueName: "path"))
    var data: [String]

    @Option(help: ArgumentHelp("The file that receives the calibration (HDF5).", valueName: "file"))
    var output: String

    @Option(
        help:
            "How a galaxy's distribution comes about: smooth (residuals in units of a scale that follows redshift, magnitude and colours) or cells (residuals of galaxies alike)."
    )
    var method = CalibrationMethod.smooth

    @Option(
        help: ArgumentHelp(
            "The fewest labelled galaxies that a cell may have (default: 200 with cells, 1000 with smooth).",
            valueName: "count"))
    var cell: Int?

    @Option(
        help: ArgumentHelp(
            "Predict so many (2 to 8) mirror and rotation views of each galaxy and take their mean, as the run will.",
            valueName: "count"))
    var views: Int?

    @Option(help: "How weights and activations are stored, as the run will: f32, bf16 or int8.")
    var precision = Precision.float32

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Weight the labelled galaxies towards these, by their magnitudes: a folder of partitions that the calibration is for, or files; images are not read.",
            valueName: "path"))
    var reweight: [String] = []

    @Option(help: ArgumentHelp("Galaxies that are read and predicted together.", valueName: "count"))
    var batchSize = 512

    @Option(help: ArgumentHelp("Threads of a rank; with one rank a core, 1 is best.", valueName: "count"))
    var threads = 1

    @Option(
        help: "The widest instruction set to use: \(InstructionSetName.list).")
    var instructionSet: InstructionSetName?

    @Option(
        help:
            "What to do about partitions and rows that cannot be read: stop, or skip them, go on, and end with exit code 65."
    )
    var onError = ErrorPolicy.stop

    @OptionGroup var cache: CacheOptions

    @Flag(help: "Replace a calibration that is there.")
    var overwrite = false

    @Flag(help: "Print neither progress nor summary.")
    var quiet = false

    @OptionGroup(title: "Files of other surveys")
    var schema: SchemaOptions

    func validate() throws {
        guard !data.isEmpty else { throw ValidationError("--data needs a folder or at least one file.") }
        guard !output.isEmpty else { throw ValidationError("--output needs a file for the calibration.") }
        guard batchSize > 0 else { throw ValidationError("--batch-size must be at least 1.") }
        guard threads > 0 else { throw ValidationError("--threads must be at least 1.") }
        if let views, !(2...8).contains(views) { throw ValidationError("--views must be 2 to 8.") }
        if let cell, cell < CalibrationSettings.leastSmallestCell {
            throw ValidationError(
                "--cell must be at least \(CalibrationSettings.leastSmallestCell): the quantiles of fewer galaxies say little."
            )
        }
    }

    func run() {
        var ending = RunEnding()
        underMPI { world, node, ready in
            var calibrate = Calibrate(options, world: world, node: node, version: Photoz.version, ready: ready)
            ending = try calibrate.run()
            return ending.summary
        }
        if let leftOut = ending.leftOut { Exit.withoutMPI(JobError(.badData, leftOut)) }
    }

    private var options: CalibrateOptions {
        var options = CalibrateOptions(weights: weights, data: data, output: output)
        options.method = method
        options.smallestCell = cell
        options.target = reweight
        options.batchSize = batchSize
        options.precision = precision
        options.threads = min(threads, RunOptions.cores)
        options.views = views ?? 1
        options.instructionSet = instructionSet?.name
        options.usesWeightsCache = cache.isUsed
        options.onError = onError
        options.overwrite = overwrite
        options.quiet = quiet
        let schema = schema
        options.schema = { schema.schema(bands: $0, imageSize: $1) }
        return options
    }
}

extension CalibrationMethod: ExpressibleByArgument {}
