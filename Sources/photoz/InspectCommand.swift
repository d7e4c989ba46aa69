import ArgumentParser
import AstroMAE
import HDF5
import Job
import Survey

/// `photoz inspect`
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Say what a weights or partition file holds, or every fault it has; or what the processor offers.")

    @Argument(help: ArgumentHelp("The file.", valueName: "file"))
    var file: String?

    @Flag(help: "Say which instruction sets this processor offers and which one a run would use.")
    var cpu = false

    @OptionGroup(title: "Files of other surveys")
    var schema: SchemaOptions

    func validate() throws {
        guard file != nil || cpu else { throw ValidationError("Give a file, or --cpu.") }
    }

    func run() {
        if cpu { describeProcessor() }
        guard let file else { return }
        do { try inspect(file) } catch { Exit.withoutMPI(error, inspecting: true) }
    }

    private func describeProcessor() {
        let names = InstructionSet.available.map(\.description)
        print("instruction sets: \(names.joined(separator: ", "))")
        print("a run uses: \(InstructionSet.widest); --instruction-set caps it")
        print("cores that this process may use: \(RunOptions.cores)")
    }

    private func inspect(_ file: String) throws {
        let opened = try File.open(file)
        if opened.hasAttribute("format") {
            try describeWeights(file)
        } else if opened.contains(schema.imageName) {
            try describePartition(file)
        } else {
            throw JobError(
                .badData,
                "\(file): is neither weights (no attribute format) nor a partition (no data set \(schema.imageName)); its entries are: "
                    + (try opened.members()).prefix(20).map(\.name).joined(separator: ", "))
        }
    }

    private func describeWeights(_ file: String) throws {
        let weights = try WeightsFile(file)
        try weights.checkValues()
        let shape = weights.shape
        print("\(file): AstroMAE weights, whole and finite")
        print("  \(weights.tensorCount) tensors, \(weights.parameterCount) parameters")
        print(
            "  images [\(shape.bands), \(shape.imageSize), \(shape.imageSize)], patches of \(shape.patch) x \(shape.patch) pixels, \(shape.magnitudeCount) magnitudes"
        )
        print("  \(shape.depth) blocks of \(shape.embedding) features, \(shape.heads) heads, MLP of \(shape.hidden)")
        for (name, text) in weights.texts + weights.training.texts { print("  \(name): \(text)") }
        if !weights.training.hasRanges { print("  trained on: unknown, the file does not say") }
    }

    private func describePartition(_ file: String) throws {
        let partition = try PartitionFile(file, schema: schema.schema(bands: 5, imageSize: 32))
        let counts = try partition.checkValues()
        print("\(file): partition, whole and finite")
        print("  \(partition.rows) galaxies, images \(partition.imageDescription)")
        print("  redshifts: \(partition.hasRedshift ? "yes" : "none")")
        let unknown = partition.hasRedshift ? counts[.redshiftMissing] : 0
        if counts.magnitudeMissing + unknown > 0 {
            print(
                "  missing (no number, a sentinel, or impossible): magnitudes of \(counts.magnitudeMissing) galaxies, redshifts of \(unknown)"
            )
        }
        if counts.imageAtFault > 0 {
            print(
                "  images with a blank band: \(counts[.imageBlank]), with a constant one: \(counts[.imageConstant]), saturated: \(counts[.imageSaturated])"
            )
        }
        print("  identifiers: \(partition.identifiers)")
        let statement = partition.statement
        if let bands = statement.imageBands { print("  image bands: \(bands)") }
        if let units = statement.units { print("  image units: \(units)") }
        for warning in partition.warnings { print("  warning: \(warning)") }
    }
}
