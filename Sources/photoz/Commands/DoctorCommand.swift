import ArgumentParser
import PhotozDiagnosis
import PhotozJob
import PhotozMachine

/// `photoz doctor`
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Print what a support person would ask about this machine, and what looks wrong.",
        discussion: "Start it as the job is started: mpirun -np N photoz doctor")

    @Option(help: ArgumentHelp("Where results will be written: its file system and locks.", valueName: "folder"))
    var folder = "."

    @Option(
        help: ArgumentHelp("The weights that ranks share; the published network's unless given.", valueName: "file"))
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
