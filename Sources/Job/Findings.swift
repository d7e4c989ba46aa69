/// What is known of some neighbouring galaxies when the network has seen them.
struct Findings {
    /// Their places in the data set.
    let galaxies: Range<Int>
    /// Photometric redshifts; NaN for a galaxy that lacks a magnitude or was left out.
    var predictions: [Float]
    /// Spectroscopic redshifts, NaN where unknown.
    var redshifts: [Float]
    /// Magnitudes in the reference band.
    var magnitudes: [Float]
    /// Mean and scatter of the redshifts of all views; empty without views.
    var means: [Float] = []
    var scatters: [Float] = []
    /// Whether it has no redshift because it lacks a magnitude.
    var isIncomplete: [Bool]
    /// Galaxies whose spectroscopic redshift was a sentinel.
    var missingRedshifts = 0

    /// Columns of ``columns``.
    static func columnCount(hasViews: Bool) -> Int { hasViews ? 6 : 4 }

    /// The numbers of each galaxy, for the journal.
    var columns: [[Float]] {
        let views = means.isEmpty ? [] : [means, scatters]
        return [predictions, redshifts, magnitudes] + views + [isIncomplete.map { $0 ? 1 : 0 }]
    }

    /// What ``columns`` gave, of all or of some of the galaxies.
    init(galaxies: Range<Int>, columns: [[Float]], missingRedshifts: Int) {
        self.galaxies = galaxies
        (predictions, redshifts, magnitudes) = (columns[0], columns[1], columns[2])
        if columns.count == Self.columnCount(hasViews: true) { (means, scatters) = (columns[3], columns[4]) }
        isIncomplete = columns[columns.count - 1].map { $0 != 0 }
        self.missingRedshifts = missingRedshifts
    }

    /// Findings without views.
    init(
        galaxies: Range<Int>, predictions: [Float], redshifts: [Float], magnitudes: [Float], isIncomplete: [Bool],
        missingRedshifts: Int
    ) {
        self.galaxies = galaxies
        self.predictions = predictions
        self.redshifts = redshifts
        self.magnitudes = magnitudes
        self.isIncomplete = isIncomplete
        self.missingRedshifts = missingRedshifts
    }

    /// Those of some of the galaxies. The first galaxy carries the number of missing redshifts.
    func part(_ part: Range<Int>) -> Findings {
        let places = part.lowerBound - galaxies.lowerBound..<part.upperBound - galaxies.lowerBound
        return Findings(
            galaxies: part, columns: columns.map { Array($0[places]) },
            missingRedshifts: places.lowerBound == 0 ? missingRedshifts : 0)
    }
}
