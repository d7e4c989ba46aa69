import ArgumentParser
import Collectives
import PhotozJob
import PhotozPreparation

/// `photoz simulate`
struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Make a mock SDSS-like survey: images, magnitudes, redshifts and what is true of each galaxy.",
        discussion: """
            Under mpirun each rank makes its share of the partitions. A galaxy depends on the seed and its number alone, \
            so that the same survey comes out for any number of ranks, on any machine.
            """)

    @Option(help: ArgumentHelp("Galaxies in all.", valueName: "count"))
    var galaxies: Int

    @Option(help: ArgumentHelp("Partition files that the galaxies are dealt to.", valueName: "count"))
    var partitions = 1

    @Option(help: ArgumentHelp("Another seed makes another survey.", valueName: "number"))
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("An empty or new folder, which receives 1.h5, 2.h5, ...", valueName: "folder"))
    var output: String

    @Option(
        help: ArgumentHelp(
            "Take redshifts and magnitudes from this catalogue (CSV with the columns redshift, u, g, r, i and z), row by row and again from the start.",
            valueName: "file"))
    var catalog: String?

    @Option(help: ArgumentHelp("Compress the images by gzip, 1 (fast) to 9 (small).", valueName: "level"))
    var gzip: Int?

    func validate() throws {
        guard (1...1_000_000_000_000).contains(galaxies) else {
            throw ValidationError("--galaxies must be 1 to 1000000000000.")
        }
        guard (1...1_000_000).contains(partitions), partitions <= galaxies else {
            throw ValidationError("--partitions must be 1 to 1000000, and not more than --galaxies.")
        }
        if let gzip, !(1...9).contains(gzip) { throw ValidationError("--gzip must be 1 to 9.") }
    }

    func run() {
        let options = SimulationOptions(
            galaxies: galaxies, partitions: partitions, seed: seed, output: output, catalog: catalog, compression: gzip)
        underMPI { world, _, _ in try Simulation(options, world: world).run() }
    }
}
