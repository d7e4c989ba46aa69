import Survey

/// What is known of some neighbouring galaxies when the network has seen them.
package struct BatchFindings {
    /// Their places in the data set.
    let galaxies: Range<Int>
    /// Photometric redshifts; NaN for a galaxy that has none, as its flags say.
    var predictions: [Float]
    /// Spectroscopic redshifts, NaN where unknown.
    var redshifts: [Float]
    /// Magnitudes in the reference band.
    var magnitudes: [Float]
    /// Mean and scatter of the redshifts of all views; empty without views.
    var means: [Float] = []
    var scatters: [Float] = []
    /// What is odd about each.
    var flags: [GalaxyFlags]

    /// Columns of ``columns``.
    package static func columnCount(hasViews: Bool) -> Int { hasViews ? 6 : 4 }

    /// The numbers of each galaxy, for the journal; flags as the bits of a number, which nobody computes with.
    var columns: [[Float]] {
        let views = means.isEmpty ? [] : [means, scatters]
        return [predictions, redshifts, magnitudes] + views + [flags.map { Float(bitPattern: $0.rawValue) }]
    }

    /// What ``columns`` gave, of all or of some of the galaxies.
    package init(galaxies: Range<Int>, columns: [[Float]]) {
        self.galaxies = galaxies
        (predictions, redshifts, magnitudes) = (columns[0], columns[1], columns[2])
        if columns.count == Self.columnCount(hasViews: true) { (means, scatters) = (columns[3], columns[4]) }
        flags = columns[columns.count - 1].map { GalaxyFlags(rawValue: $0.bitPattern) }
    }

    /// BatchFindings without views.
    init(
        galaxies: Range<Int>, predictions: [Float], redshifts: [Float], magnitudes: [Float], flags: [GalaxyFlags]
    ) {
        self.galaxies = galaxies
        self.predictions = predictions
        self.redshifts = redshifts
        self.magnitudes = magnitudes
        self.flags = flags
    }

    /// Those of some of the galaxies.
    func part(_ part: Range<Int>) -> BatchFindings {
        let places = part.lowerBound - galaxies.lowerBound..<part.upperBound - galaxies.lowerBound
        return BatchFindings(galaxies: part, columns: columns.map { Array($0[places]) })
    }
}
