extension CellGrid {
    /// More cells than this serve no one.
    static let largestCount = 4096

    /// How many parts each input is cut into: in all about as many as cells can be filled. The square root of that in
    /// z, two thirds of the rest (by its logarithm) in the magnitude, what is left in the colour.
    ///
    /// - Parameters:
    ///   - galaxies: How many are labelled.
    ///   - fewest: How many a cell needs.
    ///   - hasColour: Whether there is more than one band.
    static func parts(galaxies: Int, fewest: Int, hasColour: Bool) -> [Int] {
        let cells = min(max(galaxies / fewest, 1), largestCount)
        let redshifts = largest { $0 * $0 <= cells }
        let rest = cells / redshifts
        guard hasColour else { return [redshifts, rest, 1] }
        let magnitudes = largest { $0 * $0 * $0 <= rest * rest }
        return [redshifts, magnitudes, rest / magnitudes]
    }

    /// The largest number from 1 on up to which a condition holds.
    private static func largest(_ condition: (Int) -> Bool) -> Int {
        var number = 1
        while condition(number + 1) { number += 1 }
        return number
    }

    /// Where ascending values are cut into parts of equal counts: the place of each part's first value.
    ///
    /// Equal values stay together: a cut goes to the nearest place between different values, the upper one of two that
    /// are as near. One that leaves a part of fewer than `fewest` values is left out.
    static func cuts(_ values: [Float], into parts: Int, fewest: Int) -> [Int] {
        var cuts: [Int] = []
        for number in 1..<max(parts, 1) {
            let wanted = values.count * number / parts
            var (below, above) = (wanted, wanted)
            while below > 0, values[below] == values[below - 1] { below -= 1 }
            while above > 0, above < values.count, values[above] == values[above - 1] { above += 1 }
            for cut in above - wanted <= wanted - below ? [above, below] : [below, above]
            where cut - (cuts.last ?? 0) >= fewest && values.count - cut >= fewest {
                cuts.append(cut)
                break
            }
        }
        return cuts
    }
}
