import ArgumentParser
import Job

/// `photoz doctor`
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Print what a support person would ask about this machine, and what looks wrong.",
        discussion: "Start it as the job is started: mpirun -np N photoz doctor")

    @Option(help: ArgumentHelp("Look at the file system of this folder.", valueName: "folder"))
    var folder = "."

    func run() {
        underMPI { world, node, _ in
            try Doctor(world: world, node: node, version: Photoz.version, folder: folder).run()
        }
    }
}
