import PhotozDistributions

/// How `pz.hdf5` holds distributions: one of the parameterisations of qp.
package enum DistributionForm: Sendable, Equatable, CustomStringConvertible {
    /// The redshifts of fixed quantiles (`quant`), which lose nothing.
    case quantiles
    /// Densities at the points of a grid (`interp`).
    case interpolated(RedshiftGrid)
    /// Mean densities between the points of a grid (`hist`).
    case histogram(RedshiftGrid)

    /// qp's name of it.
    package var name: String {
        switch self {
        case .quantiles: "quant"
        case .interpolated: "interp"
        case .histogram: "hist"
        }
    }

    /// The grid; nil for quantiles, which need none.
    package var grid: RedshiftGrid? {
        switch self {
        case .quantiles: nil
        case .interpolated(let grid), .histogram(let grid): grid
        }
    }

    /// The form and its grid, as a command gives them.
    package var description: String { grid.map { "\(name) \($0)" } ?? name }

    /// Numbers of a galaxy.
    var count: Int {
        switch self {
        case .quantiles: QuantileLevels.count
        case .interpolated(let grid): grid.count
        case .histogram(let grid): grid.count - 1
        }
    }

    /// The data set that holds them, as qp names it.
    var dataName: String {
        switch self {
        case .quantiles: "locs"
        case .interpolated: "yvals"
        case .histogram: "pdfs"
        }
    }

    /// What its rows are, for whoever opens the file.
    var meaning: String {
        switch self {
        case .quantiles:
            "redshifts below which the galaxy's lies with the probabilities meta/quants, the density constant between them; below -1 for a galaxy that has no redshift, of which ancil/zmode is NaN"
        case .interpolated:
            "density of the galaxy's redshift at meta/xvals, linear between them; NaN where there is none"
        case .histogram: "mean density of the galaxy's redshift between neighbouring meta/bins; NaN where there is none"
        }
    }

    /// What stands for a galaxy that has no redshift: no numbers, or for quantiles redshifts that cannot be, since qp
    /// takes no file in which one of these is no number or two are the same.
    var blank: [Float] {
        switch self {
        case .quantiles: QuantileLevels.all.map { Float($0 - 2) }
        case .interpolated, .histogram: .init(repeating: .nan, count: count)
        }
    }

    /// Puts a distribution into this form.
    ///
    /// - Parameters:
    ///   - locations: Of the quantiles, one for each of ``QuantileLevels``.
    ///   - row: ``count`` numbers.
    func write(_ locations: UnsafeBufferPointer<Float>, into row: UnsafeMutableBufferPointer<Float>) {
        switch self {
        case .quantiles: _ = row.update(from: locations)
        case .interpolated(let grid): QuantileDistribution(locations).interpolated(on: grid, into: row)
        case .histogram(let grid): QuantileDistribution(locations).histogram(on: grid, into: row)
        }
    }
}
