/// Cells of galaxies: a tree of cuts in z, then in the middle band's magnitude, then in a colour.
///
/// Cells are numbered as in an array [redshifts, magnitudes, colours]. Where ties left no room for all cuts the last
/// edges of a row are infinite, and the cells beyond them are empty: no galaxy gets there.
struct CellGrid: Sendable, Equatable {
    /// How many parts each input is cut into, in the order of the cuts.
    let parts: [Int]
    /// Between the parts of each input, ascending: of z [parts - 1], of the magnitude for each part of z, of the colour
    /// for each part of the magnitude in each part of z. A galaxy on an edge is in the part above it.
    var edges: [[Float]]

    /// How many cells there are, empty ones too.
    var count: Int { parts[0] * parts[1] * parts[2] }

    /// Without any cuts.
    init(parts: [Int]) {
        self.parts = parts
        edges = (0..<3).map { depth in
            Array(repeating: .infinity, count: Self.rows(depth, parts) * (parts[depth] - 1))
        }
    }

    init(parts: [Int], edges: [[Float]]) { (self.parts, self.edges) = (parts, edges) }

    /// How many rows of edges an input has.
    static func rows(_ depth: Int, _ parts: [Int]) -> Int { parts[..<depth].reduce(1, *) }

    /// The cell of a galaxy. What is no number is in the lowest part.
    func cell(redshift: Float, magnitude: Float, colour: Float) -> Int {
        let first = part(redshift, depth: 0, row: 0)
        let second = first * parts[1] + part(magnitude, depth: 1, row: first)
        return second * parts[2] + part(colour, depth: 2, row: second)
    }

    /// The number of edges that are not above a value.
    private func part(_ value: Float, depth: Int, row: Int) -> Int {
        let width = parts[depth] - 1
        return edges[depth].withUnsafeBufferPointer { edges in
            var (low, high) = (row * width, (row + 1) * width)
            while low < high {
                let middle = (low + high) / 2
                if value >= edges[middle] { low = middle + 1 } else { high = middle }
            }
            return low - row * width
        }
    }
}
