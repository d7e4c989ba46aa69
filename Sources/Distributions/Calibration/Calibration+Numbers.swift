extension Calibration {
    /// All that the calibration is.
    package var numbers: CalibrationNumbers {
        CalibrationNumbers(
            method: method, bands: bands, ranges: Self.pairs(limits.lower, limits.upper),
            parts: grid.parts.map { Int64($0) }, redshiftEdges: grid.edges[0], magnitudeEdges: grid.edges[1],
            colourEdges: grid.edges[2], cellCounts: counts.map { Int64($0) }, residualQuantiles: quantiles,
            scaleLimits: scale.map { Self.pairs($0.lower, $0.upper) } ?? [], scaleCentres: scale?.centres ?? [],
            scaleWidths: scale?.widths ?? [], scaleKnots: scale?.terms.knots ?? [],
            scaleCoefficients: scale?.coefficients ?? [], scaleBounds: scale.map { [$0.lowest, $0.highest] } ?? [])
    }

    /// The calibration that numbers say, if they can be those of one.
    ///
    /// - Throws: which of them cannot.
    package init(_ numbers: CalibrationNumbers) throws(CalibrationFault) {
        try numbers.checkShapes()
        try numbers.checkScale()
        method = numbers.method
        inputs = CalibrationInputs(bands: numbers.bands)
        limits = InputLimits(lower: Self.every(second: numbers.ranges, 0), upper: Self.every(second: numbers.ranges, 1))
        grid = CellGrid(
            parts: numbers.parts.map { Int($0) },
            edges: [numbers.redshiftEdges, numbers.magnitudeEdges, numbers.colourEdges])
        counts = numbers.cellCounts.map { Int($0) }
        quantiles = numbers.residualQuantiles
        scale =
            numbers.method == .cells
            ? nil
            : ScaleModel(
                inputs: inputs, lower: Self.every(second: numbers.scaleLimits, 0),
                upper: Self.every(second: numbers.scaleLimits, 1), centres: numbers.scaleCentres,
                widths: numbers.scaleWidths, terms: numbers.scaleTerms(inputs.scaling),
                coefficients: numbers.scaleCoefficients, lowest: numbers.scaleBounds[0],
                highest: numbers.scaleBounds[1])
        try numbers.checkCells(grid)
    }

    private static func pairs(_ lower: [Float], _ upper: [Float]) -> [Float] { zip(lower, upper).flatMap { [$0, $1] } }

    private static func every(second numbers: [Float], _ first: Int) -> [Float] {
        stride(from: first, to: numbers.count, by: 2).map { numbers[$0] }
    }
}

/// A file is a claim: everything that places and locations are made of is looked at.
extension CalibrationNumbers {
    /// Redshifts, magnitudes and colours beyond this are none.
    private static let limit: Float = 1e6
    /// Residuals in units of the scale beyond this are none.
    private static let residualLimit: Float = 1e12
    /// The most bands of a network.
    private static let mostBands = 4096

    private func require(_ condition: Bool, _ what: String) throws(CalibrationFault) {
        guard condition else {
            throw CalibrationFault(
                kind: .damaged, message: "\(what). The calibration is damaged, or none: make it anew")
        }
    }

    /// Whether an array is of pairs of a number and one that is not below it.
    private static func areIntervals(_ numbers: [Float]) -> Bool {
        stride(from: 0, to: numbers.count, by: 2).allSatisfy {
            numbers[$0] >= -limit && numbers[$0] <= numbers[$0 + 1] && numbers[$0 + 1] <= limit
        }
    }

