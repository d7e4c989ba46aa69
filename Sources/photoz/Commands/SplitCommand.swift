import ArgumentParser
import PhotozJob
import PhotozPreparation

/// `photoz split`
struct SplitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "split",
        abstract: "Split a data set anew, into partitions of another size.",
        usage: "photoz split --data DIR --output OUT (--partition-mb SIZE | --partitions COUNT) [OPTIONS]",
        discussion: HelpText.discussion(
            """
            Galaxies keep their order and all their columns: every data set with a row for each galaxy is copied bit for bit, \
            with its type and attributes. What cannot be copied is an error that names it. Under mpirun each rank writes its \
            share of the partitions.
            """,
            examples: [
                "photoz split --data survey/ --partition-mb 100 --output survey-100mb/"
            ],
            exitCodes: [.wrongUsage, .badData, .inputMissing, .unexpected, .outputRefused, .inputOutput]))

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("A folder of partitions (*.h5, *.hdf5), or one or more partition files.", valueName: "path"))
    var data: [String]

    @Option(help: ArgumentHelp("The folder for 1.h5, 2.h5, ...; it must be empty or new.", valueName: "folder"))
    var output: String

    @Option(
        help: ArgumentHelp("The largest size of a partition before compression, in MB (10^6 bytes).", valueName: "size")
    )
    var partitionMb: Double?

    @Option(
        help: ArgumentHelp(
            "Instead of --partition-mb: the number of partitions, which are equal within one galaxy.",
            valueName: "count"))
    var partitions: Int?

    @Option(help: ArgumentHelp("The data set of images.", valueName: "name"))
    var images = "images"

    @Option(
        help: ArgumentHelp(
            "Compress the images with gzip, from 1 (fast) to 9 (small) (default: not).", valueName: "level"))
    var gzip: Int?

    @Option(
        help: ArgumentHelp("Data sets or groups to leave out, separated by commas.", valueName: "names"))
    var without: String?

    @Flag(help: SchemaOptions.followLinksHelp)
    var followLinks = false

    func validate() throws {
        guard !data.isEmpty else { throw ValidationError("--data needs a folder or at least one file.") }
        guard (partitionMb == nil) != (partitions == nil) else {
            throw ValidationError("Give either --partition-mb or --partitions.")
        }
        if let partitionMb, !(0.05...1e6).contains(partitionMb) {
            throw ValidationError("--partition-mb must be 0.05 to 1000000.")
        }
        if let partitions, !(1...1_000_000).contains(partitions) {
            throw ValidationError("--partitions must be 1 to 1000000.")
        }
        if let gzip, !(1...9).contains(gzip) { throw ValidationError("--gzip must be 1 to 9.") }
    }

    func run() {
        let size = partitionMb.map(PartitionSize.megabytes) ?? .count(partitions ?? 1)
        var options = SplitOptions(data: data, output: output, size: size, images: images, compression: gzip)
        options.without = Set(without?.split(separator: ",").map(String.init) ?? [])
        options.followsLinks = followLinks
        let chosen = options
        underMPIWhenLaunched { world in try Split(chosen, world: world).run() }
    }
}
