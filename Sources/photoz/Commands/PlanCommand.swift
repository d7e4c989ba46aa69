import ArgumentParser
import PhotozJob

/// `photoz plan`
struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Deal the partitions of a folder to ranks, and write that plan as payload.json.",
        usage: "photoz plan --data DIR --output payload.json [OPTIONS]",
        discussion: HelpText.discussion(
            """
            The plan has the keys of the serverless system, and photoz run --payload follows it. Its paths are relative to \
            the folder of the plan.
            """,
            examples: [
                "photoz plan --data survey/ --world-size 16 --output payload.json",
                "mpirun -np 16 photoz run --weights weights.h5 --payload payload.json",
            ],
            exitCodes: [.wrongUsage, .badData, .inputMissing, .outputRefused, .inputOutput]))

    @Option(help: ArgumentHelp("The folder of the partitions.", valueName: "folder"))
    var data: String

    @Option(help: ArgumentHelp("The plan to write; one that is there is replaced.", valueName: "file"))
    var output: String

    @Option(help: ArgumentHelp("Ranks of the run (default: one for each partition).", valueName: "count"))
    var worldSize: Int?

    @Option(help: ArgumentHelp("Take only this many partitions, the first ones.", valueName: "count"))
    var fileLimit: Int?

    @Option(help: ArgumentHelp("Galaxies that are read and predicted together.", valueName: "count"))
    var batchSize = 512

    @Option(help: ArgumentHelp("The folder for the results, relative to the plan.", valueName: "folder"))
    var resultPath = "results"

    func validate() throws {
        if let worldSize, !(1...1_000_000).contains(worldSize) {
            throw ValidationError("--world-size must be 1 to 1000000.")
        }
        if let fileLimit, fileLimit < 1 { throw ValidationError("--file-limit must be at least 1.") }
        guard batchSize > 0 else { throw ValidationError("--batch-size must be at least 1.") }
        guard !resultPath.isEmpty else { throw ValidationError("--result-path needs a folder.") }
    }

    func run() {
        do {
            let plan = try Plan(
                data: data, output: output, worldSize: worldSize, fileLimit: fileLimit, batchSize: batchSize,
                resultPath: resultPath)
            try plan.write(to: output)
            Exit.show(
                "\(output): \(plan.fileCount) partitions for \(plan.worldSize) ranks; start: mpirun -np \(plan.worldSize) photoz run --weights FILE --payload \(output)"
            )
        } catch {
            Exit.withoutMPI(error)
        }
    }
}
