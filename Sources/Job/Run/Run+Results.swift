import AstroMAE
import Collectives
import FoundationEssentials
import HDF5
import PhotozCosts
import PhotozMachine
import PhotozMetrics
import Survey

/// What rank 0 writes when all is computed.
extension Run {
    /// What predictions and distributions say of their origin: nothing that differs between two runs with the same
    /// result.
    func provenanceTexts(_ network: PreparedNetwork, _ calibration: CalibrationFile?) -> [(String, String)] {
        Provenance.texts(version, weightsHash, options.precision, network.instructionSet)
            + (calibration.map { [("calibration_sha256", $0.hash)] } ?? [])
    }

    /// What each rank did, in rank order; nil but on rank 0. Every rank calls it.
    func gather(_ found: RankFindings, _ dataSet: DataSet) throws -> GatheredReports? {
        var partitions: [Int32] = []
        for span in found.spans.map(\.galaxies).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            for piece in Shard(span, starts: dataSet.partitions.starts).pieces
            where partitions.last != Int32(piece.partition) {
                partitions.append(Int32(piece.partition))
            }
        }
        let reports = try world.gather(found.report, root: 0)
        let places = try world.gatherValues(RankPlace())
        let all = try world.gatherVarying(partitions, root: 0)
        let skipped = try world.gatherValues(found.skipped)
        guard let reports, let places, let all, let skipped else { return nil }
        return GatheredReports(
            reports: reports, places: places,
            partitions: all, skipped: skipped.flatMap(\.self))
    }

    /// `Results.json`.
    func results(_ ranks: GatheredReports, _ evaluated: Evaluated, _ means: RunMeans) -> JobResults {
        let (dataSet, network, training) = (means.dataSet, means.network, means.plan.training)
        let times = clock.times
        let reports = ranks.reports
        return JobResults(
            reports: reports, partitionCount: dataSet.partitions.count, batchSize: options.batchSize,
            precision: options.precision.rawValue, wallTime: times, metrics: evaluated.metrics, bins: evaluated.bins,
            views: options.views, distributions: distributionResults(evaluated, means.plan), flags: evaluated.flags,
            training: training,
            bands: training.bands.flatMap { BandNames($0, count: network.shape.bands)?.names },
            warnings: WarningLog.all,
            // A function, as a rank, lives as long as the job.
            cost: RunCost(
                ranks: reports.map { (times.total, $0.memory, $0.threads) }, prices: options.prices),
            skipped: JobResults.Skipped(
                galaxies: reports.reduce(0) { $0 + $1.skipped }, files: skippedFiles, rows: ranks.skipped),
            processor: Host.processor(),
            memory: Host.memory(),
            provenance: JobResults.Provenance(
                version: version, commandLine: options.commandLine,
                workingDirectory: FileManager.default.currentDirectoryPath, weights: options.weights,
                weightsHash: weightsHash, weightsOrigin: weightsOrigin,
                weightsDescription: TextOrNull(weightsLabel.description),
                weightsDemonstration: TextOrNull(weightsLabel.demonstration), data: options.data,
                partitions: dataSet.partitions.names(),
                hosts: unique(ranks.places.map(\.host)), mpi: MPI.libraryVersion, hdf5: HDF5.Library.version,
                instructionSet: "\(network.instructionSet)",
                bfloat16: TextOrNull(
                    options.precision == .float32 ? nil : network.instructionSet.bfloat16Products),
                threads: options.threads,
                shard: options.sharding.rawValue, schedule: options.schedule.rawValue, write: means.writer.way.rawValue,
                start: timestamp(started), end: timestamp(Date()), sources: sources))
    }

    /// What there is to say of the distributions; nil without a calibration.
    private func distributionResults(_ evaluated: Evaluated, _ plan: RunPlan) -> DistributionResults? {
        plan.calibration.map {
            DistributionResults(
                calibration: .init($0), form: options.distributionForm, outside: evaluated.flags[.calibrationOutside],
                cut: evaluated.cut, evaluation: evaluated.distributions)
        }
    }

    /// The same texts without repetitions, in the order in which they come first.
    private func unique(_ texts: [String]) -> [String] {
        var seen: Set<String> = []
        return texts.filter { seen.insert($0).inserted }
    }

    /// The per-rank entries of `combined_data.json`, in rank order.
    func rankEntries(_ ranks: GatheredReports, _ means: RunMeans) -> [RankEntry] {
        let (network, table) = (means.network, means.dataSet.partitions)
        let model = PreparedNetwork.byteCount(
            of: network.shape, network.precision, for: network.instructionSet)
        return ranks.reports.indices.map { rank in
            RankEntry(
                report: ranks.reports[rank], batchSize: options.batchSize, modelMegabytes: Double(model) / 1_048_576,
                resultPath: options.output, dataPaths: table.names(of: ranks.partitions[rank]),
                processor: ranks.places[rank].processor, memory: ranks.places[rank].memory)
        }
    }
}

/// What predictions say of their origin.
enum Provenance {
    /// By name, for attributes of the file.
    static func texts(
        _ version: String, _ weightsHash: String, _ precision: Precision, _ instructionSet: InstructionSet
    ) -> [(String, String)] {
        [
            ("photoz_version", version), ("weights_sha256", weightsHash), ("precision", precision.rawValue),
            ("instruction_set", "\(instructionSet)"),
        ]
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
struct GatheredReports {
    let reports: [RankReport]
    let places: [RankPlace]
    /// The partitions that each rank's galaxies are in.
    let partitions: [[Int32]]
    /// Rows that any rank left out.
    let skipped: [SkippedRows]
}

extension PartitionTable {
    /// The names of all partitions.
    func names() -> TextList { TextList(count: count) { name(of: $0) } }

    /// The names of some partitions.
    func names(of partitions: [Int32]) -> TextList {
        TextList(count: partitions.count) { name(of: Int(partitions[$0])) }
    }
}
