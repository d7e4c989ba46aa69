import ArgumentParser
import PhotozJob
import PhotozPreparation

/// `photoz split`
struct SplitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "split",
        abstract: "Deal a data set to partitions of another size.",
        discussion: """
            Galaxies keep their order and all that the files know of them: every data set with a row for each galaxy, in its \
            own type, bit for bit, with its attributes. What cannot be copied is refused by name. Under mpirun each rank makes its share of the partitions.
            """)

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("A folder of partitions (*.h5, *.hdf5), or one or more partition files.", valueName: "path"))
    var data: [String]

    @Option(
        help: ArgumentHelp("The most that a partition takes before compression, MB (10^6 bytes).", valueName: "size"))
    var partitionMb: Double?

    @Option(help: ArgumentHelp("Or: partitions in all, equal within one galaxy.", valueName: "count"))
    var partitions: Int?

    @Option(help: ArgumentHelp("An empty or new folder, which receives 1.h5, 2.h5, ...", valueName: "folder"))
    var output: String

    @Option(help: ArgumentHelp("The data set of images.", valueName: "name"))
    var images = "images"

    @Option(help: ArgumentHelp("Compress the images by gzip, 1 (fast) to 9 (small).", valueName: "level"))
    var gzip: Int?

    @Option(
        help: ArgumentHelp("Leave out these data sets or groups, with commas between them.", valueName: "names"))
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
