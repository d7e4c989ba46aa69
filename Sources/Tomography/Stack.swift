import PhotozElementary

/// Distributions added up, cell by cell of a grid, in whole numbers: neither the order of galaxies nor the ranks that
/// they are dealt to can show.
///
/// Each bin is kept in parts, which galaxies are dealt to by a hash of their row, for the errors: see ``StackErrors``.
struct Stack {
    /// Units of probability: a galaxy's are 2^30 together, within 2^-31 for each cell, and 2^33 galaxies fit.
    static let unit = 0x1p30

    /// The edges of the cells.
    let edges: [Double]
    let bins: Int
    let parts: Int
    private let seed: UInt64
    /// Of each bin and part, one behind another: the cells, what lies outside of them, and how many galaxies.
    var numbers: [Int64]

    /// Cells of the grid.
    var cells: Int { edges.count - 1 }
    private var each: Int { cells + 2 }

    /// - Parameters:
    ///   - edges: The edges of the cells, ascending.
    ///   - bins: How many bins.
    ///   - parts: How many parts each has.
    ///   - seed: Another one deals galaxies to parts in another way.
    init(edges: [Double], bins: Int, parts: Int, seed: UInt64) {
        (self.edges, self.bins, self.parts, self.seed) = (edges, bins, parts, seed)
        numbers = [Int64](repeating: 0, count: bins * parts * (edges.count + 1))
    }

    /// Adds the distribution of the galaxy in a row.
    mutating func add(_ distribution: PiecewiseCumulative, row: Int, to bin: Int) {
        let (edges, outside) = (edges, each - 2)
        let first = (bin * parts + part(of: row)) * each
        numbers.withUnsafeMutableBufferPointer { numbers in
            var inside: Int64 = 0
            distribution.masses(between: edges) { cell, mass in
                let units = Int64((mass * Self.unit).rounded())
                numbers[first + cell] += units
                inside += units
            }
            numbers[first + outside] += Int64(Self.unit) - inside
            numbers[first + outside + 1] += 1
        }
    }

    /// The part of a row: an even number of 32 bits, made of seed and row alone (Philox), cut to the parts.
    private func part(of row: Int) -> Int {
        var numbers = CounterBasedNumbers(seed: seed, galaxy: UInt64(row), stream: 0)
        return Int((UInt64(numbers.word()) * UInt64(parts)) >> 32)
    }

    /// All that lies in a part of a bin.
    func part(_ part: Int, of bin: Int) -> ArraySlice<Int64> {
        numbers[(bin * parts + part) * each..<(bin * parts + part + 1) * each]
    }

    /// The same stack with one bin more, behind the others: all of them together.
    var withAll: Stack {
        var all = Stack(edges: edges, bins: bins + 1, parts: parts, seed: seed)
        let size = parts * each
        all.numbers.replaceSubrange(..<numbers.count, with: numbers)
        for (index, number) in numbers.enumerated() { all.numbers[bins * size + index % size] += number }
        return all
    }

    /// Of a bin, its parts taken so many times each.
    func sum(of bin: Int, weights: [Int64]) -> StackedBin {
        var sums = [Int64](repeating: 0, count: each)
        for (part, weight) in weights.enumerated() where weight > 0 {
            for (index, number) in self.part(part, of: bin).enumerated() { sums[index] += weight * number }
        }
        return StackedBin(numbers: sums, edges: edges)
    }
}

/// The stack of one bin.
struct StackedBin {
    /// Normalised over the grid: the integral is 1.
    let densities: [Double]
    /// Mean redshift on the grid.
    let mean: Double
    let galaxies: Int
    /// What share of the galaxies' probability lies outside of the grid, and is cut off.
    let outside: Double

    /// - Parameters:
    ///   - numbers: The cells, what lies outside of them, and how many galaxies.
    ///   - edges: Of the cells.
    init(numbers: [Int64], edges: [Double]) {
        let cells = edges.count - 1
        // Whole numbers up to 2^53 are exact; beyond, the last bits are rounded in the same way everywhere.
        let inside = Double(numbers[..<cells].reduce(0, +))
        var (densities, mean) = ([Double](), 0.0)
        for cell in 0..<cells {
            let (width, middle) = (edges[cell + 1] - edges[cell], (edges[cell] + edges[cell + 1]) / 2)
            let share = inside > 0 ? Double(numbers[cell]) / inside : .nan
            densities.append(share / width)
            mean += share * middle
        }
        (self.densities, self.mean) = (densities, mean)
        galaxies = Int(numbers[cells + 1])
        outside = galaxies > 0 ? Double(numbers[cells]) / (Double(galaxies) * Stack.unit) : .nan
    }
}
