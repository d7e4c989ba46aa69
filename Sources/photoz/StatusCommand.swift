import ArgumentParser
import PhotozJob
import PhotozMachine

/// `photoz status`
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Say what a folder of results holds, how far its run has come, and how to go on.",
        discussion: """
            Changes nothing, and may be asked while a run is under way. Exit codes: 0 for a finished run, 75 for one that \
            --resume goes on with or that is under way, 66 where there is no run, 73 for what photoz run refuses to touch.
            """)

    @Argument(help: ArgumentHelp("The folder that photoz run was given as --output.", valueName: "folder"))
    var folder: String

    @Flag(help: "Say it as JSON, for scripts.")
    var json = false

    func run() {
        do {
            let status = try FolderStatus(of: folder)
            Exit.show(json ? String(decoding: try PhotozMachine.json(status).dropLast(), as: UTF8.self) : status.text)
            Exit.answering(status.exitCode)
        } catch {
            Exit.withoutMPI(error)
        }
    }
}
