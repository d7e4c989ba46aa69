import ArgumentParser

/// The command-line program.
@main
struct Photoz: ParsableCommand {
    /// The program's version (semantic), as results record it. It stands here, and in the Python package.
    static let version = "0.2.0"

    static let configuration = CommandConfiguration(
        commandName: "photoz",
        abstract: "Photometric redshifts for image surveys, on MPI.",
        discussion: HelpText.discussion(
            """
            Predicts the redshift of each galaxy of a survey from its image and magnitudes, with the AstroMAE network. \
            photoz help COMMAND lists the options of a command.
            """,
            examples: [
                "mpirun -np 4 photoz simulate --galaxies 4000 --partitions 4 --output survey/",
                "mpirun -np 4 photoz run --weights weights.h5 --data survey/ --output results/",
                "photoz report results/ --output report.html",
            ],
            exitCodes: [
                .wrongUsage, .badData, .inputMissing, .unexpected, .outputRefused, .inputOutput, .stopped,
            ]),
        version: Build.description,
        groupedSubcommands: [
            CommandGroup(
                name: "Prediction",
                subcommands: [
                    RunCommand.self, CalibrateCommand.self, StatusCommand.self, ServeCommand.self,
                    PlanCommand.self, SweepCommand.self,
                ]),
            CommandGroup(
                name: "Result",
                subcommands: [ReportCommand.self, NzCommand.self, SummarizeCommand.self]),
            CommandGroup(
                name: "Data",
                subcommands: [
                    InspectCommand.self, ImportCommand.self, SplitCommand.self, SimulateCommand.self,
                ]),
            CommandGroup(
                name: "Machine", subcommands: [DoctorCommand.self, SelftestCommand.self, BenchCommand.self]),
        ])

    /// Synchronous on purpose: MPI belongs to the thread that started it, and an asynchronous main may leave that
    /// thread.
    static func main() {
        Exit.secureStreams()
        Exit.checkArguments()
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            // What fails in a command leaves from there; what comes here is a wrong command line or a wish for help.
            Exit.afterParsing(error)
        }
    }
}
