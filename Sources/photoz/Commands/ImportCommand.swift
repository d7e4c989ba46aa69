import ArgumentParser
import PhotozJob
import PhotozPreparation

/// `photoz import`
struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Turn PyTorch and NumPy files into partitions and weights.",
        usage: "photoz import FILE ... --output PATH [OPTIONS]",
        discussion: HelpText.discussion(
            """
            A pickled TensorDataset (images, magnitudes, redshifts), a dictionary of such tensors or an .npz file becomes a \
            partition; a pickled module, a state dict or a checkpoint becomes a weights file. Numbers keep their type and bits; \
            bfloat16 becomes float32, and images with bands last get them first. No code in a file is ever run. Under mpirun \
            each rank takes its share of the files.

            Arrays have the names that they have in the file, a field of a structured array is array:field, and tensors in a \
            list are 0, 1, 2, ...
            """,
            examples: [
                "photoz import model.pt --output weights.h5",
                "mpirun -np 4 photoz import survey-pt/ --output survey/",
            ],
            exitCodes: [.wrongUsage, .badData, .inputMissing, .unexpected, .outputRefused, .inputOutput]))

    @Argument(help: ArgumentHelp("Files (*.pt, *.pth, *.ckpt, *.npz), or one folder of them.", valueName: "path"))
    var inputs: [String]

    @Option(help: ArgumentHelp("The .h5 file to write for one input, or the folder for several.", valueName: "path"))
    var output: String

    @Option(
        help: ArgumentHelp(
            "The number of attention heads; needed for a state dict, which does not hold it.", valueName: "count"))
    var numHeads: Int?

    @Option(
        help: ArgumentHelp(
            "The partitions (a folder or a file) that the network was trained on: their ranges, bands and units are recorded in the weights. Or other weights, whose record is copied.",
            valueName: "path"))
    var trainedOn: String?

    @Option(
        help: ArgumentHelp(
            "The network or the galaxies to take, where a file holds several, such as model or data.train.",
            valueName: "keys"))
    var entry: String?

    @Option(
        help: ArgumentHelp(
            "Tensors in the file that the network does not need, separated by commas: names, or their beginnings up to a dot.",
            valueName: "names"))
    var leaveOut: String?

    @Option(help: ArgumentHelp("The array of the images.", valueName: "name"))
    var images: String?

    @Option(
        help: ArgumentHelp(
            "The array of the magnitudes, or one for each band, separated by commas.",
            valueName: "names"))
    var magnitudes: String?

    @Option(help: ArgumentHelp("The array of the redshifts, or none.", valueName: "name"))
    var redshift: String?

    @Option(help: ArgumentHelp("The array of the object identifiers, or none.", valueName: "name"))
    var objectID: String?

    @Flag(help: "Replace files that are there.")
    var overwrite = false

    func validate() throws {
        guard !inputs.isEmpty else { throw ValidationError("Give at least one file.") }
        let names = magnitudes.map(SchemaOptions.names)
        guard Set(names ?? []).count == names?.count ?? 0 else {
            throw ValidationError("--magnitudes names an array twice; each band has an array of its own.")
        }
        if let names, names.isEmpty {
            throw ValidationError("--magnitudes names no array.")
        }
        if let numHeads, numHeads < 1 { throw ValidationError("--num-heads must be at least 1.") }
    }

    func run() {
        var options = ImportOptions(inputs: inputs, output: output)
        options.heads = numHeads
        options.trainedOn = trainedOn
        options.overwrite = overwrite
        options.names.images = images
        options.entry = entry
        options.left = leaveOut.map(SchemaOptions.names) ?? []
        options.names.magnitudes = magnitudes.map(SchemaOptions.names)
        options.names.redshift = redshift
        options.names.objectID = objectID
        underMPIWhenLaunched { [options] world in try Import(options, world: world).run() }
    }
}
