import AstroMAE
import Collectives
import Glibc
import Survey

/// What every rank must know before work starts.
extension Run {
    /// Rank 0 looks at the data set; all get what it found.
    mutating func plan(
        _ weights: WeightsFile?, schema: PartitionSchema, _ instructionSet: InstructionSet, output: OutputFolder?
    ) throws -> RunPlan {
        var found: RunPlan?
        if let output {
            let dataSet = try open(schema)
            try OutputPlace.require(
                options.output, holdsNoneOf: dataSet.partitions.indices.map(dataSet.path(of:)))
            skippedFiles = dataSet.unusable.map { SkippedRows(file: $0.name, error: $0.error) }
            // One line for a few, not a screen for a thousand.
            for warning in dataSet.warnings.prefix(3) { warn(warning) }
            if dataSet.warnings.count > 3 { warn("and \(dataSet.warnings.count - 3) more of that kind") }
            for warning in dataSet.warnings.dropFirst(3) + dataSet.assumptions { WarningLog.add(warning) }
            weightsHash = try fileHash(options.weights)
            let identity = RunIdentity(
                version: version, weightsHash: weightsHash, options: options,
                instructionSet: instructionSet, dataSet: dataSet, schema: schema)
            let sources = RunSources(identity: identity, stamps: dataSet.partitions.map(\.stamp))
            self.sources = sources
            if output.isFinished {
                try requireFinished(sources, dataSet)
            } else {
                try requireSpace(for: dataSet, in: output)
                try output.begin(identity, resume: options.resume)
                FailureMark(output: options.output).clear()
            }
            found = RunPlan(dataSet, identity: try identity.hash(), isFinished: output.isFinished)
        }
        return try world.share(found)
    }

    /// Refuses to resume a finished run that is not the one that is asked for.
    private func requireFinished(_ sources: RunSources, _ dataSet: DataSet) throws {
        if let difference = sources.difference(fromResultsIn: options.output, dataSet) {
            throw JobError.another(run: "a finished", in: options.output, difference)
        }
        for name in [options.writesCSV ? "predictions.csv" : nil, options.writesRankFiles ? "0.json" : nil] {
            guard let name, access(options.output + "/" + name, F_OK) != 0 else { continue }
            throw JobError(
                .outputRefused,
                "\(options.output): holds a finished run without \(name); start anew with --overwrite, or ask for no such file"
            )
        }
    }

    /// Refuses to start when the results and the journals would not fit.
    private func requireSpace(for dataSet: DataSet, in output: OutputFolder) throws {
        var bytes = PredictionsWriter.byteCount(
            of: dataSet, ranks: world.size, hasViews: options.views > 1, isTable: options.writesCSV,
            hasRankFiles: options.writesRankFiles)
        // What the journals of earlier attempts hold need not be written again; without them they are removed first.
        let columns = Findings.columnCount(hasViews: options.views > 1)
        bytes += max(0, dataSet.rows * (4 * columns + 1) + world.size * 4096 - output.journal.byteCount)
        try output.requireSpace(bytes: bytes)
    }

    func open(_ schema: PartitionSchema) throws -> DataSet {
        let skips = options.onError == .skip
        guard let assignment = options.assignment else {
            return try DataSet.open(
                options.data, fileLimit: options.fileLimit, schema: schema, skipsUnusable: skips)
        }
        return try DataSet.open(
            folder: options.data[0], names: assignment.flatMap(\.self), schema: schema, skipsUnusable: skips)
    }

    /// The galaxies of each rank.
    func shares(_ dataSet: DataSet) -> [Range<Int>] {
        guard let assignment = options.assignment else {
            let rows = dataSet.partitions.map(\.rows)
            return (0..<world.size).map {
                options.sharding.galaxies(of: $0, worldSize: world.size, partitionRows: rows)
            }
        }
        // The data set has the same files in the same order, but for those that were left out.
        var (partitions, galaxy) = (dataSet.partitions[...], 0)
        return assignment.map { names in
            let first = galaxy
            for name in names where partitions.first?.name == name {
                galaxy += partitions.removeFirst().rows
            }
            return first..<galaxy
        }
    }

    /// The widest instruction set that every rank's processor has: on unlike nodes, results must not depend on who
    /// computes a galaxy.
    func commonInstructionSet() throws -> InstructionSet {
        let mine = options.instructionSet.map(InstructionSet.widest(upTo:)) ?? .widest
        let common = try world.allReduce(mine.level, .min)
        return InstructionSet.available[common]
    }
}
