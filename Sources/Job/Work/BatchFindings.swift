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

    /// Findings without views.
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
