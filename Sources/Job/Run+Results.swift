import AstroMAE
import Collectives
import Costs
import FoundationEssentials
import HDF5
import Metrics
import Survey

/// What rank 0 writes when all is computed.
extension Run {
    /// What `predictions.h5` says of its origin: nothing that differs between two runs with the same result.
    func provenanceTexts(_ network: PreparedNetwork) -> [(String, String)] {
        [
            ("photoz_version", version), ("weights_sha256", weightsHash), ("precision", options.precision.rawValue),
            ("instruction_set", "\(network.instructionSet)"),
        ]
    }

    /// What each rank did, in rank order; nil but on rank 0. Every rank calls it.
    func gather(_ outcome: Outcome, _ dataSet: DataSet) throws -> RankRecords? {
        let rows = dataSet.partitions.map(\.rows)
        var partitions: [Int32] = []
        for run in outcome.runs.map(\.galaxies).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            for piece in Shard(run, partitionRows: rows).pieces where partitions.last != Int32(piece.partition) {
                partitions.append(Int32(piece.partition))
            }
        }
        let reports = try world.gather(outcome.report, root: 0)
        let places = try world.gatherStrings(
            String(decoding: JSONEncoder().encode(RankPlace()), as: UTF8.self))
        let all = try world.gatherVarying(partitions, root: 0)
        let skipped = try world.gatherVarying(Array(JSONEncoder().encode(outcome.skipped)), root: 0)
        guard let reports, let places, let all, let skipped else { return nil }
        return RankRecords(
            reports: reports, places: try places.map { try JSONDecoder().decode(RankPlace.self, from: Data($0.utf8)) },
            partitions: all.map { $0.map { dataSet.partitions[Int($0)].name } },
            skipped: try skipped.flatMap { try JSONDecoder().decode([SkippedRows].self, from: Data($0)) })
    }

    func results(
        _ ranks: RankRecords, _ metrics: RedshiftMetrics?, _ bins: Results.Bins?,
        _ calibration: Results.Calibration?, _ flags: FlagCounts, _ training: TrainingRecord, _ dataSet: DataSet,
        _ network: PreparedNetwork
    ) -> Results {
        let times = clock.times
        let reports = ranks.reports
        return Results(
            reports: reports, partitionCount: dataSet.partitions.count, batchSize: options.batchSize,
            precision: options.precision.rawValue, wallTime: times, metrics: metrics, bins: bins,
            calibration: calibration, flags: flags, training: training,
            bands: training.bands.flatMap { BandNames($0, count: network.shape.bands)?.names },
            warnings: WarningLog.all,
            // A function, as a rank, lives as long as the job.
            cost: RunCost(
                ranks: reports.map { (times.total, $0.memory, $0.threads) }, prices: options.prices),
            skipped: Results.Skipped(
                galaxies: reports.reduce(0) { $0 + $1.skipped }, files: skippedFiles, rows: ranks.skipped),
            processor: Host.processor(),
            memory: Host.memory(),
            provenance: Results.Provenance(
                version: version, commandLine: options.commandLine, weights: options.weights,
                weightsHash: weightsHash, data: options.data, partitions: dataSet.partitions.map(\.name),
                hosts: unique(ranks.places.map(\.host)), mpi: MPI.libraryVersion, hdf5: HDF5.Library.version,
                instructionSet: "\(network.instructionSet)", threads: options.threads,
                shard: options.sharding.rawValue, schedule: options.schedule.rawValue, start: timestamp(started),
                end: timestamp(Date()), sources: sources))
    }

    /// The same texts without repetitions, in the order in which they come first.
    private func unique(_ texts: [String]) -> [String] {
        var seen: Set<String> = []
        return texts.filter { seen.insert($0).inserted }
    }

    /// The per-rank entries of `combined_data.json`, in rank order.
    func rankResults(_ ranks: RankRecords, _ dataSet: DataSet, _ network: PreparedNetwork) -> [RankResult] {
        let model = PreparedNetwork.byteCount(
            of: network.shape, network.precision, for: network.instructionSet)
        return ranks.reports.indices.map { rank in
            RankResult(
                report: ranks.reports[rank], batchSize: options.batchSize, modelMegabytes: Double(model) / 1_048_576,
                resultPath: options.output, dataPaths: ranks.partitions[rank],
                processor: ranks.places[rank].processor, memory: ranks.places[rank].memory)
        }
    }
}

/// Where a rank was.
struct RankPlace: Codable {
    var host = MPI.processorName
    var processor = Host.processor()
    /// Memory of the host, GB.
    var memory = Host.memory()
}

/// What rank 0 has gathered of each rank, in rank order.
struct RankRecords {
    let reports: [RankReport]
    let places: [RankPlace]
    /// Names of the partitions that each rank's galaxies are in.
    let partitions: [[String]]
    /// Rows that any rank left out.
    let skipped: [SkippedRows]
}
