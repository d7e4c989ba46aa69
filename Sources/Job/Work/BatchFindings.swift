import Survey

/// What is known of some neighbouring galaxies when the network has seen them.
package struct BatchFindings {
    /// Their places in the data set.
    let galaxies: Range<Int>
    /// Photometric redshifts, with views the means over them; NaN for a galaxy that has none, as its flags say.
    var predictions: [Float]
    /// Spectroscopic redshifts, NaN where unknown.
    var redshifts: [Float]
    /// Magnitudes in the reference band.
    var magnitudes: [Float]
    /// Scatter of the redshifts of all views; empty without views.
    var scatters: [Float] = []
    /// Cell and scale of the calibration, which stand for a distribution; empty without one. A galaxy without a
    /// redshift has the cell -1.
    var cells: [Int32] = []
    var scales: [Float] = []
    /// What is odd about each.
    var flags: [GalaxyFlags]

    /// Findings without ``FoundColumns``.
    init(
        galaxies: Range<Int>, predictions: [Float], redshifts: [Float], magnitudes: [Float], flags: [GalaxyFlags]
    ) {
        self.galaxies = galaxies
        self.predictions = predictions
        self.redshifts = redshifts
        self.magnitudes = magnitudes
        self.flags = flags
    }
}
