import Costs
import FoundationEssentials
import HDF5

/// What a finished run left in its folder, as far as a report shows it.
struct RunRecord {
    /// `Results.json`.
    struct Results: Decodable {
        struct WallTime: Decodable {
            let total: Double
            let startup: Double
            let load: Double
            let inference: Double
            let reduce: Double
            let write: Double
        }

        struct Provenance: Decodable {
            let version: String
            let commandLine: [String]
            let weights: String
            let weightsHash: String
            let hosts: [String]
            let mpi: String
            let hdf5: String
            let instructionSet: String
            let threads: Int
            let shard: String
            let start: String
            let end: String

            enum CodingKeys: String, CodingKey {
                case version, weights, hosts, mpi, hdf5, threads, shard
                case commandLine = "command_line"
                case weightsHash = "weights_sha256"
                case instructionSet = "instruction_set"
                case start = "start_utc"
                case end = "end_utc"
            }
        }

        /// Metrics between two edges of redshift or magnitude.
        struct Bin: Decodable {
            let from: Double
            let to: Double
            let count: Int
            let bias: Double?
            let sigmaMAD: Double?
            let outliers: Double?

            enum CodingKeys: String, CodingKey {
                case from, to
                case count = "N"
                case bias = "Bias"
                case sigmaMAD = "sigma_mad"
                case outliers = "outlier_fraction_0.15"
            }
        }

        struct Bins: Decodable {
            let redshift: [Bin]
            let magnitude: [Bin]
        }

        struct Missing: Decodable {
            let magnitudes: Int
            let redshifts: Int
        }

        struct Calibration: Decodable {
            let views: Int
            let withinOne: Double?
            let withinTwo: Double?

            enum CodingKeys: String, CodingKey {
                case views
                case withinOne = "within_1_sigma"
                case withinTwo = "within_2_sigma"
            }
        }

        let worldSize: Int
        let samples: Int
        let partitions: Int
        let batchSize: Int
        let precision: String
        let processorTime: Double
        let samplesPerSecond: Double
        let wallTime: WallTime
        /// By the names of `Results.json`; null where there is nothing to tell.
        let metrics: [String: Double?]?
        let bins: Bins?
        let calibration: Calibration?
        /// Missing in results of earlier versions.
        let missing: Missing?
        /// Missing in results of earlier versions.
        let cost: RunCost?
        let provenance: Provenance

        enum CodingKeys: String, CodingKey {
            case precision, metrics, provenance, cost, missing
            case bins = "metrics_in_bins"
            case calibration = "uncertainty"
            case worldSize = "world_size"
            case samples = "num_samples"
            case partitions = "num_partitions"
            case batchSize = "batch_size"
            case processorTime = "total_cpu_time (seconds)"
            case samplesPerSecond = "sample_persec"
            case wallTime = "wall_time (seconds)"
        }
    }

    /// An entry of `combined_data.json`; the times are missing in files of other systems.
    struct Rank: Decodable {
        let inference: Double?
        let readWait: Double?
        let samples: Int?

        enum CodingKeys: String, CodingKey {
            case inference = "inference_time (seconds)"
            case readWait = "read_wait (seconds)"
            case samples = "num_samples"
        }
    }

    let folder: String
    let results: Results
    let ranks: [Rank]

    /// Reads the JSON files of a result folder.
    ///
    /// - Throws: ``ReportError`` when one is missing or is not what `photoz run` writes.
    init(folder: String) throws(ReportError) {
        self.folder = folder
        results = try Self.decode("Results.json", in: folder)
        ranks = try Self.decode("combined_data.json", in: folder)
    }

    private static func decode<T: Decodable>(_ name: String, in folder: String) throws(ReportError) -> T {
        let path = folder + "/" + name
        guard FileManager.default.fileExists(atPath: folder) else {
            throw ReportError(.missing, "\(folder): there is no such folder; give the --output of a photoz run")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ReportError(
                .missing, "\(path): cannot be read; is this the --output of a photoz run that came to its end?")
        }
        do {
            return try JSONDecoder().decode(T.self, from: data)
        } catch DecodingError.keyNotFound(let key, _) {
            throw ReportError(
                .damaged, "\(path): has no \"\(key.stringValue)\"; a report needs the results of photoz run")
        } catch {
            throw ReportError(.damaged, "\(path): is not what photoz run writes (\(error)); run again")
        }
    }
}
