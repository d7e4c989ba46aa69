extension MedianErrors {
    /// Of each group; nil where nobody asks for errors. One reduction, of 1.7 MB with three quantities, which all ranks
    /// take part in.
    ///
    /// - Parameters:
    ///   - groups: The galaxies of this rank.
    ///   - cells: Of each group, the same on every rank; nil where differences do not differ.
    ///   - bootstrap: How errors are found; nil where nobody asks for them.
    ///   - sum: The sum over ranks.
    static func ofGroups<Failure: Error>(
        _ groups: GalaxyGroups, _ cells: [DifferenceCells?], _ bootstrap: Bootstrap?, _ sum: SumOverRanks<Failure>
    ) throws(Failure) -> [MedianErrors]? {
        let counts = try sum(groups.count * DifferenceCells.count) { numbers in
            groups.forEach(\.relativeError) { value, group in
                guard let cells = cells[group] else { return }
                numbers[group * DifferenceCells.count + cells.cell(of: value)] += 1
            }
        }
        guard let bootstrap else { return nil }
        return cells.indices.map { group in
            let first = group * DifferenceCells.count
            return MedianErrors(
                cells[group], counts[first..<first + DifferenceCells.count], group: group, bootstrap)
        }
    }
}

extension DifferenceCells {
    /// Of a group; nil where its differences are all equal, or there are none.
    ///
    /// - Parameter deviation: median |d - median d|; nil without galaxies.
    init?(_ moments: Moments, _ quartiles: QuartilesOfDifference, deviation: Double?) {
        // Where more than half of them are equal, what the others scatter by.
        let scatter = (moments.squaredErrorDeviations / Double(max(moments.count, 1))).squareRoot()
        let scales = [1.4826 * (deviation ?? 0), quartiles.sigma, scatter]
        guard moments.count > 1, let scale = scales.first(where: { $0 > 0 && $0.isFinite }) else { return nil }
        self.init(centre: quartiles.median, scale: scale)
    }
}
