/// Cells of the differences d of a group: narrow ones about the median, where 32 make up a standard deviation, and ever
/// wider ones outwards, up to 262 140 of them.
struct DifferenceCells {
    /// The median of d.
    let centre: Double
    /// What counts as a standard deviation; above 0.
    let scale: Double

    /// How many cells are as wide as the first, of those on one side.
    private static let perOctave = 128
    private static let octaves = 16
    /// Cells on one side of the median; those farthest out take whatever lies beyond.
    private static let perSide = perOctave * octaves
    /// Bits of a cell's number.
    static let levels = 12
    /// All cells.
    static let count = 1 << levels

    /// A place among the cells: how far into which.
    struct Place {
        let cell: Int
        /// 0 to 1.
        let fraction: Double
    }

    /// The cell of a difference.
    @inline(__always)
    func cell(of difference: Double) -> Int { Self.side(of: (difference - centre) / scale).cell }

    /// The place of a difference that is given from the centre, in units of the scale.
    static func place(of x: Double) -> Place {
        let (cell, index) = side(of: x)
        let (lower, width) = bounds(index)
        let fraction = min(max((x.magnitude - lower) / width, 0), 1)
        return Place(cell: cell, fraction: x < 0 ? 1 - fraction : fraction)
    }

    /// The difference at a place, from the centre, in units of the scale.
    static func value(at place: Place) -> Double {
        let isBelow = place.cell < perSide
        let (lower, width) = bounds(isBelow ? perSide - 1 - place.cell : place.cell - perSide)
        return isBelow ? -(lower + width * (1 - place.fraction)) : lower + width * place.fraction
    }

    /// The cell, and its number counted outwards. With v = 1 + |x|/4, these are the leading bits of v: the cells of
    /// each octave are equally wide, and twice as wide as those of the octave before.
    @inline(__always)
    private static func side(of x: Double) -> (cell: Int, index: Int) {
        let steps = Int(truncatingIfNeeded: (1 + x.magnitude / 4).bitPattern >> 45) - 1023 * perOctave
        let index = min(steps, perSide - 1)
        return (x < 0 ? perSide - 1 - index : perSide + index, index)
    }

    /// Where a cell begins, and how wide it is.
    private static func bounds(_ index: Int) -> (lower: Double, width: Double) {
        let (octave, step) = index.quotientAndRemainder(dividingBy: perOctave)
        let power = Double(sign: .plus, exponent: octave, significand: 1)
        return (4 * (power * (1 + Double(step) / Double(perOctave)) - 1), 4 * power / Double(perOctave))
    }
}
