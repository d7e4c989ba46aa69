/// What `Results.json` says of how well redshifts and their distributions agree with spectroscopy.
extension RunRecord.Results {
    /// What metrics say, of all galaxies or of those between two edges of a quantity.
    struct Scores {
        /// The share of galaxies within a central interval.
        struct Coverage {
            let level: Double
            let fraction: Double
            let error: Double?
        }

        /// Galaxies: a whole number, unless the file is damaged.
        let count: Double
        /// Numbers by the names of `Results.json`; what is null is not there.
        let values: [String: Double]
        /// Of central intervals of distributions; empty where there are none.
        var coverage: [Coverage] = []
        /// Galaxies in equal bins of the probability integral transform; empty where there are none.
        var transform: [Int] = []

        /// Galaxies in all of these bins.
        var transformed: Double { transform.reduce(0) { $0 + Double($1) } }

        subscript(name: String) -> Double? { values[name] }
        /// The bootstrap error of a metric; nil where the results have none.
        func error(of name: String) -> Double? { values[name + "_error"] }
    }

    /// Metrics between two edges.
    struct Bin {
        let from: Double
        let to: Double
        let scores: Scores
    }

    /// What galaxies are binned by, by the names of `Results.json`.
    enum Variable: String, CaseIterable {
        case redshift
        case predicted = "redshift_predicted"
        case magnitude
    }

    /// Calibrated distributions of the redshifts.
    struct Distributions {
        struct Calibration {
            let file: String
            let hash: String
            let method: String?
            let labelled: Int?
            let cells: Int?
            let created: String?
        }

        let calibration: Calibration
        let form: String
        let grid: String?
        /// Galaxies outside of what the calibration was made with.
        let outside: Int?
        /// Galaxies of which the grid cuts a part off; nil without a grid.
        let cut: Int?
        /// Nil without spectroscopic redshifts.
        let scores: Scores?
        let bins: [Variable: [Bin]]
    }
}
