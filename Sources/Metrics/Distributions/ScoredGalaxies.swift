/// How the distributions of one rank's galaxies fare, in the caller's arrays.
struct ScoredGalaxies {
    let pit: [Float]
    let cdeLoss: [Float]
    let crps: [Float]

    /// Whether a galaxy has all scores.
    func isCounted(_ index: Int) -> Bool {
        pit[index].isFinite && cdeLoss[index].isFinite && crps[index].isFinite
    }

    /// What this rank adds to the totals of each group.
    func totals(_ groups: BinGroups) -> [Int64] {
        var totals = GroupTotals(groups: groups.count, counts: ScoreCounts.counts, sums: ScoreCounts.sums)
        let (firstPart, firstLevel) = (2, 2 + DistributionMetrics.partCount)
        for index in pit.indices where isCounted(index) {
            let pit = Double(pit[index])
            let part = Self.cell(of: pit, among: DistributionMetrics.partCount)
            let terms = (ExactSum.Term(Double(cdeLoss[index])), ExactSum.Term(Double(crps[index])))
            let isOutlier = pit < 1e-4 || pit > 0.9999
            groups.forEach(of: index) { group in
                totals.count(true, in: 0, of: group)
                totals.count(isOutlier, in: 1, of: group)
                totals.count(true, in: firstPart + part, of: group)
                for (place, level) in IntervalCoverage.levels.enumerated() {
                    totals.count(IntervalCoverage.holds(pit, level: level), in: firstLevel + place, of: group)
                }
                totals.add(terms.0, to: 0, of: group)
                totals.add(terms.1, to: 1, of: group)
                totals.endGalaxy()
            }
        }
        return totals.packed()
    }

    /// Counts the PITs in cells.
    func count(in layout: ScoreCounts, _ groups: BinGroups, _ numbers: UnsafeMutableBufferPointer<Int64>) {
        let cells = (0..<groups.count).map { layout.cells(of: $0) }
        for index in pit.indices where isCounted(index) {
            let pit = Double(pit[index])
            groups.forEach(of: index) { group in
                numbers[cells[group].lowerBound + Self.cell(of: pit, among: cells[group].count)] += 1
            }
        }
    }

    /// The cell of a PIT among so many of equal width; an edge belongs to the cell above it, 1 to the last.
    private static func cell(of pit: Double, among count: Int) -> Int {
        min(Int(min(max(pit, 0), 1) * Double(count)), count - 1)
    }
}
