import PhotozRecords

/// The command lines of a sweep.
package struct SweepCommands: Sendable {
    private let folder: SweepFolder
    private let settings: SweepFolder.Settings
    /// Such as `mpirun` or `mpirun --map-by core`; `-np N` is added.
    private let launcher: [String]
    /// The program itself.
    private let program: String

    /// - Parameters: As the properties.
    package init(folder: SweepFolder, settings: SweepFolder.Settings, launcher: [String], program: String) {
        self.folder = folder
        self.settings = settings
        self.launcher = launcher
        self.program = program
    }

    /// The words of a run's command.
    package func words(_ point: Grid.Point) -> [String] {
        let data = point.partitionMegabytes.map { [folder.data(megabytes: $0)] } ?? settings.data
        let limit = point.fileLimit.map { ["--file-limit", "\($0)"] } ?? []
        // What an interrupted run left is replaced; a finished one is not run again.
        return launcher + ["-np", "\(point.ranks)", program, "run", "--weights", settings.weights, "--data"] + data
            + ["--output", folder.results(of: point), "--batch-size", "\(point.batchSize)", "--quiet", "--overwrite"]
            + limit + settings.options
    }

    /// The same as a line for a shell.
    package func line(_ point: Grid.Point) -> String { words(point).map(shellQuoted).joined(separator: " ") }

    /// How every batch script begins: by this it is known.
    package static let scriptMark = "#!/bin/sh\n# The runs of a sweep."

    /// A batch script for Slurm: one task of an array for each run, one after another so that they do not disturb each
    /// other.
    package func slurmScript(_ points: [Grid.Point]) -> String {
        let ranks = points.map(\.ranks).max() ?? 1
        let cases = points.enumerated().map { "\($0.offset)) \(line($0.element)) ;;" }.joined(separator: "\n")
        return """
            \(Self.scriptMark) When all are done, give the photoz sweep command again, without --slurm: it draws the report.
            #SBATCH --job-name=photoz-sweep
            #SBATCH --array=0-\(max(points.count - 1, 0))%1
            #SBATCH --ntasks=\(ranks)
            #SBATCH --exclusive
            case "$SLURM_ARRAY_TASK_ID" in
            \(cases)
            esac

            """
    }
}
