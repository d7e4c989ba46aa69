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
    func provenanceTexts(_ network: PreparedNetwork, weightsHash: String) -> [(String, String)] {
        [
            ("photoz_version", version), ("weights_sha256", weightsHash), ("precision", options.precision.rawValue),
            ("instruction_set", "\(network.instructionSet)"),
        ]
    }

    func results(
        _ reports: [RankReport], _ metrics: RedshiftMetrics?, _ bins: Results.Bins?,
        _ calibration: Results.Calibration?, _ hosts: [String],
        _ dataSet: DataSet,
        _ network: PreparedNetwork, weightsHash: String
    ) -> Results {
        let times = clock.times
        var unique: [String] = []
        for host in hosts where !unique.contains(host) { unique.append(host) }
        return Results(
            reports: reports, partitionCount: dataSet.partitions.count, batchSize: options.batchSize,
            precision: options.precision.rawValue, wallTime: times, metrics: metrics, bins: bins,
            calibration: calibration,
            // A function, as a rank, lives as long as the job.
            cost: RunCost(
                ranks: reports.map { (times.total, $0.memory) }, coresPerRank: options.threads,
                prices: options.prices),
            processor: Host.processor(),
            memory: Host.memory(),
            provenance: Results.Provenance(
                version: version, commandLine: options.commandLine, weights: options.weights,
                weightsHash: weightsHash, data: options.data, partitions: dataSet.partitions.map(\.name),
                hosts: unique, mpi: MPI.libraryVersion, hdf5: HDF5.Library.version,
                instructionSet: "\(network.instructionSet)", threads: options.threads,
                shard: options.sharding.rawValue, start: timestamp(started), end: timestamp(Date())))
    }

    /// The per-rank entries of `combined_data.json`, in rank order.
    func rankResults(
        _ reports: [RankReport], _ dataSet: DataSet, _ shares: [Range<Int>], _ network: PreparedNetwork
    ) -> [RankResult] {
        let (processor, memory) = (Host.processor(), Host.memory())
        let rows = dataSet.partitions.map(\.rows)
        let model = PreparedNetwork.byteCount(
            of: network.shape, network.precision, for: network.instructionSet)
        return zip(reports, shares).map { report, galaxies in
            RankResult(
                report: report, batchSize: options.batchSize, modelMegabytes: Double(model) / 1_048_576,
                resultPath: options.output,
                dataPaths: Shard(galaxies, partitionRows: rows).pieces.map { dataSet.partitions[$0.partition].name },
                processor: processor, memory: memory)
        }
    }
}
