extension QuantileDistribution {
    /// The probability of a redshift on a grid, from its first point to its last.
    package func mass(inside grid: RedshiftGrid) -> Double {
        cumulative(at: grid.upper) - cumulative(at: grid.lower)
    }

    /// Densities at grid points, as qp's `interp` reads them: linear between grid points, 0 outside.
    ///
    /// At each grid point it is the mean density from half a step below to half a step above, as far as the grid
    /// reaches: nothing that is narrower than a step falls between grid points. What lies outside of the grid is cut,
    /// and the integral over the grid (trapezoids, exact for `interp`) is 1 but for rounding to single precision. NaN
    /// when nothing lies on the grid.
    ///
    /// - Parameter densities: Room for one at each grid point.
    package func interpolated(on grid: RedshiftGrid, into densities: UnsafeMutableBufferPointer<Float>) {
        precondition(densities.count == grid.count, "a density for each grid point")
        let half = grid.step / 2
        fill(densities, inside: grid) {
            $0 == 0 ? grid.lower : $0 == grid.count ? grid.upper : grid.value($0) - half
        }
    }

    /// Mean densities between neighbouring grid points, as qp's `hist` reads them.
    ///
    /// What lies outside of the grid is cut, and the integral over the grid is 1 but for rounding to single precision.
    /// NaN when nothing lies on the grid.
    ///
    /// - Parameter densities: Room for one between any two neighbours: one less than there are grid points.
    package func histogram(on grid: RedshiftGrid, into densities: UnsafeMutableBufferPointer<Float>) {
        precondition(densities.count == grid.count - 1, "a density between grid points")
        fill(densities, inside: grid) { grid.value($0) }
    }

    /// Mean densities between ascending edges, divided by the probability of the whole grid.
    private func fill(
        _ densities: UnsafeMutableBufferPointer<Float>, inside grid: RedshiftGrid, edge: (Int) -> Double
    ) {
        let mass = mass(inside: grid)
        guard mass > 0 else {
            densities.update(repeating: .nan)
            return
        }
        var from = edge(0)
        var stretch = lastLocation(at: from)
        var below = cumulative(at: from, onStretch: stretch)
        for index in densities.indices {
            let to = edge(index + 1)
            while stretch < 28, locations[stretch + 1] <= to { stretch += 1 }
            let upTo = cumulative(at: to, onStretch: stretch)
            densities[index] = Float((upTo - below) / ((to - from) * mass))
            (from, below) = (to, upTo)
        }
    }
}
