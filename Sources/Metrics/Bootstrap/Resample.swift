import PhotozElementary

/// How many galaxies each cell has when as many as there are have been drawn at random from all.
///
/// Only what is asked for is drawn: all galaxies are split into those of the lower and of the upper half of the cells
/// by a binomial number, each half into its halves, and so on. What lies beside the way to a cell is left open. A
/// split is a function of seed, group, resample and half, whatever else was asked for before.
struct Resample {
    private typealias Cells = DifferenceCells

    private let key: SIMD2<UInt32>
    private let group: UInt32
    /// Galaxies below each node of the tree, as they are: node 1 is the root, nodes 2k and 2k + 1 are the halves of k.
    private var counts: [Int64]
    /// The same as they were drawn, where they were.
    private var drawn: [Int64]
    /// The last resample in which a node was split.
    private var splitIn: [UInt32]
    private var number: UInt32 = 0

    /// Galaxies.
    var count: Int64 { counts[1] }

    /// - Parameters:
    ///   - cells: How many galaxies each cell has.
    ///   - group: What tells this group from others.
    init(of cells: some Collection<Int64>, group: Int, seed: UInt64) {
        key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
        self.group = UInt32(group)
        counts = [Int64](repeating: 0, count: 2 * Cells.count)
        counts.replaceSubrange(Cells.count..., with: cells)
        for node in (1..<Cells.count).reversed() { counts[node] = counts[2 * node] + counts[2 * node + 1] }
        drawn = counts
        splitIn = [UInt32](repeating: 0, count: Cells.count)
    }

    /// Begins another resample.
    mutating func next() { number += 1 }

    /// Where so many galaxies lie below, counted with the parts of a cell in proportion.
    mutating func place(below target: Double) -> DifferenceCells.Place {
        var (node, rest) = (1, target)
        for _ in 0..<Cells.levels {
            let left = Double(left(of: node))
            if rest <= left {
                node = 2 * node
            } else {
                rest -= left
                node = 2 * node + 1
            }
        }
        let inCell = Double(drawn[node])
        return Cells.Place(cell: node - Cells.count, fraction: inCell > 0 ? min(rest / inCell, 1) : 0)
    }

    /// How many galaxies lie below a place, counted likewise.
    mutating func count(below place: DifferenceCells.Place) -> Double {
        var (node, below) = (1, Int64(0))
        for level in (0..<Cells.levels).reversed() {
            guard drawn[node] > 0 else { return Double(below) }
            let left = left(of: node)
            let isRight = place.cell >> level & 1 == 1
            below += isRight ? left : 0
            node = 2 * node + (isRight ? 1 : 0)
        }
        return Double(below) + place.fraction * Double(drawn[node])
    }

    /// Galaxies in the lower half of a node that has been drawn itself.
    private mutating func left(of node: Int) -> Int64 {
        if splitIn[node] != number {
            splitIn[node] = number
            let bits = CounterBasedNumbers.block([UInt32(node), number, group, 0], key: key)
            let word = UInt64(bits.x) << 20 | UInt64(bits.y) >> 12
            let left = Binomial.draw(
                trials: drawn[node], successes: counts[2 * node], of: counts[node], (Double(word) + 0.5) * 0x1p-52)
            (drawn[2 * node], drawn[2 * node + 1]) = (left, drawn[node] - left)
        }
        return drawn[2 * node]
    }
}
