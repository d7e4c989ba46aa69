/// Edges of bins at round numbers: six to seventeen steps of 1, 2 or 5 times a power of ten.
///
/// Made of exactly rounded operations alone, so that every rank has the same edges.
struct BinEdges {
    /// In ascending order, at least two.
    let edges: [Double]

    /// - Parameters:
    ///   - lower: Where most of the values begin.
    ///   - upper: Where most of them end, not below `lower`.
    ///   - smallest: The smallest value: the first bin reaches down to it.
    ///   - largest: The largest value: the last bin reaches up to it.
    init(from lower: Double, to upper: Double, smallest: Double, largest: Double) {
        let step = Step(about: (upper - lower) / 15)
        guard let step else {
            edges = [smallest, largest]
            return
        }
        let (first, last) = (step.number(below: lower), step.number(below: upper) + 1)
        var edges = (first...last).map { step.edge($0) }
        edges[0] = min(edges[0], smallest)
        edges[edges.count - 1] = max(edges[edges.count - 1], largest)
        precondition(edges.count - 1 <= Self.largestBinCount, "more bins than there is room for")
        self.edges = edges
    }

    /// Those of bins that were made before; nil without bins.
    init?(_ bins: [MetricsBin]) {
        guard let last = bins.last else { return nil }
        edges = bins.map(\.lower) + [last.upper]
    }

    /// The most bins: at most fifteen steps lie between the ends of most values, which take another one each.
    static let largestBinCount = 17

    /// The number of bins.
    var binCount: Int { edges.count - 1 }

    /// Where each bin begins and ends.
    var ranges: [(lower: Double, upper: Double)] { zip(edges, edges.dropFirst()).map { ($0, $1) } }

    /// Whether a value lies between the first edge and the last; what is no number does not.
    func hold(_ value: Double) -> Bool { value >= edges[0] && value <= edges[edges.count - 1] }

    /// The bin of a value between the first edge and the last; an edge belongs to the bin above it, the last one to the
    /// last bin.
    func bin(of value: Double) -> Int {
        var (low, high) = (0, binCount - 1)
        while low < high {
            let middle = (low + high + 1) / 2
            if value >= edges[middle] { low = middle } else { high = middle - 1 }
        }
        return low
    }
}

/// A round number: `multiple` times ten to the power of `exponent`.
private struct Step {
    let multiple: Int
    let exponent: Int

    /// The smallest round number from `size` on; nil when there is none between 1e-9 and 1e9.
    init?(about size: Double) {
        guard size > 1e-9, size < 1e8 else { return nil }
        for exponent in -9...8 {
            for multiple in [1, 2, 5] {
                if Self.number(multiple, exponent) >= size {
                    self.multiple = multiple
                    self.exponent = exponent
                    return
                }
            }
        }
        return nil
    }

    func edge(_ number: Int) -> Double { Self.number(number * multiple, exponent) }

    /// The last edge that is not above a value.
    func number(below value: Double) -> Int {
        var number = Int((value / edge(1)).rounded(.down))
        while edge(number) > value { number -= 1 }
        while edge(number + 1) <= value { number += 1 }
        return number
    }

    /// Divided by a power of ten rather than multiplied with its inverse: 3 / 20 is what one writes 0.15.
    private static func number(_ multiple: Int, _ exponent: Int) -> Double {
        let power = (0..<abs(exponent)).reduce(1.0) { power, _ in power * 10 }
        return exponent < 0 ? Double(multiple) / power : Double(multiple) * power
    }
}
