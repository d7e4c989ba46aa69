import ArgumentParser
import PhotozJob
import PhotozPreparation

/// `photoz import`
struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Turn PyTorch and NumPy files into partitions and weights.",
        discussion: """
            A pickled TensorDataset (images, magnitudes, redshifts), a dictionary of such tensors or an .npz file becomes a \
            partition; a pickled module, a state dict or a checkpoint becomes a weights file. Numbers keep their type and bits; \
            bfloat16 becomes float32, and images with bands last get them first. Nothing that a file holds is ever run. Under \
            mpirun each rank takes its share of the files.

            Arrays are named as in the file, a field of a structured array as array:field, and tensors in a row by their \
            places, counted from 0.
            """)

    @Argument(help: ArgumentHelp("Files (*.pt, *.pth, *.ckpt, *.npz), or one folder of them.", valueName: "path"))
    var inputs: [String]

    @Option(help: ArgumentHelp("An .h5 file for one input, otherwise a folder.", valueName: "path"))
    var output: String

    @Option(help: ArgumentHelp("The attention heads of a state dict, which does not tell them.", valueName: "count"))
    var numHeads: Int?

    @Option(
        help: ArgumentHelp(
            "The partitions (a folder or a file) that the network was trained on: their ranges, bands and units become part of the weights. Or other weights, whose record is copied.",
            valueName: "path"))
    var trainedOn: String?

    @Option(help: ArgumentHelp("Which of several networks or sets of galaxies in a file.", valueName: "keys"))
    var entry: String?

    @Option(
        help: ArgumentHelp(
            "Tensors beside the network that its redshifts do not depend on: names, or what they begin with up to a dot, with commas between them.",
            valueName: "names"))
    var leaveOut: String?

    @Option(help: ArgumentHelp("The array of images.", valueName: "name"))
    var images: String?

    @Option(
        help: ArgumentHelp(
            "The array of magnitudes, or one for each band, with commas between them.",
            valueName: "names"))
    var magnitudes: String?

    @Option(help: ArgumentHelp("The array of redshifts; none when there are none.", valueName: "name"))
    var redshift: String?

    @Option(help: ArgumentHelp("The array of identifiers; none when there are none.", valueName: "name"))
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
