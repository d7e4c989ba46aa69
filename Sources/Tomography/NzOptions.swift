import PhotozDistributions
import Survey

/// How galaxies are dealt to tomographic bins.
package enum TomographyChoice: Sendable, Equatable {
    /// Between these redshifts, two at least, ascending.
    case edges([Double])
    /// So many bins with equally many galaxies each.
    case equal(Int)

    /// How many bins.
    var count: Int {
        switch self {
        case .edges(let edges): edges.count - 1
        case .equal(let count): count
        }
    }
}

/// In which form n(z) is written: see `qp`.
package enum StackForm: String, CaseIterable, Sendable {
    /// Densities at the points of the grid, linear between them.
    case interp
    /// Densities between the points of the grid.
    case hist
}

/// The redshift by which a galaxy is dealt to a bin: a column of the distributions' `ancil`.
package enum PointEstimate: String, CaseIterable, Sendable {
    case zmode, zmedian, zmean
}

/// What `photoz nz` is to do.
package struct NzOptions: Sendable {
    /// A folder of results with `pz.hdf5` in it, or a file of distributions.
    package var source: String
    /// Where n(z) goes; nil for `nz.hdf5` beside the distributions.
    package var output: String?
    package var bins: TomographyChoice
    package var grid: RedshiftGrid
    package var form: StackForm
    package var estimate: PointEstimate
    /// Galaxies with any of these flags are left out.
    package var leftOut: GalaxyFlags
    /// How often galaxies are drawn anew for the errors; 0 for no errors.
    package var resamples: Int
    /// Of the random numbers for the errors.
    package var seed: UInt64
    /// The program's version, for the record.
    package var version: String

    /// - Parameters: As the properties.
    package init(
        source: String, output: String?, bins: TomographyChoice, grid: RedshiftGrid, form: StackForm,
        estimate: PointEstimate, leftOut: GalaxyFlags, resamples: Int, seed: UInt64, version: String
    ) {
        (self.source, self.output, self.bins, self.grid) = (source, output, bins, grid)
        (self.form, self.estimate, self.leftOut) = (form, estimate, leftOut)
        (self.resamples, self.seed, self.version) = (resamples, seed, version)
    }

    /// The most bins.
    package static let mostBins = 100
}

extension StackForm {
    /// The edges of the cells that distributions are stacked in. A density at a grid point is the mean over the cell
    /// around it, half as wide at both ends: then the integral over the linear pieces is that over the cells.
    func edges(of grid: RedshiftGrid) -> [Double] {
        let points = grid.values
        guard self == .interp else { return points }
        return [points[0]] + zip(points, points.dropFirst()).map { ($0 + $1) / 2 } + [points[points.count - 1]]
    }
}
