/// What turns photometric redshifts of a network into distributions that keep their word: residuals of labelled
/// galaxies, in cells of galaxies that are alike (Mondrian split-conformal prediction: Vovk et al. 2005, "Algorithmic
/// learning in a random world"; Lei et al. 2018, JASA 113, 1094).
///
/// The residual is r = (z_spec - z_phot)/(1 + z_phot). A galaxy's location for level q is z_phot + r_q s (1 + z_phot),
/// with r_q of its cell and s its scale (1 for `cells`). If galaxies are exchangeable with the labelled ones of their
/// cell (drawn from the same population, and the network trained on neither), the redshift is up to that location with
/// a probability of at least q and less than q + 1/(n + 1), n the labelled galaxies of the cell, for any network and
/// any number of galaxies; ties and weights loosen the upper limit.
///
/// Where 1 + z_phot is below 0.01, 0.01 stands in its place, in residuals as in locations. Locations below z = 0 are
/// left as they are.
package struct Calibration: Sendable, Equatable {
    /// How galaxies are grouped.
    package let method: CalibrationMethod
    let inputs: CalibrationInputs
    /// What labelled galaxies cover.
    let limits: InputLimits
    let grid: CellGrid
    /// Labelled galaxies of each cell.
    let counts: [Int]
    /// r_q, [cells, levels], not decreasing along levels.
    let quantiles: [Float]
    /// For `smooth` alone.
    let scale: ScaleModel?

    /// Of the network.
    package var bands: Int { inputs.bands }
    /// How many cells have galaxies.
    package var cellCount: Int { counts.count { $0 > 0 } }
    /// The fewest labelled galaxies of a cell: the guarantee of no cell is wider than one in this and one more.
    package var smallestCellCount: Int { counts.filter { $0 > 0 }.min() ?? 0 }
    /// The most labelled galaxies of a cell.
    package var largestCellCount: Int { counts.max() ?? 0 }
    /// How many labelled galaxies the cells have: with `smooth`, those that the scale was not fitted to.
    package var galaxiesInCells: Int { counts.reduce(0, +) }

    /// What was labelled, from the smallest to the largest value.
    package var ranges: CalibrationRanges {
        CalibrationRanges(
            redshift: limits[0], magnitudes: (1...bands).map { limits[$0] },
            colours: (bands + 1..<inputs.all).map { limits[$0] })
    }

    /// The cell and scale of a galaxy.
    ///
    /// - Parameters:
    ///   - redshift: The network's prediction.
    ///   - magnitudes: In the network's bands; those that are no numbers are taken for bright ones of the labelled
    ///     galaxies, and the galaxy is outside.
    package func place(redshift: Float, magnitudes: UnsafeBufferPointer<Float>) -> CalibratedPlace {
        precondition(magnitudes.count == inputs.bands, "a magnitude in each band of the network")
        let colour = inputs.cellColour.map { magnitudes[$0] - magnitudes[$0 + 1] } ?? 0
        let cell = grid.cell(redshift: redshift, magnitude: magnitudes[inputs.middle], colour: colour)
        return CalibratedPlace(
            cell: Int32(cell), scale: scale?.scale(redshift: redshift, magnitudes: magnitudes) ?? 1,
            isOutside: !limits.hold(redshift: redshift, magnitudes: magnitudes, inputs))
    }

    /// No two neighbouring locations are nearer than this, times 1 + |z_phot|: a velocity of 3 km/s, below the error of
    /// any spectroscopic redshift. Densities are finite therefore, in single precision too.
    static let leastStretch = 1e-5

    /// Writes the 29 locations of a galaxy's distribution: z + r_q · scale · (1 + z).
    ///
    /// From the median outwards each location is at least ``leastStretch`` beyond the one before, and at least what
    /// single precision can tell apart. All are NaN when the redshift is.
    ///
    /// - Parameters:
    ///   - redshift: The network's prediction.
    ///   - cell: The galaxy's.
    ///   - scale: The galaxy's.
    ///   - locations: Room for 29.
    package func write(
        redshift: Float, cell: Int32, scale: Float, into locations: UnsafeMutableBufferPointer<Float>
    ) {
        precondition(locations.count == QuantileLevels.count, "room for a location of each level")
        precondition(counts.indices.contains(Int(cell)), "a cell that is none of this calibration")
        let z = Double(redshift)
        let factor = Double(scale) * LabelledGalaxies.breadth(z)
        quantiles.withUnsafeBufferPointer { quantiles in
            let first = Int(cell) * QuantileLevels.count
            for level in 0..<QuantileLevels.count {
                locations[level] = Float(z + Double(quantiles[first + level]) * factor)
            }
        }
        Self.part(locations, by: Float(Self.leastStretch * (1 + z.magnitude)))
    }

    private static func part(_ locations: UnsafeMutableBufferPointer<Float>, by least: Float) {
        var nearer = locations[QuantileLevels.median]
        for level in QuantileLevels.median + 1..<QuantileLevels.count {
            nearer = max(locations[level], nearer + max(least, nearer.magnitude * 0x1p-22))
            locations[level] = nearer
        }
        nearer = locations[QuantileLevels.median]
        for level in (0..<QuantileLevels.median).reversed() {
            nearer = min(locations[level], nearer - max(least, nearer.magnitude * 0x1p-22))
            locations[level] = nearer
        }
    }
}

extension InputLimits {
    /// Whether all inputs of a galaxy are numbers within these limits.
    fileprivate func hold(
        redshift: Float, magnitudes: UnsafeBufferPointer<Float>, _ inputs: CalibrationInputs
    ) -> Bool {
        for input in 0..<inputs.all {
            let value = inputs.value(input, redshift: redshift, magnitudes: magnitudes)
            guard value >= lower[input], value <= upper[input] else { return false }
        }
        return true
    }
}
