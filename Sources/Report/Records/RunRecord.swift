import Glibc
import PhotozCosts
import PhotozRecords

/// What a finished run left in its folder, as far as a report shows it.
struct RunRecord {
    /// `Results.json`.
    struct Results {
        struct WallTime {
            let total: Double
            let startup: Double
            let load: Double
            let inference: Double
            let reduce: Double
            let write: Double
        }

        struct Provenance {
            let version: String
            let commandLine: [String]
            let weights: String
            let weightsHash: String
            /// What the weights say of themselves; nil where they or the results do not.
            let weightsDescription: String?
            /// What weights that are a demonstration must not be used for; nil for others.
            let weightsDemonstration: String?
            /// What `--data` named; missing in results of other programs.
            let data: [String]?
            /// What its paths are relative to; missing in results of earlier versions.
            let workingDirectory: String?
            /// The partitions' names in the folder of data, or their paths; missing in results of earlier versions.
            let partitions: [String]?
            let hosts: [String]
            let mpi: String
            let hdf5: String
            let instructionSet: String
            let threads: Int
            let shard: String
            /// Missing in results of earlier versions.
            let schedule: String?
            let start: String
            let end: String
        }

        struct Missing {
            let magnitudes: Int
            let redshifts: Int
        }

        /// What was left out because it could not be read.
        struct Skipped {
            struct Rows {
                let file: String
                /// Nil for a whole partition.
                let firstRow: Int?
                let rows: Int?
                let reason: String
            }

            let galaxies: Int
            let files: [Rows]
            let rows: [Rows]
        }

        /// What earlier versions said of the scatter over views.
        struct Views {
            let count: Int
            let withinOne: Double?
            let withinTwo: Double?
        }

        let worldSize: Int
        let samples: Int
        let partitions: Int
        let batchSize: Int
        let precision: String
        let processorTime: Double
        let samplesPerSecond: Double
        let wallTime: WallTime
        /// Nil without spectroscopic redshifts.
        let metrics: Scores?
        /// Missing in results of earlier versions, or some of them.
        let bins: [Variable: [Bin]]
        /// Nil where the run made none.
        let distributions: Distributions?
        /// Only in results of earlier versions.
        let views: Views?
        /// Views that redshifts are the mean over; missing in results of other programs.
        let viewCount: Int?
        /// Missing in results of earlier versions.
        let skipped: Skipped?
        /// Missing in results of earlier versions.
        let missing: Missing?
        /// Galaxies with each flag, by its name. Missing in results of earlier versions.
        let flags: [String: Int]?
        /// What the run warned of. Missing in results of earlier versions.
        let warnings: [String]?
        /// Missing in results of earlier versions.
        let cost: RunCost?
        /// Galaxies that earlier attempts did.
        let resumed: Int?
        /// Rank 0's; missing in results of other programs.
        let processor: String?
        /// In the order of the magnitudes; nil where the run did not know them.
        let bands: [String]?
        let provenance: Provenance
    }

    /// An entry of `combined_data.json`; the times are missing in files of other systems.
    struct Rank {
        let inference: Double?
        let readWait: Double?
        let samples: Int?
    }

    let folder: String
    let results: Results
    let ranks: [Rank]

    private static let advice = "a report needs the results of a photoz run that came to its end"

    /// Reads the JSON files of a result folder.
    ///
    /// - Throws: ``ReportError`` when one is missing or is not what `photoz run` writes.
    init(folder: String) throws(ReportError) {
        self.folder = folder
        guard access(folder, F_OK) == 0 else {
            throw ReportError(.missing, "\(folder): there is no such folder; give the --output of a photoz run")
        }
        results = try ResultFile.read("\(folder)/Results.json", advice: Self.advice, Results.init)
        ranks = try ResultFile.read("\(folder)/combined_data.json", advice: Self.advice) { root throws(RecordError) in
            try root.list().map { node throws(RecordError) in try Rank(node) }
        }
    }

    /// A page that shows each rank must not leave one out.
    ///
    /// - Throws: ``ReportError`` when there are more or fewer than `Results.json` says.
    func requireAllRanks() throws(ReportError) {
        guard ranks.count == results.worldSize else {
            throw ReportError(
                .damaged,
                "\(folder)/combined_data.json: has the entries of \(ranks.count) ranks, and Results.json tells of \(results.worldSize); \(Self.advice)"
            )
        }
    }
}
