import AstroMAE
import FoundationEssentials
import PhotozCosts
import PhotozMachine
import PhotozMetrics
import Survey

/// `Results.json`: what the whole run did, schema `photoz.results/1`.
struct JobResults: Encodable {
    /// A quantity over all ranks.
    struct Spread: Encodable {
        let min: Double
        let median: Double
        let max: Double
        let mean: Double
        let rankOfMax: Int

        enum CodingKeys: String, CodingKey {
            case min, median, max, mean
            case rankOfMax = "rank_of_max"
        }

        /// The spread of one value a rank, in rank order; at least one.
        init(_ values: [Double]) {
            let sorted = values.sorted()
            let middle = sorted.count / 2
            min = sorted[0]
            median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
            max = sorted[sorted.count - 1]
            mean = values.reduce(0, +) / Double(values.count)
            rankOfMax = values.firstIndex(of: max) ?? 0
        }
    }

    /// Wall time of the job's phases on rank 0, seconds.
    struct WallTime: Encodable {
        var total = 0.0
        /// What of `startup` MPI took to start.
        var mpi = 0.0
        var startup = 0.0
        var load = 0.0
        var inference = 0.0
        var reduce = 0.0
        var write = 0.0
    }

    /// Metrics in bins.
    struct Bins: Encodable {
        /// Of the predicted redshift.
        let predicted: [MetricsBin]
        /// Of the spectroscopic one.
        let redshift: [MetricsBin]
        /// Of the middle band: r.
        let magnitude: [MetricsBin]

        enum CodingKeys: String, CodingKey, CaseIterable {
            case predicted = "redshift_predicted"
            case redshift, magnitude
        }
    }

    /// Galaxies that lack a magnitude, or whose spectroscopic redshift is not known.
    struct Missing: Encodable {
        let magnitudes: Int
        let redshifts: Int
    }

    /// What was left out because it could not be read.
    struct Skipped: Encodable {
        /// Rows, which have no redshift in the predictions.
        let galaxies: Int
        /// Partitions that are no part of the data set.
        let files: [SkippedRows]
        let rows: [SkippedRows]

        enum CodingKeys: String, CodingKey {
            case files, rows
            case galaxies = "num_samples"
        }
    }

    /// Where the results come from.
    struct Provenance: Encodable {
        let version: String
        let commandLine: [String]
        /// Where the command was given: what its paths are relative to.
        let workingDirectory: String
        let weights: String
        let weightsHash: String
        /// How the packed weights came about.
        let weightsOrigin: WeightsOrigin?
        /// What the weights say of themselves.
        let weightsDescription: TextOrNull
        /// What weights that are a demonstration must not be used for.
        let weightsDemonstration: TextOrNull
        let data: [String]
        let partitions: TextList
        let hosts: [String]
        let mpi: String
        let hdf5: String
        let instructionSet: String
        /// How products of bfloat16 were computed; nil where there were none.
        let bfloat16: TextOrNull
        let threads: Int
        let shard: String
        let schedule: String
        /// Who wrote the predictions.
        let write: String
        let start: String
        let end: String
        /// What the numbers depend on: `--resume` compares it.
        let sources: RunSources?

        enum CodingKeys: String, CodingKey {
            case version, weights, data, partitions, hosts, mpi, hdf5, threads, shard, schedule, write, sources
            case commandLine = "command_line"
            case workingDirectory = "working_directory"
            case weightsHash = "weights_sha256"
            case weightsOrigin = "weights_from"
            case weightsDescription = "weights_description"
            case weightsDemonstration = "weights_demonstration"
            case instructionSet = "instruction_set"
            case bfloat16 = "bfloat16_products"
            case start = "start_utc"
            case end = "end_utc"
        }
    }

    let reports: [RankReport]
    let partitionCount: Int
    let batchSize: Int
    let precision: String
    var wallTime: WallTime
    let metrics: RedshiftMetrics?
    let bins: Bins?
    /// Views of each image.
    let views: Int
    /// Nil without a calibration.
    let distributions: DistributionResults?
    let flags: FlagCounts
    /// What the network was trained on.
    let training: TrainingRecord
    /// The bands in the network's order, where the weights name them.
    let bands: [String]?
    /// What the user was warned of.
    let warnings: [String]
    let cost: RunCost
    let skipped: Skipped
    let processor: Host.Processor
    let memory: Double
    let provenance: Provenance

