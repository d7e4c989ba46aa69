import Collectives
import HDF5
import PhotozDistributions

/// The numbers of a calibration as data sets of a file. One without elements is left out.
extension CalibrationNumbers {
    /// An array as it stands in a file.
    private struct Column<Element> {
        let name: String
        let values: WritableKeyPath<CalibrationNumbers, [Element]>
        let shape: [Int]
        let description: String
    }

    private var floats: [Column<Float>] {
        let parts = parts.map(Int.init)
        func edges(_ depth: Int) -> [Int] {
            parts.count > depth ? Array(parts[..<depth]) + [parts[depth] - 1] : []
        }
        return [
            Column(
                name: "ranges", values: \.ranges, shape: [2 * bands, 2],
                description:
                    "smallest and largest labelled value of the predicted redshift, of each magnitude, of each colour"),
            Column(
                name: "redshift_edges", values: \.redshiftEdges, shape: edges(0),
                description: "where the predicted redshift is cut; a galaxy on an edge is above it"),
            Column(
                name: "magnitude_edges", values: \.magnitudeEdges, shape: edges(1),
                description: "where the middle band's magnitude is cut in each part of the redshift"),
            Column(
                name: "colour_edges", values: \.colourEdges, shape: edges(2),
                description:
                    "where the colour (the band before the middle one less the middle one) is cut in each part of the magnitude"
            ),
            Column(
                name: "residual_quantiles", values: \.residualQuantiles, shape: parts + [QuantileLevels.count],
                description:
                    "(redshift - predicted) / (1 + predicted) at quantile_levels, with the method smooth divided by the scale"
            ),
            Column(
                name: "scale_limits", values: \.scaleLimits, shape: [scaleLimits.count / 2, 2],
                description: "where inputs of the scale (predicted redshift, middle magnitude, colours) are held"),
        ]
    }

    private var doubles: [Column<Double>] {
        [
            Column(
                name: "scale_centres", values: \.scaleCentres, shape: [scaleCentres.count],
                description: "what is taken off each input of the scale"),
            Column(
                name: "scale_widths", values: \.scaleWidths, shape: [scaleWidths.count],
                description: "what each input of the scale is divided by then"),
            Column(
                name: "scale_knots", values: \.scaleKnots, shape: [scaleKnots.count],
                description: "where hinges of predicted redshift and middle magnitude begin, standardised"),
            Column(
                name: "scale_coefficients", values: \.scaleCoefficients, shape: [scaleCoefficients.count],
                description:
                    "of the scale's natural logarithm: constant, each input, products of two inputs, hinges"),
            Column(
                name: "scale_bounds", values: \.scaleBounds, shape: [scaleBounds.count],
                description: "between what the scale's natural logarithm is held"),
        ]
    }

    private var integers: [Column<Int64>] {
        [
            Column(
                name: "parts", values: \.parts, shape: [parts.count],
                description: "how many parts redshift, magnitude and colour are cut into"),
            Column(
                name: "cell_counts", values: \.cellCounts, shape: parts.map(Int.init),
                description: "labelled galaxies of each cell; 0 where no galaxy can be"),
        ]
    }

    // MARK: Files

    /// Writes them to the root of a file.
    ///
    /// - Throws: `HDF5Error` when they cannot be written.
    func write(to file: File) throws {
        for column in integers { try write(column, to: file) }
        for column in floats { try write(column, to: file) }
        for column in doubles { try write(column, to: file) }
        let levels = try file.createDataset("quantile_levels", of: Double.self, shape: [QuantileLevels.count])
        try levels.write(rows: 0..<QuantileLevels.count, from: QuantileLevels.all)
        try levels.setAttribute("description", "levels of residual_quantiles")
    }

    private func write<T: Scalar>(_ column: Column<T>, to file: File) throws {
        let values = self[keyPath: column.values]
        guard !values.isEmpty else { return }
        let dataset = try file.createDataset(column.name, of: T.self, shape: column.shape)
        try dataset.write(rows: 0..<column.shape[0], from: values)
        try dataset.setAttribute("description", column.description)
    }

    /// Reads them, whatever they are: `Calibration` looks at what they say.
    ///
    /// - Parameters:
    ///   - file: A calibration.
    ///   - summary: What it says beside them.
    /// - Throws: `HDF5Error` when one cannot be read.
    init(_ file: File, _ summary: CalibrationSummary) throws {
        self.init(summary)
        for column in integers { try read(column, of: file) }
        for column in floats { try read(column, of: file) }
        for column in doubles { try read(column, of: file) }
    }

    private mutating func read<T: Scalar>(_ column: Column<T>, of file: File) throws {
        guard file.contains(column.name) else { return }
        self[keyPath: column.values] = try file.dataset(column.name).readAll()
    }

    /// None yet.
    private init(_ summary: CalibrationSummary) {
        self.init(
            method: summary.method, bands: summary.bands, ranges: [], parts: [], redshiftEdges: [],
            magnitudeEdges: [], colourEdges: [], cellCounts: [], residualQuantiles: [], scaleLimits: [],
            scaleCentres: [], scaleWidths: [], scaleKnots: [], scaleCoefficients: [], scaleBounds: [])
    }

    // MARK: Ranks

    /// Rank 0's numbers on every rank; the others give nil. Every rank calls it.
    ///
    /// - Throws: A communication error.
    init(_ numbers: CalibrationNumbers?, _ summary: CalibrationSummary, on world: Communicator) throws {
        self.init(summary)
        for column in integers { try receive(column, numbers, on: world) }
        for column in floats { try receive(column, numbers, on: world) }
        for column in doubles { try receive(column, numbers, on: world) }
    }

    private mutating func receive<T: BitwiseCopyable>(
        _ column: Column<T>, _ numbers: CalibrationNumbers?, on world: Communicator
    ) throws {
        self[keyPath: column.values] = try world.broadcast(numbers.map { $0[keyPath: column.values] }, root: 0)
    }
}
