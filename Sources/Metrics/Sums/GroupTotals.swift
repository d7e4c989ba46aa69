/// What one pass over this rank's galaxies adds up for each of several groups, as ``Totals`` take it: a few counts and
/// a few exact sums, one group behind another.
struct GroupTotals: ~Copyable {
    private let counts: Int
    private let sums: Int
    private let each: Int
    private let numbers: UnsafeMutableBufferPointer<Int64>
    private var addedSinceNormalised = 0

    init(groups: Int, counts: Int, sums: Int) {
        (self.counts, self.sums) = (counts, sums)
        each = Totals.packedCount(counts: counts, sums: sums)
        numbers = .allocate(capacity: groups * each)
        numbers.initialize(repeating: 0)
    }

    deinit { numbers.deallocate() }

    /// Counts a galaxy of a group.
    @inline(__always)
    func count(_ one: Bool, in count: Int, of group: Int) { numbers[group * each + count] += one ? 1 : 0 }

    /// Adds a galaxy's term to a sum of a group.
    @inline(__always)
    func add(_ term: ExactSum.Term, to sum: Int, of group: Int) { term.add(to: limbs(of: sum, of: group)) }

    /// Must be called after each galaxy of a group, so that no limb overflows.
    @inline(__always)
    mutating func endGalaxy() {
        addedSinceNormalised += 1
        if addedSinceNormalised == ExactSum.longestDelay { normalise() }
    }

    /// The numbers that ranks add up.
    consuming func packed() -> [Int64] {
        normalise()
        return Array(numbers)
    }

    private func limbs(of sum: Int, of group: Int) -> UnsafeMutableBufferPointer<Int64> {
        let first = group * each + counts + sum * ExactSum.limbCount
        return UnsafeMutableBufferPointer(rebasing: numbers[first..<first + ExactSum.limbCount])
    }

    private mutating func normalise() {
        for group in 0..<numbers.count / each {
            for sum in 0..<sums { ExactSum.normalise(limbs(of: sum, of: group)) }
        }
        addedSinceNormalised = 0
    }
}