    var samples: Int { reports.reduce(0) { $0 + $1.samples } }
    var batches: Int { reports.reduce(0) { $0 + $1.batches } }
    var processorTime: Double { reports.reduce(0) { $0 + $1.processorTime } }
    /// Galaxies a second over the wall time of the inference phase.
    var samplesPerSecond: Double { wallTime.inference > 0 ? Double(samples - resumed) / wallTime.inference : 0 }
    /// Galaxies that earlier attempts predicted.
    private var resumed: Int { reports.reduce(0) { $0 + $1.resumed } }

    enum CodingKeys: String, CodingKey {
        case schema, device, precision, views, metrics, distributions, provenance, ranks, bands
        case bins = "metrics_in_bins"
        case worldSize = "world_size"
        case samples = "num_samples"
        case partitions = "num_partitions"
        case batchSize = "batch_size"
        case batches = "num_batches"
        case processorTime = "total_cpu_time (seconds)"
        case memory = "total_cpu_memory (MB)"
        case perBatch = "execution_time (seconds/batch)"
        case throughput = "throughput_bps"
        case samplesPerSecond = "sample_persec"
        case wallTime = "wall_time (seconds)"
        case resumed = "resumed_samples"
        case cost, missing, skipped, flags, warnings
        case processor = "cpu_info"
        case machineMemory = "ram_info (GB)"
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode("photoz.results/1", forKey: .schema)
        try values.encode(reports.count, forKey: .worldSize)
        try values.encode(samples, forKey: .samples)
        try values.encode(partitionCount, forKey: .partitions)
        try values.encode(batchSize, forKey: .batchSize)
        try values.encode(batches, forKey: .batches)
        try values.encode("cpu", forKey: .device)
        try values.encode(precision, forKey: .precision)
        try values.encode(views, forKey: .views)
        // Null where the weights do not name them.
        try values.encode(bands, forKey: .bands)
        try values.encode(processorTime, forKey: .processorTime)
        try values.encode(reports.reduce(0) { $0 + $1.memory }, forKey: .memory)
        try values.encode(
            secondsPerBatch(processorTime, samples: samples - resumed, batchSize: batchSize), forKey: .perBatch)
        try values.encode(samplesPerSecond * Double(RankReport.bitsPerSample), forKey: .throughput)
        try values.encode(samplesPerSecond, forKey: .samplesPerSecond)
        try values.encode(wallTime, forKey: .wallTime)
        try values.encode(spreads, forKey: .ranks)
        // Present in every file, null without redshifts.
        if let metrics { try values.encode(metrics, forKey: .metrics) } else { try values.encodeNil(forKey: .metrics) }
        if let bins { try values.encode(bins, forKey: .bins) } else { try values.encodeNil(forKey: .bins) }
        // Null without a calibration.
        try values.encode(distributions, forKey: .distributions)
        try values.encode(resumed, forKey: .resumed)
        try values.encode(cost, forKey: .cost)
        try values.encode(skipped, forKey: .skipped)
        try values.encode(
            Missing(magnitudes: flags.magnitudeMissing, redshifts: flags[.redshiftMissing]), forKey: .missing)
        try values.encode(
            Dictionary(uniqueKeysWithValues: zip(GalaxyFlags.names, flags.each)), forKey: .flags)
        try values.encode(warnings, forKey: .warnings)
        try values.encode(processor, forKey: .processor)
        try values.encode(memory, forKey: .machineMemory)
        try values.encode(provenance, forKey: .provenance)
    }

    /// Each per-rank quantity over the ranks.
    private var spreads: [String: Spread] {
        func spread(_ value: (RankReport) -> Double) -> Spread { Spread(reports.map(value)) }
        return [
            "num_samples": spread { Double($0.samples) },
            "num_batches": spread { Double($0.batches) },
            "threads": spread { Double($0.threads) },
            "total_cpu_time (seconds)": spread(\.processorTime),
            "total_cpu_memory (MB)": spread(\.memory),
            "inference_time (seconds)": spread(\.wallTime),
            "read_wait (seconds)": spread(\.readWait),
            "idle_time (seconds)": spread(\.idle),
            "sample_persec": spread(\.samplesPerSecond),
        ]
    }
}
