import ArgumentParser
import AstroMAE
import HDF5
import PhotozJob
import PhotozMachine
import PhotozText
import Survey

/// `photoz inspect`
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Say what a file holds, or every fault it has; or what the processor offers.",
        discussion: HelpText.discussion(
            """
            Takes partitions, weights, calibrations, predictions.h5, pz.hdf5, nz.hdf5, Results.json, combined_data.json and \
            payload.json. With --weights a partition is compared with what these were trained on: what a run would refuse is \
            refused, and what it would warn of is warned of. Without it, the bands and pixels are those on which its images and \
            magnitudes agree, or else those of the published network (5 bands, 32 x 32 pixels).
            """,
            examples: [
                "photoz inspect survey/1.h5 --weights weights.h5",
                "photoz inspect --cpu",
            ],
            exitCodes: [.wrongUsage, .badData, .inputMissing],
            meanings: [
                .badData: "the file has faults; all of them are listed"
            ]))

    @Argument(help: ArgumentHelp("The file.", valueName: "file"))
    var file: String?

    @Option(help: ArgumentHelp("Compare the partition with what this network takes.", valueName: "file"))
    var weights: String?

    @Flag(help: "Say which instruction sets this processor offers and which one a run would use.")
    var cpu = false

    @OptionGroup(title: "Other surveys")
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
        Exit.show("instruction sets: \(names.joined(separator: ", "))")
        for set in InstructionSet.faulty { Exit.show("\(set) multiplies wrongly here and is left out") }
        let widest = InstructionSet.widest
        Exit.show("a run uses: \(widest.ways(for: .float32)[0]); --instruction-set caps it")
        // Of eight bits there is a choice only where there are tiles.
        for precision in widest.usesTiles ? [Precision.bfloat16, .int8] : [.bfloat16] {
            let ways = widest.ways(for: precision)
            let speeds = InstructionSet.speeds(of: ways, for: precision)
            for (way, speed) in zip(ways, speeds) {
                let isTaken = ways.count > 1 && way.isSameWay(as: InstructionSet.fastest(of: ways, speeds))
                let products = precision == .int8 ? "int8, bfloat16" : "bfloat16"
                Exit.show(
                    "\(products) \(way.bfloat16Products): \(Int((speed / 1e9).rounded())) G operations a second"
                        + (isTaken ? "; a run does so" : ""))
            }
        }
        Exit.show("cores that this process may use: \(RunOptions.cores)")
    }

    private func inspect(_ file: String) throws {
        guard !isFolder(file) else {
            throw JobError(
                .inputMissing,
                "\(file): is a folder: name one of its files, or look at all of them with photoz run --dry-run; of results photoz status tells"
            )
        }
        if FileKind(of: file) == .json {
            Exit.show(try ResultInspection.describeJSON(file))
            return
        }
        try File.requireClosed(file)
        if CalibrationFile.isSealed(file) {
            Exit.show(try CalibrationFile.read(file).inspection)
            return
        }
        let opened = try File.open(file, links: schema.followLinks ? .anywhere : nil)
        if CalibrationFile.own.stands(at: file) {
            // It has lost its seal, which is what reading it says.
            _ = try CalibrationFile.read(file)
        } else if opened.hasAttribute("format") {
            try describeWeights(file)
        } else if opened.contains(schema.imageName) {
            try describePartition(file, opened)
        } else if opened.contains("redshift_predicted") {
            Exit.show(try ResultInspection.describePredictions(opened))
        } else if DistributionsInspection.isOne(opened) {
            Exit.show(try DistributionsInspection(opened).description())
        } else if NzInspection.isOne(opened) {
            Exit.show(try NzInspection(opened).description())
        } else if weights != nil {
            // What is compared with weights is meant for a partition: what it lacks is named as a run does.
            try describePartition(file, opened)
        } else {
            throw JobError(
                .badData,
                "\(file): is neither weights nor a calibration (no attribute format) nor a partition (no data set \(schema.imageName)) nor predictions (no data set redshift_predicted) nor distributions (no group meta, none in qp); its entries are: \(EntryListing(of: opened).text(near: [schema.imageName]) ?? "none")"
            )
        }
    }

    private func describeWeights(_ file: String) throws {
        let weights = try WeightsFile(file, followsLinks: schema.followLinks)
        try weights.checkValues()
        let shape = weights.shape
        Exit.show("\(file): AstroMAE weights, whole and finite")
        Exit.show("  \(weights.tensorCount) tensors, \(weights.parameterCount) parameters")
        Exit.show(
            "  images [\(shape.bands), \(shape.imageSize), \(shape.imageSize)], patches of \(shape.patch) x \(shape.patch) pixels, \(shape.magnitudeCount) magnitudes"
        )
        Exit.show(
            "  \(shape.depth) blocks of \(shape.embedding) features, \(shape.heads) heads, MLP of \(shape.hidden)")
        for (name, text) in weights.texts + weights.training.texts { Exit.show("  \(name): \(text)") }
        if let limits = weights.label.demonstration { Exit.show("  " + demonstrationNotice(limits)) }
        if !weights.training.hasRanges { Exit.show("  trained on: unknown, the file does not say") }
    }

    /// How the partition lies for the network that it is for, and what that was trained on; nil where no weights are
    /// named.
    private func network(for file: File) throws -> (schema: PartitionSchema, training: TrainingRecord?) {
        guard let weights else {
            let sizes = schema.sizes(of: file)
            return (schema.schema(bands: sizes.bands, imageSize: sizes.imageSize), nil)
        }
        let opened = try WeightsFile(weights, followsLinks: schema.followLinks)
        let plain = schema.schema(bands: opened.shape.bands, imageSize: opened.shape.imageSize)
        return (try plain.trained(on: opened.training), opened.training)
    }

    private func describePartition(_ file: String, _ opened: File) throws {
        let network = try network(for: opened)
        let partition = try PartitionFile(file, schema: network.schema)
        let asked = [
            ("--redshift", schema.redshift, partition.hasRedshift),
            ("--object-id", schema.objectID, partition.identifiers != .none),
        ]
        if let (option, name, _) = asked.first(where: { $0.1 != nil && !$0.2 }) {
            throw JobError(
                .badData,
                "\(file): has no data set \"\(name ?? "")\", which \(option) names; its entries are: \(EntryListing(of: opened).text(near: [name ?? ""]) ?? "none")"
            )
        }
        let counts = try partition.checkValues()
        Exit.show("\(file): partition, whole and finite")
        Exit.show("  \(partition.rows) galaxies, images \(partition.imageDescription)")
        Exit.show("  redshifts: \(partition.hasRedshift ? "yes" : "none")")
        let unknown = partition.hasRedshift ? counts[.redshiftMissing] : 0
        if counts.magnitudeMissing + unknown > 0 {
            Exit.show(
                "  missing (no number, a sentinel, or impossible): magnitudes of \(counts.magnitudeMissing) galaxies, redshifts of \(unknown)"
            )
        }
        if counts.imageAtFault > 0 {
            Exit.show(
                "  images with a blank band: \(counts[.imageBlank]), with a constant one: \(counts[.imageConstant]), saturated: \(counts[.imageSaturated])"
            )
        }
        Exit.show("  identifiers: \(partition.identifiers)")
        let statement = partition.statement
        if let bands = statement.imageBands { Exit.show("  image bands: \(bands)") }
        if let units = statement.units { Exit.show("  image units: \(units)") }
        let galaxies = network.training.map { counts.warnings($0, network.schema) } ?? []
        for warning in partition.warnings + galaxies { Exit.show("  warning: \(warning)") }
        for assumption in partition.assumptions { Exit.show("  taken for granted: \(assumption)") }
    }
}
