import ArgumentParser
import AstroMAE
import PhotozDiagnosis
import PhotozMachine

/// `photoz bench`
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure the engine alone: galaxies a second, and the share of what the cores can do at best.",
        usage: "photoz bench --weights W.h5 [OPTIONS]",
        discussion: HelpText.discussion(
            """
            Computes galaxies made up in memory, for a few seconds, without MPI. --all makes a table of the machine to send to \
            others, in half a minute on an idle machine.
            """,
            examples: [
                "photoz bench --weights weights.h5 --threads 8",
                "photoz bench --all --weights weights.h5 --threads 8",
            ],
            exitCodes: [.wrongUsage, .badData, .inputMissing, .unexpected],
            meanings: [
                .unexpected: "the measured peak of the cores cannot be true: the machine is busy"
            ]))

    @OptionGroup var engine: EngineOptions

    @Flag(help: "Measure every precision with every instruction set, up to that of --instruction-set.")
    var all = false

    @Option(
        help: ArgumentHelp(
            "Galaxies that are predicted together (default: 512; with --all as many as suit the threads).",
            valueName: "count"))
    var batchSize: Int?

    @Flag(help: "Print one JSON object instead of a table.")
    var json = false

    func validate() throws {
        guard (1...1 << 16).contains(batchSize ?? 1) else { throw ValidationError("--batch-size must be 1 to 65536.") }
        guard (1...1024).contains(engine.threads) else { throw ValidationError("--threads must be 1 to 1024.") }
        guard !all || engine.givenPrecision == nil else {
            throw ValidationError(
                "--all measures every precision; give --precision without --all to measure one of them.")
        }
    }

    func run() {
        do {
            let weights = try WeightsFile(engine.weights)
            try all ? measureAll(weights) : measureOne(weights)
        } catch {
            Exit.withoutMPI(error)
        }
    }

    private func measureOne(_ weights: WeightsFile) throws {
        let size = batchSize ?? 512
        let bench = Bench(weights, batchSize: size, threads: engine.threads, effort: .thorough)
        let measurement = try bench.measure(engine.precision, engine.instructionSet)
        try measurement.requirePlausiblePeak()
        let report = BenchReport(measurement, threads: engine.threads, batchSize: size)
        Exit.show(json ? try jsonLine(report) : report.table)
    }

    /// A peak that cannot be true is marked in the table: the other rows are still worth having.
    private func measureAll(_ weights: WeightsFile) throws {
        let combinations = BenchTable.combinations(upTo: engine.widest)
        let size = batchSize ?? Bench.batchSize(for: weights, threads: engine.threads)
        let bench = Bench(
            weights, batchSize: size, threads: engine.threads,
            effort: .brief(combinations: combinations.count, layers: json))
        var table = BenchTable(BenchMachine(version: Photoz.version, threads: engine.threads, batchSize: size))
        // Rows are shown as they come, so that nobody waits half a minute before a blank screen.
        if !json { Exit.show(table.head) }
        for (instructionSet, precision) in combinations {
            let row = table.add(try bench.measure(precision, instructionSet))
            if !json { Exit.show(row) }
        }
        if json {
            Exit.show(try jsonLine(table))
        } else if let note = table.note {
            Exit.show("\n" + note)
        }
    }
}
