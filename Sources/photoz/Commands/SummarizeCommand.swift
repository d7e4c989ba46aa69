import ArgumentParser
import FoundationEssentials
import PhotozJob
import PhotozMachine
import PhotozReport

/// `photoz summarize`
struct SummarizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "summarize",
        abstract: "Print the published statistics of runs: of photoz, or of the serverless system.",
        usage: "photoz summarize RESULTS ... [OPTIONS]",
        discussion: HelpText.discussion(
            """
            Reads combined_data.json in each folder, or the files of single ranks (0.json, 1.json, ...). CPU time is the mean \
            over the ranks without outliers; memory, throughput and bits are sums.
            """,
            examples: [
                "photoz summarize results/ --csv table.csv"
            ],
            exitCodes: [.wrongUsage, .badData, .inputMissing, .outputRefused, .inputOutput]))

    @Argument(help: ArgumentHelp("Folders of results.", valueName: "folder"))
    var results: [String]

    @Option(help: ArgumentHelp("Also write the table as CSV.", valueName: "file"))
    var csv: String?

    @Option(help: ArgumentHelp("Also write the table as JSON.", valueName: "file"))
    var json: String?

    @OptionGroup(title: "Cost")
    var prices: PriceOptions

    private static let ownCSV = OwnFile.text("a table of photoz summarize", beginning: StatisticsTable.csvMark)
    private static let ownJSON = OwnFile.json("statistics of photoz summarize", keys: StatisticsTable.jsonMark)

    func validate() throws {
        guard !results.isEmpty else { throw ValidationError("Give at least one folder of results.") }
        guard csv == nil || csv != json else { throw ValidationError("--csv and --json need a file each.") }
    }

    func run() {
        do {
            if let csv { try Self.ownCSV.requireReplaceable(csv) }
            if let json { try Self.ownJSON.requireReplaceable(json) }
            let rows = try results.map { try PublishedStatistics(folder: $0, prices: prices.prices) }
            let table = StatisticsTable(rows)
            if let csv { try StatisticsTable.write(Data(table.csv.utf8), to: csv) }
            if let json { try StatisticsTable.write(table.json(), to: json) }
            Exit.show(table.text)
        } catch {
            Exit.withoutMPI(error)
        }
    }
}
