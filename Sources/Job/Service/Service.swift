import AstroMAE
import PhotozMachine
import Survey

/// A network that stays in memory, and predicts one data set after another as `photoz run` does on one rank: with the
/// same checks, flags and bits, and without MPI, journals and a folder of results.
package final class Service {
    /// What is to be predicted, and how.
    package struct Request {
        /// Partitions, or a folder of them.
        package var data: [String]
        /// The file that receives the predictions. One of this program's is replaced.
        package var output: String
        /// Galaxies that are read and predicted together.
        package var batchSize = 512
        /// Views of each image, 1 to 8.
        package var views = 1
        /// What becomes of the request when rows cannot be read.
        package var onError = ErrorPolicy.stop
        /// How partition files name and lay out their data.
        package var schema: (_ bands: Int, _ imageSize: Int) -> PartitionSchema = PartitionSchema.init

        /// - Parameters: As the properties.
        package init(data: [String], output: String) {
            self.data = data
            self.output = output
        }
    }

    /// What was predicted.
    package struct Answer {
        /// The galaxies in all.
        package let galaxies: Int
        /// How many have each flag.
        package let flags: FlagCounts
        /// Rows that were left out.
        package let skipped: Int
        /// What the user should know.
        package let warnings: [String]
        /// Seconds of the engine alone.
        package let engineTime: Double
    }

    /// The network.
    package let network: PreparedNetwork
    /// SHA-256 of the weights file.
    package let weightsHash: String
    private let training: TrainingRecord
    private let engine: Engine
    private let threads: Int
    private let version: String

    /// Reads the weights.
    ///
    /// - Parameters:
    ///   - weights: The file.
    ///   - precision: How weights and activations are stored.
    ///   - instructionSet: What the engine uses.
    ///   - threads: Threads of the engine.
    ///   - version: The program's version, for the record.
    ///   - cache: Where packed weights are kept; nil for nowhere.
    /// - Throws: `HDF5Error` or `WeightsError` when the file cannot be used, ``JobError``.
    package init(
        weights path: String, _ precision: Precision, _ instructionSet: InstructionSet, threads: Int, version: String,
        cache: WeightsCache?
    ) throws {
        let weights = try OpenedWeights(path)
        network = try weights.prepared(precision, for: instructionSet, cache)
        training = weights.file.training
        weightsHash = weights.hash
        engine = Engine(network, threads: threads)
        self.threads = threads
        self.version = version
    }

    /// Predicts, and writes the predictions.
    ///
    /// - Throws: `HDF5Error`, `PartitionError` or `DataSet.Failure` for the data, ``JobError`` with code 64 for
    ///   contradicting options, 73 or 74 for the output, 75 after a signal. Nothing half-written stands under the
    ///   output's name.
    package func answer(_ request: Request) throws -> Answer {
        try requireFolder(of: request.output)
        try ResultFolder.predictionsFile.requireReplaceable(request.output)
        let schema = try request.schema(network.shape.bands, network.shape.imageSize).trained(on: training)
        let dataSet = try DataSet.open(request.data, schema: schema)
        let found = try predict(dataSet, schema, request)
        let content = ResultContent(
            of: dataSet, hasViews: request.views > 1, calibration: nil, provenance: provenance,
            kept: KeptReader(dataSet, schema))
        try PredictionsCopy(layout: content.predictions).write(found, to: request.output)
        return answer(found, dataSet, schema)
    }

    private func requireFolder(of path: String) throws(JobError) {
        let folder = folder(of: path)
        guard isFolder(folder) else {
            throw JobError(.outputRefused, "\(path): \(folder) is not a folder; make it first")
        }
    }

    private func predict(_ dataSet: DataSet, _ schema: PartitionSchema, _ request: Request) throws -> RankFindings {
        let inference = Inference(
            network: network, dataSet: dataSet, schema: schema, batchSize: request.batchSize, threads: threads,
            views: request.views, onError: request.onError)
        var found = RankFindings(
            capacity: dataSet.rows, FoundColumns(views: request.views > 1, distributions: false),
            identifiers: dataSet.identifiers)
        guard dataSet.rows > 0 else { return found }
        let work = Work(
            StaticSchedule([0..<dataSet.rows], board: nil), partitions: dataSet.partitions,
            batchSize: request.batchSize, pieceSize: inference.pieceSize)
        let reader = BatchReader(work, of: dataSet, schema: schema, onError: request.onError)
        try reader.forEach { batch in
            let start = ContinuousClock.now
            found.append(inference.predict(batch, engine))
            found.report.wallTime += (ContinuousClock.now - start).seconds
            found.identifiers.append(batch.identifiers)
            for skipped in batch.skipped { found.skip(skipped.rows, galaxies: skipped.galaxies) }
            if let signal = StopSignal.received { throw JobError(.stopped, "stopped by \(signal)") }
        }
        return found
    }

    private func answer(_ found: RankFindings, _ dataSet: DataSet, _ schema: PartitionSchema) -> Answer {
        var flags = FlagCounts()
        for galaxy in found.flags { flags.add(galaxy) }
        let notFinite = found.flags.firstIndex { $0.contains(.predictionNotFinite) }
        let skipped = found.report.skipped
        let words =
            skipped > 0
            ? ["\(skipped) rows could not be read and were left out, the first: \(found.skipped[0].reason)"] : []
        return Answer(
            galaxies: dataSet.rows, flags: flags, skipped: skipped,
            warnings: dataSet.warnings
                + flags.warnings(
                    training, schema,
                    firstNotFinite: notFinite.flatMap(found.galaxy(at:)).flatMap(dataSet.place(of:))) + words,
            engineTime: found.report.wallTime)
    }

    private var provenance: [(String, String)] {
        Provenance.texts(version, weightsHash, network.precision, network.instructionSet)
    }
}
