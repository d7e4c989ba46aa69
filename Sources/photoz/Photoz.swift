import ArgumentParser

/// The command-line program.
@main
struct Photoz: ParsableCommand {
    /// The program's version (semantic), as results record it. It stands here, and in the Python package.
    static let version = "0.2.0"

    static let configuration = CommandConfiguration(
        commandName: "photoz",
        abstract: "Photometric redshifts for image surveys, on MPI.",
        discussion: """
            Predicts the redshift of each galaxy of a survey from its image and magnitudes, with the AstroMAE network. \
            Start it on many cores with: mpirun -np N photoz run ...
            """,
        version: Build.description,
        subcommands: [
            RunCommand.self, CalibrateCommand.self, PlanCommand.self, SweepCommand.self, SummarizeCommand.self,
            ReportCommand.self, NzCommand.self, ImportCommand.self, SplitCommand.self, SimulateCommand.self,
            InspectCommand.self,
            StatusCommand.self, BenchCommand.self, ServeCommand.self, SelftestCommand.self, DoctorCommand.self,
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
