/// What one pass over the galaxies adds up: a few counts and a few exact sums, and their way over the ranks.
struct Totals {
    var counts: [Int64]
    var sums: [ExactSum]

    init(counts: Int, sums: Int) {
        self.counts = Array(repeating: 0, count: counts)
        self.sums = Array(repeating: ExactSum(), count: sums)
    }

    /// Replaces the totals of this rank by those of all ranks, in one reduction.
    mutating func reduce<Failure: Error>(
        sumOverRanks: (inout [Int64]) throws(Failure) -> Void
    ) throws(Failure) {
        var packed = counts
        for sum in sums {
            packed += sum.normalisedLimbs()
        }
        try sumOverRanks(&packed)
        for index in sums.indices {
            let start = counts.count + index * ExactSum.limbCount
            sums[index] = ExactSum(limbs: packed[start..<(start + ExactSum.limbCount)])
        }
        counts = Array(packed.prefix(counts.count))
    }
}
