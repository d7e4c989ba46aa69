import PhotozElementary

extension ScaleModel {
    /// Residuals smaller than this are taken for it: a velocity of 3 km/s, below the error of any redshift.
    private static let leastResidual = 1e-5
    /// Labelled galaxies that there have to be for each coefficient.
    private static let galaxiesPerTerm = 20

    /// The mean of |r| as a function of inputs: a generalised linear model of the gamma family with the logarithm as
    /// its link (McCullagh & Nelder 1989, chapter 8), which suits a spread that is proportional to its mean.
    ///
    /// It only has to be a good guess: what it gets wrong, the quantiles of r / scale in the cells make up for. Of
    /// weights, which make estimates noisy, it therefore takes no notice.
    ///
    /// - Parameters:
    ///   - members: The galaxies to fit it to, at least one.
    ///   - residuals: Of all galaxies.
    init(fitting galaxies: LabelledGalaxies, members: [Int], residuals: [Float], _ inputs: CalibrationInputs) {
        self.inputs = inputs
        var columns = (0..<inputs.scaling).map { input in
            members.map { galaxy in
                galaxies.withMagnitudes(of: galaxy) {
                    inputs.scalingValue(input, redshift: galaxies.predicted[galaxy], magnitudes: $0)
                }
            }
        }
        let limits = columns.map { column in
            let sorted = column.sorted()
            return (sorted[sorted.count / 1000], sorted[sorted.count - 1 - sorted.count / 1000])
        }
        lower = limits.map(\.0)
        upper = limits.map(\.1)
        var (centres, widths) = ([Double](), [Double]())
        var rows = [Double](repeating: 0, count: members.count * inputs.scaling)
        for input in columns.indices {
            for index in members.indices {
                columns[input][index] = min(max(columns[input][index], lower[input]), upper[input])
            }
            let (centre, width) = Self.standard(columns[input])
            for (index, value) in columns[input].enumerated() {
                rows[index * inputs.scaling + input] = (Double(value) - centre) / width
            }
            centres.append(centre)
            widths.append(width)
        }
        (self.centres, self.widths) = (centres, widths)
        terms = Self.terms(rows: rows, inputs: inputs.scaling)
        var model = GammaModel(
            terms, rows: rows, sizes: members.map { max(Double(residuals[$0].magnitude), Self.leastResidual) })
        model.fit()
        coefficients = model.coefficients
        let range = model.range
        lowest = max(range.lowest, Elementary.log(Self.leastResidual))
        highest = max(range.highest, lowest)
    }

    /// As many terms as there are galaxies for.
    ///
    /// - Parameter rows: Standardised inputs, [galaxies, inputs].
    private static func terms(rows: [Double], inputs: Int) -> ScaleTerms {
        let most = rows.count / inputs / galaxiesPerTerm
        let degree = (1...2).last { ScaleTerms.count(inputs: inputs, degree: $0) <= most } ?? 0
        let plain = ScaleTerms(inputs: inputs, degree: degree, knots: [])
        guard degree == 2, plain.count + ScaleTerms.hinged * ScaleTerms.knotsOfInput <= most else { return plain }
        let knots = (0..<ScaleTerms.hinged).flatMap { input in
            let sorted = stride(from: input, to: rows.count, by: inputs).map { rows[$0] }.sorted()
            return (1...ScaleTerms.knotsOfInput).map { sorted[sorted.count * $0 / (ScaleTerms.knotsOfInput + 1)] }
        }
        return ScaleTerms(inputs: inputs, degree: degree, knots: knots)
    }

    /// Mean and standard deviation; a width of 1 when there is none.
    private static func standard(_ values: [Float]) -> (centre: Double, width: Double) {
        let centre = values.reduce(0) { $0 + Double($1) } / Double(values.count)
        let variance = values.reduce(0) { $0 + (Double($1) - centre) * (Double($1) - centre) } / Double(values.count)
        // Of equal values, a variance is the rounding of their mean.
        return (centre, variance > 1e-12 * centre * centre ? variance.squareRoot() : 1)
    }
}
