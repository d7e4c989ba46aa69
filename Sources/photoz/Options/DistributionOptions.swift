import ArgumentParser
import PhotozDistributions
import PhotozJob

/// Which distributions a run makes, and how it writes them.
struct DistributionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Write a redshift distribution p(z) for each galaxy to pz.hdf5, and intervals to the predictions, with this file from photoz calibrate. It must be made for the same weights, precision and views.",
            valueName: "file"))
    var calibration: String?

    @Option(
        help: ArgumentHelp(
            "What pz.hdf5 holds, by qp's names: quantiles (quant, which loses nothing), densities at the points of --grid (interp), or mean densities between them (hist) (default: quant).",
            valueName: "form"))
    var pdf: FormName?

    @Option(
        help: ArgumentHelp(
            "The redshift grid of --pdf interp and hist: first, last and number of points, such as 0:2:301. Probability outside of the grid is cut off.",
            valueName: "grid"))
    var grid: RedshiftGrid?

    /// The forms by qp's names.
    enum FormName: String, ExpressibleByArgument, CaseIterable {
        case quant, interp, hist
    }

    func validate() throws {
        guard calibration != nil || pdf == nil && grid == nil else {
            throw ValidationError("--pdf and --grid say how distributions are written, which --calibration makes.")
        }
        if let pdf, pdf != .quant {
            guard grid != nil else { throw ValidationError("--pdf \(pdf.rawValue) needs --grid, such as 0:2:301.") }
        } else if grid != nil {
            throw ValidationError("--grid is for --pdf interp and hist: quantiles need none.")
        }
    }

    /// The form that is asked for.
    var form: DistributionForm {
        switch (pdf, grid) {
        case (.interp, let grid?): .interpolated(grid)
        case (.hist, let grid?): .histogram(grid)
        default: .quantiles
        }
    }
}

extension RedshiftGrid: ExpressibleByArgument {
    /// As it is written.
    package init?(argument: String) { self.init(argument) }
}

/// How many views of each galaxy are predicted.
struct ViewOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Predict this many (2 to 8) mirrored and rotated views of each image: the redshift is their mean, and their scatter is written too. Takes as many times longer.",
            valueName: "count"))
    private var views: Int?

    /// Views of each image, 1 unless asked for.
    var count: Int { views ?? 1 }

    func validate() throws {
        if let views, !(2...8).contains(views) { throw ValidationError("--views must be 2 to 8.") }
    }
}
