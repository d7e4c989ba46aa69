import PhotozDistributions
import TestSupport
import Testing

/// Where galaxies get their distribution from, and the locations that are written.
@Suite struct PlaceTests {
    private static let labelled = SyntheticGalaxies.draw(6000, seed: 1)
    private static let calibrations = CalibrationMethod.allCases.map {
        try! Calibration(fitting: labelled, CalibrationSettings(method: $0))
    }

    private func place(_ calibration: Calibration, _ redshift: Float, _ magnitudes: [Float]) -> CalibratedPlace {
        magnitudes.withUnsafeBufferPointer { calibration.place(redshift: redshift, magnitudes: $0) }
    }

    @Test func locationsAreResidualsTimesScale() throws {
        for calibration in Self.calibrations {
            for galaxy in 0..<500 {
                let place = calibration.place(Self.labelled, galaxy)
                #expect(calibration.method == .smooth || place.scale == 1)
                #expect(!place.isOutside)
                let z = Self.labelled.predicted[galaxy]
                let locations = calibration.locations(redshift: z, place)
                #expect(zip(locations, locations.dropFirst()).allSatisfy(<))
                for level in 0..<29 {
                    let r = Double(calibration.numbers.residualQuantiles[Int(place.cell) * 29 + level])
                    let expected = Double(z) + r * Double(place.scale) * (1 + Double(z))
                    #expect(abs(Double(locations[level]) - expected) < 2e-5)
                }
            }
        }
    }

    /// The scale is what the spread of residuals was made of, but for a factor: the mean of |r| is 0.798 of it.
    @Test func theScaleIsTheSpread() {
        let calibration = Self.calibrations[1]
        #expect(calibration.method == .smooth)
        for galaxy in 0..<2000 {
            let magnitudes = Self.labelled.magnitudes(of: galaxy).map { Double($0) }
            let spread = SyntheticGalaxies.spread(
                redshift: Double(Self.labelled.predicted[galaxy]), magnitude: magnitudes[2],
                colour: magnitudes[1] - magnitudes[2])
            let ratio = Double(calibration.place(Self.labelled, galaxy).scale) / (0.798 * spread)
            #expect((0.7...1.4).contains(ratio))
        }
    }

    @Test func whatIsOutside() {
        for calibration in Self.calibrations {
            let ranges = calibration.ranges
            #expect(ranges.magnitudes.count == 5 && ranges.colours.count == 4)
            #expect(ranges.redshift.lowerBound == Self.labelled.predicted.min())
            #expect(ranges.redshift.upperBound == Self.labelled.predicted.max())
            let (z, usual) = (Self.labelled.predicted[7], Self.labelled.magnitudes(of: 7))
            #expect(!place(calibration, z, usual).isOutside)
            #expect(place(calibration, 0.5, usual).isOutside)
            #expect(place(calibration, -0.1, usual).isOutside)
            #expect(place(calibration, .nan, usual).isOutside)
            for band in 0..<5 {
                for wrong in [Float.nan, 12, 25, .infinity, -.infinity, -9999] {
                    var magnitudes = usual
                    magnitudes[band] = wrong
                    let place = place(calibration, z, magnitudes)
                    #expect(place.isOutside)
                    #expect(place.scale > 0 && place.scale.isFinite)
                    #expect(calibration.locations(redshift: z, place).allSatisfy { $0.isFinite })
                }
            }
            // Each magnitude as some have it, but a colour that none has.
            let colour = zip(usual, ranges.magnitudes).map { $0 + ($1.upperBound - $0) * 0.9 }
            #expect(place(calibration, z, Array(usual[..<2]) + Array(colour[2...])).isOutside)
        }
    }

    /// Strictly ascending in single precision, wherever the prediction is.
    @Test func locationsAscend() {
        for calibration in Self.calibrations {
            let place = calibration.place(Self.labelled, 3)
            for redshift in [-5, -1, -0.999, -0.5, 0, 1e-6, 0.1, 3, 20, 1000, 1e6, -1e6] as [Float] {
                let locations = calibration.locations(redshift: redshift, place)
                #expect(locations.allSatisfy { $0.isFinite })
                #expect(zip(locations, locations.dropFirst()).allSatisfy(<), "\(redshift)")
            }
            #expect(calibration.locations(redshift: .nan, place).allSatisfy { $0.isNaN })
        }
    }

    /// Most residuals the same: quantiles are equal, locations are not, and the density stays finite.
    @Test func equalQuantilesAreParted() throws {
        var labelled = Self.labelled
        for galaxy in 0..<labelled.count where galaxy % 10 != 0 {
            labelled.spectroscopic[galaxy] = labelled.predicted[galaxy]
        }
        for method in CalibrationMethod.allCases {
            let calibration = try Calibration(fitting: labelled, CalibrationSettings(method: method))
            for galaxy in 0..<100 {
                let locations = calibration.locations(
                    redshift: labelled.predicted[galaxy], calibration.place(labelled, galaxy))
                #expect(zip(locations, locations.dropFirst()).allSatisfy { $1 - $0 > 0.9e-5 })
                let loss = QuantileDistribution(locations: locations).scores(at: 0.1).cdeLoss
                #expect(loss.isFinite)
            }
        }
    }
}
