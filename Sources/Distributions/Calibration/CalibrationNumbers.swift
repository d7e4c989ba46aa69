/// A calibration as plain arrays with names, for a file.
package struct CalibrationNumbers: Sendable, Equatable {
    /// How galaxies are grouped.
    package var method: CalibrationMethod
    /// Of the network.
    package var bands: Int
    /// [2 bands, 2]: the smallest and the largest labelled value of z_phot, of each magnitude, of each colour (a band's
    /// magnitude less that of the next band).
    package var ranges: [Float]
    /// [3]: how many parts z_phot, the middle band's magnitude and a colour (band before the middle one less the middle
    /// one) are cut into. Cells are an array of this shape.
    package var parts: [Int64]
    /// [parts - 1]: where z_phot is cut.
    package var redshiftEdges: [Float]
    /// [parts of z_phot, parts - 1]: where the magnitude is cut, infinite where it is not.
    package var magnitudeEdges: [Float]
    /// [parts of z_phot, parts of the magnitude, parts - 1]: where the colour is cut, infinite where it is not.
    package var colourEdges: [Float]
    /// [cells]: labelled galaxies; 0 in cells that no galaxy can be in.
    package var cellCounts: [Int64]
    /// [cells, 29]: residuals at the levels, divided by the scale with `smooth`.
    package var residualQuantiles: [Float]
    /// [1 + bands, 2]: where inputs of the scale (z_phot, the middle band's magnitude, each colour) are held; empty
    /// with `cells`, as all that follows.
    package var scaleLimits: [Float]
    /// [1 + bands]: what is taken off each input.
    package var scaleCentres: [Double]
    /// [1 + bands]: what each input is divided by then.
    package var scaleWidths: [Double]
    /// [2, 7]: where hinges of z_phot and of the magnitude begin, standardised; empty where galaxies were too few.
    package var scaleKnots: [Double]
    /// Of the terms of the scale's natural logarithm: the constant, each input, the products of two, the hinges.
    package var scaleCoefficients: [Double]
    /// [2]: between what the logarithm is held.
    package var scaleBounds: [Double]

    package init(
        method: CalibrationMethod, bands: Int, ranges: [Float], parts: [Int64], redshiftEdges: [Float],
        magnitudeEdges: [Float], colourEdges: [Float], cellCounts: [Int64], residualQuantiles: [Float],
        scaleLimits: [Float], scaleCentres: [Double], scaleWidths: [Double], scaleKnots: [Double],
        scaleCoefficients: [Double], scaleBounds: [Double]
    ) {
        (self.method, self.bands, self.ranges, self.parts) = (method, bands, ranges, parts)
        (self.redshiftEdges, self.magnitudeEdges, self.colourEdges) = (redshiftEdges, magnitudeEdges, colourEdges)
        (self.cellCounts, self.residualQuantiles) = (cellCounts, residualQuantiles)
        (self.scaleLimits, self.scaleCentres, self.scaleWidths) = (scaleLimits, scaleCentres, scaleWidths)
        (self.scaleKnots, self.scaleCoefficients, self.scaleBounds) = (scaleKnots, scaleCoefficients, scaleBounds)
    }
}
