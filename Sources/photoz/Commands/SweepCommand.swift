import ArgumentParser
import FoundationEssentials
import PhotozJob
import PhotozMachine
import PhotozPreparation
import PhotozReport
import PhotozSweep
import PhotozText

/// `photoz sweep`
struct SweepCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sweep",
        abstract: "Run many combinations of ranks, batch size, partition size and data size, and compare them.",
        usage: "photoz sweep --weights W.h5 --data DIR --np LIST --output OUT [OPTIONS]",
        discussion: HelpText.discussion(
            """
            Each run is photoz run under mpirun. A run that fails ends the command with its exit code; given again, the \
            command goes on where it stopped. It ends with a table (sweep.csv) and a page with charts (report.html) in the output \
            folder. With as many partitions as ranks (--np 1,2,4 --file-limit 1,2,4) the page also shows weak scaling.
            """,
            examples: [
                "photoz sweep --weights weights.h5 --data survey/ --np 1,2,4\n--batch-size 128,512 --output sweep/",
                "photoz sweep --weights weights.h5 --data survey/ --np 64,128\n--output sweep/ --slurm sweep.sh",
            ],
            exitCodes: [
                .wrongUsage, .badData, .inputMissing, .unexpected, .outputRefused, .inputOutput, .stopped,
            ],
            meanings: [
                .unexpected: "a fault of photoz, of MPI or of the launcher",
                .stopped: "a run was stopped; the same command goes on",
            ]))

    @Option(help: ArgumentHelp("The network's weights (HDF5).", valueName: "file"))
    var weights: String

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("A folder of partitions (*.h5, *.hdf5), or one or more partition files.", valueName: "path"))
    var data: [String]

    @Option(help: ArgumentHelp("Numbers of ranks, such as 1,2,4.", valueName: "list"))
    var np: NumberList<Int>

    @Option(help: ArgumentHelp("The folder of the sweep; it is made when missing.", valueName: "folder"))
    var output: String

    @Option(help: ArgumentHelp("Batch sizes, in galaxies, such as 128,512.", valueName: "list"))
    var batchSize = NumberList<Int>([512])

    @Option(
        help: ArgumentHelp(
            "Sizes of partitions, in MB: the data are split anew for each (default: as they are).", valueName: "list"))
    var partitionMb = NumberList<Double>([])

    @Option(help: ArgumentHelp("Numbers of partitions to read (default: all).", valueName: "list"))
    var fileLimit = NumberList<Int>([])

    @Option(name: .customLong("repeat"), help: ArgumentHelp("Runs of each combination.", valueName: "count"))
    var repeats = 1

    @Option(help: ArgumentHelp("The command that starts several ranks; -np N is added to it.", valueName: "command"))
    var launcher = "mpirun"

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("More options for every photoz run, such as '--precision bf16'.", valueName: "options"))
    var runOptions = ""

    @Flag(help: "Print the commands and run nothing.")
    var dryRun = false

    @Option(
        help: ArgumentHelp(
            "Write a Slurm batch script with an array job for the runs that are left, and run none.", valueName: "file")
    )
    var slurm: String?

    func validate() throws {
        guard repeats > 0 else { throw ValidationError("--repeat must be at least 1.") }
        guard !np.values.isEmpty, !batchSize.values.isEmpty, !data.isEmpty else {
            throw ValidationError("--np, --batch-size and --data need a value.")
        }
        guard (np.values + batchSize.values + fileLimit.values).allSatisfy({ $0 > 0 }) else {
            throw ValidationError("--np, --batch-size and --file-limit are numbers from 1.")
        }
        guard partitionMb.values.allSatisfy({ (0.05...1e6).contains($0) }) else {
            throw ValidationError("--partition-mb must be 0.05 to 1000000.")
        }
        guard [np.values, batchSize.values, fileLimit.values].allSatisfy({ Set($0).count == $0.count }),
            Set(partitionMb.values).count == partitionMb.values.count
        else { throw ValidationError("A list names a number twice: repeat runs with --repeat.") }
        guard let words = shellWords(launcher), !words.isEmpty else {
            throw ValidationError("--launcher needs a command, with each quote closed.")
        }
        _ = try parsedRunOptions()
    }

    /// The words of `--run-options`, and what `photoz run` makes of them.
    ///
    /// - Throws: `ValidationError` for what `photoz run` would refuse, so that no sweep starts that cannot end.
    private func parsedRunOptions() throws -> (words: [String], command: RunCommand) {
        guard let words = shellWords(runOptions) else {
            throw ValidationError("--run-options: a quote is not closed.")
        }
        let own = ["--weights", "--data", "--output", "--payload", "--batch-size", "--file-limit", "--resume"]
        if let word = words.first(where: { word in own.contains { word == $0 || word.hasPrefix($0 + "=") } }) {
            throw ValidationError("--run-options: \(word) is what the sweep itself sets; leave it out.")
        }
        do {
            let command = try RunCommand.parse(["--weights", weights, "--data", "-", "--output", output] + words)
            return (words, command)
        } catch {
            throw ValidationError("--run-options: \(RunCommand.message(for: error))")
        }
    }

    func run() {
        do { try sweep() } catch {
            Exit.withoutMPI(
                error)
        }
    }

    private func sweep() throws {
        try OutputPlace.require(output, outside: data)
        let grid = Grid(
            ranks: np.values, batchSizes: batchSize.values, partitionMegabytes: partitionMb.values,
            fileLimits: fileLimit.values, repeats: repeats)
        let (options, run) = try parsedRunOptions()
        let settings = SweepFolder.Settings(
            weights: absolute(weights), data: data.map(absolute), options: options)
        if let slurm { try Self.ownScript.requireReplaceable(slurm) }
        for (name, own) in [("report.html", OwnFile.reportPage), ("sweep.csv", Self.ownTable)] {
            try own.requireReplaceable(absolute(output) + "/" + name)
        }
        let folder =
            try dryRun
            ? SweepFolder(planned: absolute(output)) : SweepFolder(absolute(output), settings: settings)
        let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "photoz"
        let commands = SweepCommands(
            folder: folder, settings: settings, launcher: shellWords(launcher) ?? [],
            program: program)
        let left = grid.points.filter { !folder.isFinished($0) }
        if dryRun {
            for point in left { Exit.show(commands.line(point)) }
            return
        }
        for size in grid.partitionMegabytes { try split(megabytes: size, in: folder, run.schema) }
        if let slurm {
            try Data(commands.slurmScript(left).utf8).write(to: URL(filePath: slurm), options: .atomic)
            Exit.show("\(slurm): \(left.count) runs; start: sbatch \(slurm)")
            return
        }
        for (index, point) in left.enumerated() {
            let start = ContinuousClock.now
            try SweepRun.start(commands.words(point), log: folder.log(of: point))
            let tenths = (ContinuousClock.now - start) / .milliseconds(100)
            Exit.say(
                "run \(index + 1) of \(left.count): \(point.name), \(tenths.rounded() / 10) s", to: 2)
        }
        try finish(grid, folder)
    }

    private static let ownScript = OwnFile.text("a batch script of photoz sweep", beginning: SweepCommands.scriptMark)
    private static let ownTable = OwnFile.text("a table of photoz sweep", beginning: Report.tableMark)

    /// Deals the data to partitions of a size, by the names that the runs will find them by.
    private func split(megabytes size: Double, in folder: SweepFolder, _ schema: SchemaOptions) throws {
        let (final, unfinished) = (folder.data(megabytes: size), folder.unfinishedData(megabytes: size))
        guard !FileManager.default.fileExists(atPath: final) else { return }
        try? FileManager.default.removeItem(atPath: unfinished)
        let options = SplitOptions(
            data: data, output: unfinished, size: .megabytes(size), images: schema.imageName)
        if let line = try Split(options).run() { Exit.say(line, to: 2) }
        try FileManager.default.moveItem(atPath: unfinished, toPath: final)
    }

    private func finish(_ grid: Grid, _ folder: SweepFolder) throws {
        let folders = grid.points.map { folder.results(of: $0) }
        let report = try Report(folders: folders, inputs: ReportInputs.find)
        let page = folder.path + "/report.html"
        let figures = try report.writeReplacingOwn(page)
        if let table = report.table {
            try folder.write(table.csv, to: "sweep.csv")
            Exit.show(table.text)
        }
        Exit.show("\(page), figures in \(figures), table in \(folder.path)/sweep.csv")
    }

    private func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }
}

/// Numbers with commas between them.
struct NumberList<Number: LosslessStringConvertible & Sendable>: ExpressibleByArgument, Sendable {
    let values: [Number]

    init(_ values: [Number]) { self.values = values }

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
        let values = parts.compactMap { Number(String($0)) }
        guard values.count == parts.count else { return nil }
        self.values = values
    }

    var defaultValueDescription: String { values.map(\.description).joined(separator: ",") }
}
