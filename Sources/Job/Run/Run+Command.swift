import FoundationEssentials
import PhotozMachine
import PhotozRecords
import PhotozText
import Survey

/// The command that goes on where a run stops.
extension Run {
    /// For a shell.
    var resumingCommand: String {
        var words = options.commandLine
        // Before the run has begun, the results that it is to replace are still those of a finished run.
        if hasBegun || !options.overwrite {
            words = words.filter { $0 != "--overwrite" && $0 != "--resume" } + ["--resume"]
        }
        return (Launcher.words(ranks: world.size) + words.map(shellQuoted)).joined(separator: " ")
    }

    /// What stands beside the journals for whoever finds them.
    func note(on dataSet: DataSet) -> JournalNote {
        JournalNote(
            version: version, commandLine: options.commandLine, resumeCommand: resumingCommand,
            workingFolder: FileManager.default.currentDirectoryPath, ranks: world.size, galaxies: dataSet.rows,
            partitions: dataSet.partitions.count, start: timestamp(started), lastStart: timestamp(started))
    }
}
