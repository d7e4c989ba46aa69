import ArgumentParser
import PhotozDistributions
import PhotozJob
import PhotozMachine

/// `photoz calibrate`
struct CalibrateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calibrate",
        abstract: "Measure how far a network's redshifts are off, so that photoz run can give each galaxy a p(z).",
        usage:
            "mpirun -np N photoz calibrate --weights W.h5 --data LABELLED --output CALIBRATION.hdf5 [OPTIONS]",
        discussion: HelpText.discussion(
            """
            Predicts galaxies with spectroscopic redshifts that the network was not trained on, and writes a small file \
            with which photoz run --calibration gives each galaxy a redshift distribution. The file is for these \
            weights, this precision and this number of views. Galaxies without a magnitude or a redshift are counted \
            and left out. Without mpirun there is one rank; any number of ranks makes the same calibration.
            """,
            examples: [
                "mpirun -np 16 photoz calibrate --weights weights.h5 --data labelled/\n--output calibration.hdf5",
                "mpirun -np 16 photoz run --weights weights.h5 --data survey/\n--calibration calibration.hdf5 --output results/",
            ],
            exitCodes: [.wrongUsage, .badData, .inputMissing, .unexpected, .outputRefused, .inputOutput],
            meanings: [
                .badData: "bad or too few galaxies; or done, but --on-error skip left something out"
            ]))

    @OptionGroup(title: "Required")
    var required: CalibrateRequiredOptions

    @OptionGroup(title: "Calibration")
    var fit: CalibrationOptions

    @OptionGroup(title: "Compute")
    var compute: ComputeOptions

    @OptionGroup(title: "Robustness")
    var errors: ErrorOptions

    @OptionGroup(title: "Output")
    var target: CalibrateOutputOptions

    @OptionGroup(title: "Other surveys")
    var schema: SchemaOptions

    func run() {
        var ending = RunEnding()
        underMPI { world, node, ready in
            var calibrate = Calibrate(options, world: world, node: node, version: Photoz.version, ready: ready)
            ending = try calibrate.run()
            return ending.summary
        }
        if let leftOut = ending.leftOut { Exit.leavingOut(leftOut) }
    }

    private var options: CalibrateOptions {
        var options = CalibrateOptions(weights: required.weights, data: required.data, output: required.output)
        options.method = fit.method
        options.smallestCell = fit.cell
        options.target = fit.reweight
        options.batchSize = compute.batchSize ?? options.batchSize
        options.precision = compute.precision
        options.threads = min(compute.threads, RunOptions.cores)
        options.views = compute.views.count
        options.instructionSet = compute.instructionSet?.name
        options.usesWeightsCache = compute.cache.isUsed
        options.onError = errors.onError
        options.overwrite = target.overwrite
        options.quiet = target.quiet
        let schema = schema
        options.schema = { schema.schema(bands: $0, imageSize: $1) }
        return options
    }
}

/// The options that every calibration needs.
struct CalibrateRequiredOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The network's weights (HDF5).", valueName: "file"))
    var weights: String

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Galaxies with spectroscopic redshifts that the network was not trained on: a folder of partitions (*.h5, *.hdf5), or one or more partition files.",
            valueName: "path"))
    var data: [String]

    @Option(help: ArgumentHelp("The calibration file to write (HDF5).", valueName: "file"))
    var output: String

    func validate() throws {
        guard !data.isEmpty else { throw ValidationError("--data needs a folder or at least one file.") }
        guard !output.isEmpty else { throw ValidationError("--output needs a file for the calibration.") }
    }
}

/// How distributions are made of residuals.
struct CalibrationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "smooth divides residuals by a scale fitted to redshift, magnitude and colours, then takes their quantiles in cells; cells takes the quantiles of the residuals themselves.",
            valueName: "method"))
    var method = CalibrationMethod.smooth

    @Option(
        help: ArgumentHelp(
            "The fewest labelled galaxies in a cell (default: 1000 with smooth, 200 with cells).",
            valueName: "count"))
    var cell: Int?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Weight the labelled galaxies so that their magnitudes are distributed like those of these partitions (a folder or files). Images are not read.",
            valueName: "path"))
    var reweight: [String] = []

    func validate() throws {
        guard let cell, cell < CalibrationSettings.leastSmallestCell else { return }
        throw ValidationError(
            "--cell must be at least \(CalibrationSettings.leastSmallestCell): the quantiles of fewer galaxies say little."
        )
    }
}

/// What `photoz calibrate` writes and prints.
struct CalibrateOutputOptions: ParsableArguments {
    @Flag(help: "Replace a calibration that is there.")
    var overwrite = false

    @Flag(help: "Print neither progress nor summary.")
    var quiet = false
}

extension CalibrationMethod: ExpressibleByArgument {}
