import ArgumentParser
import PhotozDiagnosis
import PhotozJob
import PhotozMachine

/// `photoz doctor`
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Print what a support person would ask about this machine, and what looks wrong.",
        discussion: HelpText.discussion(
            """
            Start it as the job is started, with the same launcher and number of ranks.
            """,
            examples: [
                "mpirun -np 4 photoz doctor --folder results/"
            ],
            exitCodes: [.wrongUsage, .badData, .inputMissing, .unexpected]))

    @Option(help: ArgumentHelp("The folder for results: its file system and locks are checked.", valueName: "folder"))
    var folder = "."

    @Option(
        help: ArgumentHelp(
            "Weights that ranks will share, for their size (default: the published network's).", valueName: "file"))
    var weights: String?

    func run() {
        underMPI(evenApart: true) { world, node, _ in
            let page = try Doctor(
                world: world, node: node, version: Photoz.version, folder: folder, weights: weights
            ).run()
            // Processes that do not know each other are each a rank 0: one speaks for all.
            return Launcher.rank ?? 0 == 0 ? page : nil
        }
    }
}