    /// Sizes of arrays, and the ranges.
    fileprivate func checkShapes() throws(CalibrationFault) {
        try require(1...Self.mostBands ~= bands, "\(bands) bands")
        try require(ranges.count == 4 * bands, "\(ranges.count) ends of ranges for \(bands) bands")
        try require(Self.areIntervals(ranges), "a range that does not go from one number up to another")
        try require(
            parts.count == 3 && parts.allSatisfy { 1...Int64(CellGrid.largestCount) ~= $0 },
            "inputs cut into \(parts) parts")
        let (first, second, third) = (Int(parts[0]), Int(parts[1]), Int(parts[2]))
        try require(
            first * second * third <= CellGrid.largestCount && (third == 1 || bands > 1),
            "inputs cut into \(parts) parts")
        let cells = first * second * third
        try require(redshiftEdges.count == first - 1, "\(redshiftEdges.count) edges between \(first) parts of z")
        try require(
            magnitudeEdges.count == first * (second - 1) && colourEdges.count == first * second * (third - 1),
            "\(magnitudeEdges.count) edges of magnitudes and \(colourEdges.count) of colours with \(parts) parts")
        try require(
            cellCounts.count == cells && residualQuantiles.count == cells * QuantileLevels.count,
            "\(cellCounts.count) counts and \(residualQuantiles.count) quantiles of \(cells) cells")
    }

    /// The polynomial, and what goes with it.
    fileprivate func checkScale() throws(CalibrationFault) {
        let shapes = [
            scaleLimits.count, scaleCentres.count, scaleWidths.count, scaleKnots.count, scaleCoefficients.count,
            scaleBounds.count,
        ]
        guard method == .smooth else {
            return try require(shapes.allSatisfy { $0 == 0 }, "a scale with the method \(method.rawValue)")
        }
        let count = CalibrationInputs(bands: bands).scaling
        let terms = scaleTerms(count)
        let knots = terms.degree == 2 && !scaleKnots.isEmpty ? ScaleTerms.hinged * ScaleTerms.knotsOfInput : 0
        let isKnown = shapes == [2 * count, count, count, knots, terms.count, 2]
        try require(isKnown, "a scale of \(shapes) numbers for \(bands) bands")
        try require(Self.areIntervals(scaleLimits), "a limit of the scale that does not go from one number to another")
        try require(scaleWidths.allSatisfy { 1e-12...1e12 ~= $0 }, "a width of the scale that is none")
        try require(
            (scaleCentres + scaleKnots + scaleCoefficients).allSatisfy { $0.magnitude <= 1e12 },
            "a centre, knot or coefficient of the scale that is no number, or too large")
        try require(
            scaleBounds[0] <= scaleBounds[1] && scaleBounds.allSatisfy { $0.magnitude <= 50 },
            "bounds of the scale that are none")
    }

    /// The terms that the coefficients are of, by their number.
    ///
    /// - Parameter inputs: Of the scale.
    fileprivate func scaleTerms(_ inputs: Int) -> ScaleTerms {
        let count = scaleCoefficients.count - scaleKnots.count
        let degree = (0...2).first { ScaleTerms.count(inputs: inputs, degree: $0) == count } ?? 0
        return ScaleTerms(inputs: inputs, degree: degree, knots: scaleKnots)
    }

    /// Edges, counts and quantiles.
    fileprivate func checkCells(_ grid: CellGrid) throws(CalibrationFault) {
        var reachable = [true]
        for depth in 0..<3 {
            let (width, edges) = (grid.parts[depth] - 1, grid.edges[depth])
            var next: [Bool] = []
            for row in reachable.indices {
                let cuts = edges[row * width..<(row + 1) * width]
                let finite = cuts.prefix { $0.magnitude <= Self.limit }
                try require(
                    zip(finite, finite.dropFirst()).allSatisfy(<)
                        && cuts.dropFirst(finite.count).allSatisfy { $0 == .infinity }
                        && (reachable[row] || finite.isEmpty), "edges of cells that do not ascend")
                next += (0...width).map { reachable[row] && $0 <= finite.count }
            }
            reachable = next
        }
        for cell in cellCounts.indices {
            let levels = residualQuantiles[cell * QuantileLevels.count..<(cell + 1) * QuantileLevels.count]
            guard reachable[cell] else {
                try require(
                    cellCounts[cell] == 0 && levels.allSatisfy { $0 == 0 },
                    "galaxies in cell \(cell), which has no room")
                continue
            }
            try require(1...Int64(UInt32.max) ~= cellCounts[cell], "\(cellCounts[cell]) galaxies in cell \(cell)")
            try require(
                levels.allSatisfy { $0.magnitude <= Self.residualLimit }
                    && zip(levels, levels.dropFirst()).allSatisfy(<=),
                "quantiles of cell \(cell) that do not ascend")
        }
    }
}
