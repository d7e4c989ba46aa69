import ArgumentParser
import Job

/// `photoz import`
struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Turn PyTorch and NumPy files into partitions and weights.",
        discussion: """
            A pickled TensorDataset (images, magnitudes, redshifts) or an .npz file becomes a partition; a pickled module or \
            a state dict becomes a weights file. Numbers keep their type and bits; bfloat16 becomes float32, and images with \
            bands last get them first. Nothing that a file holds is ever run. Under mpirun each rank takes its share of the files.
            """)

    @Argument(help: ArgumentHelp("Files (*.pt, *.pth, *.npz), or one folder of them.", valueName: "path"))
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

    @Option(help: ArgumentHelp("The array of images of an .npz file.", valueName: "name"))
    var images: String?

    @Option(
        help: ArgumentHelp(
            "The array of magnitudes of an .npz file, or one for each band, with commas between them.",
            valueName: "names"))
    var magnitudes: String?

    @Option(help: ArgumentHelp("The array of redshifts of an .npz file.", valueName: "name"))
    var redshift: String?

    @Option(help: ArgumentHelp("The array of identifiers of an .npz file.", valueName: "name"))
    var objectID: String?

    @Flag(help: "Replace files that are there.")
    var overwrite = false

    func validate() throws {
        guard !inputs.isEmpty else { throw ValidationError("Give at least one file.") }
        let names = magnitudes?.split(separator: ",") ?? []
        guard Set(names).count == names.count else {
            throw ValidationError("--magnitudes names an array twice; each band has an array of its own.")
        }
        if let numHeads, numHeads < 1 { throw ValidationError("--num-heads must be at least 1.") }
    }

    func run() {
        var options = ImportOptions(inputs: inputs, output: output)
        options.heads = numHeads
        options.trainedOn = trainedOn
        options.overwrite = overwrite
        options.names.images = images
        options.names.magnitudes = magnitudes?.split(separator: ",").map(String.init)
        options.names.redshift = redshift
        options.names.objectID = objectID
        underMPIWhenLaunched { [options] world in try Import(options, world: world).run() }
    }
}
