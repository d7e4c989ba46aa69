import AstroMAE
import Collectives
import Glibc
import PhotozMachine
import Survey

/// What every rank must know before work starts.
extension Run {
    /// What rank 0 has found in the folder of the results.
    private struct Beginning: Codable {
        let identity: [UInt8]
        let isFinished: Bool
    }

    /// Looks at the data set, and begins the run in the folder of the results.
    mutating func plan(
        _ weights: WeightsFile?, _ shape: NetworkShape, _ instructionSet: InstructionSet, _ nodes: Nodes,
        output: ResultFolder?
    ) throws -> RunPlan {
        if let weights { weightsLabel = weights.label }
        let (training, schema) = try trainedSchema(weights, shape)
        let calibration = try readCalibration(shape, schema)
        let dataSet = try openDataSet(schema, nodes)
        let mine = try output.map { try begin(dataSet, schema, instructionSet, calibration, in: $0) }
        let beginning = try world.broadcastValue(mine)
        return RunPlan(
            dataSet: dataSet, schema: schema, training: training, calibration: calibration,
            identity: beginning.identity, isFinished: beginning.isFinished)
    }

    /// What the network was trained on, and how partitions lie for it. Every rank calls it.
    func trainedSchema(_ weights: WeightsFile?, _ shape: NetworkShape) throws -> (TrainingRecord, PartitionSchema) {
        let training = try world.broadcastValue(weights?.training)
        return (training, try options.schema(shape.bands, shape.imageSize).trained(on: training))
    }

    private mutating func begin(
        _ dataSet: DataSet, _ schema: PartitionSchema, _ instructionSet: InstructionSet,
        _ calibration: CalibrationFile?, in output: ResultFolder
    ) throws -> Beginning {
        let identity = RunIdentity(
            version: version, weightsHash: weightsHash, calibrationHash: calibration?.hash, options: options,
            instructionSet: instructionSet, dataSet: dataSet, schema: schema)
        let sources = RunSources(identity: identity, dataSet)
        self.sources = sources
        if output.isFinished {
            try requireFinished(sources, dataSet)
        } else {
            try requireSpace(for: dataSet, in: output)
            try output.begin(identity, dataSet, resume: options.resume)
            FailureMark(output: options.output).clear()
        }
        return Beginning(identity: try identity.hash(), isFinished: output.isFinished)
    }

    /// Refuses to resume a finished run that is not the one that is asked for.
    private func requireFinished(_ sources: RunSources, _ dataSet: DataSet) throws {
        if let difference = sources.difference(fromResultsIn: options.output, dataSet) {
            throw JobError.another(run: "a finished", in: options.output, difference)
        }
        for name in options.extraPredictions + (options.writesRankFiles ? ["0.json"] : []) {
            guard access(options.output + "/" + name, F_OK) != 0 else { continue }
            throw JobError(
                .outputRefused,
                "\(options.output): holds a finished run without \(name); start anew with --overwrite, or ask for no such file"
            )
        }
    }

    /// Refuses to start when the results and the journals would not fit.
    private func requireSpace(for dataSet: DataSet, in output: ResultFolder) throws {
        try output.requireSpace(bytes: bytesNeeded(for: dataSet, journal: output.journal))
    }

    /// Bytes of the results and the journals.
    ///
    /// - Parameter journal: What the journals of earlier attempts hold need not be written again; without them they are
    ///   removed first.
    func bytesNeeded(for dataSet: DataSet, journal: JournalFolder) -> Int {
        let results = ResultSizes(dataSet: dataSet, found: options.columns, form: options.distributionForm).all(
            ranks: world.size, isTable: options.writesCSV, hasRankFiles: options.writesRankFiles)
        let columns = BatchFindings.columnCount(options.columns)
        return results + max(0, dataSet.rows * (4 * columns + 1) + world.size * 4096 - journal.byteCount)
    }

    /// The galaxies of this rank, where each has its share.
    func share(of dataSet: DataSet) -> Range<Int> {
        guard let assignment = options.assignment else {
            return options.sharding.galaxies(
                of: world.rank, worldSize: world.size, starts: dataSet.partitions.starts)
        }
        // The data set has the same files in the same order, but for those that were left out.
        let partitions = dataSet.partitions
        var (first, next) = (0, 0)
        for names in assignment.prefix(world.rank + 1) {
            first = next
            for name in names where next < partitions.count && partitions.name(of: next).elementsEqual(name.utf8) {
                next += 1
            }
        }
        return partitions.starts[first]..<partitions.starts[next]
    }
}
