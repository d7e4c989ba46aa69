import ArgumentParser
import Collectives
import PhotozJob
import PhotozPreparation

/// `photoz simulate`
struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract:
            "Simulate an SDSS-like survey: images, magnitudes, redshifts, and the true properties of each galaxy.",
        usage: "mpirun -np N photoz simulate --galaxies COUNT --output OUT [OPTIONS]",
        discussion: HelpText.discussion(
            """
            Under mpirun each rank writes its share of the partitions. A galaxy depends only on the seed and its number: any \
            number of ranks, on any machine, makes the same survey.
            """,
            examples: [
                "mpirun -np 4 photoz simulate --galaxies 4000 --partitions 4 --output survey/"
            ],
            exitCodes: [.wrongUsage, .badData, .inputMissing, .unexpected, .outputRefused, .inputOutput]))

    @Option(help: ArgumentHelp("The number of galaxies.", valueName: "count"))
    var galaxies: Int

    @Option(help: ArgumentHelp("The folder for 1.h5, 2.h5, ...; it must be empty or new.", valueName: "folder"))
    var output: String

    @Option(help: ArgumentHelp("The number of partition files.", valueName: "count"))
    var partitions = 1

    @Option(
        help: ArgumentHelp("The seed of the random numbers; another seed makes another survey.", valueName: "number"))
    var seed: UInt64 = 1

    @Option(
        help: ArgumentHelp(
            "Take redshifts and magnitudes from this catalogue (CSV with the columns redshift, u, g, r, i and z), row by row; after the last row comes the first again.",
            valueName: "file"))
    var catalog: String?

    @Option(
        help: ArgumentHelp(
            "Compress the images with gzip, from 1 (fast) to 9 (small) (default: not).", valueName: "level"))
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
