import ArgumentParser
import PhotozJob
import PhotozMachine

/// `photoz status`
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Say what a folder of results holds, how far its run has come, and how to go on.",
        discussion: HelpText.discussion(
            """
            Changes nothing, and works while a run is under way.
            """,
            examples: [
                "photoz status results/"
            ],
            exitCodes: [.wrongUsage, .inputMissing, .outputRefused, .stopped],
            meanings: [
                .inputMissing: "there is no run",
                .outputRefused: "the folder is one that photoz run refuses to write to",
                .stopped: "the run is under way, or --resume continues it",
            ],
            done: "the run is finished"))

    @Argument(help: ArgumentHelp("The output folder of photoz run.", valueName: "folder"))
    var folder: String

    @Flag(help: "Print JSON, for scripts.")
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
