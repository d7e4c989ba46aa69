/// What one pass over the galaxies of all ranks has added up for a group (see ``GroupTotals``): a few counts and a few
/// exact sums.
struct Totals {
    let counts: [Int64]
    let sums: [ExactSum]

    /// How many numbers ranks add up for them.
    static func packedCount(counts: Int, sums: Int) -> Int { counts + sums * ExactSum.limbCount }

    /// The totals of all ranks, from the sums of their numbers.
    init(counts: Int, sums: Int, packed: ArraySlice<Int64>) {
        self.counts = Array(packed.prefix(counts))
        let limbs = packed.dropFirst(counts)
        self.sums = (0..<sums).map { sum in
            ExactSum(limbs: limbs.dropFirst(sum * ExactSum.limbCount).prefix(ExactSum.limbCount))
        }
    }
}

extension [Totals] {
    /// The totals of all ranks for several groups, from the sums of what they were packed in, one behind another.
    init(groups: Int, counts: Int, sums: Int, packed: [Int64]) {
        let each = Totals.packedCount(counts: counts, sums: sums)
        self = (0..<groups).map { group in
            Totals(counts: counts, sums: sums, packed: packed[group * each..<(group + 1) * each])
        }
    }
}
