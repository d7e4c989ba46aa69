import Glibc

/// How many points lie in each cell of a grid over a figure, drawn as a few paths: its size does not grow with the
/// number of points.
struct DensityMap {
    static let levels = 8
    private let columns = 140
    private let rows = 110
    private var counts: [Int]
    private let x: Axis
    private let y: Axis
    /// Points outside of the axes.
    private(set) var outside = 0

    init(x: Axis, y: Axis) {
        (self.x, self.y) = (x, y)
        counts = [Int](repeating: 0, count: columns * rows)
    }

    mutating func add(_ horizontal: Double, _ vertical: Double) {
        let (u, v) = (x.place(horizontal), y.place(vertical))
        guard u >= 0, u <= 1, v >= 0, v <= 1 else {
            outside += 1
            return
        }
        let (column, row) = (min(Int(u * Double(columns)), columns - 1), min(Int(v * Double(rows)), rows - 1))
        counts[row * columns + column] += 1
    }

    /// A path for each level: cells of the logarithm of their count, neighbours of a row in one piece.
    func draw(in figure: inout Figure) {
        let most = log(Double(counts.max() ?? 0) + 1)
        guard most > 0 else { return }
        func level(_ cell: Int) -> Int {
            counts[cell] == 0 ? 0 : max(1, Int((log(Double(counts[cell]) + 1) / most * Double(Self.levels)).rounded()))
        }
        var paths = [String](repeating: "", count: Self.levels + 1)
        let (width, height) = (extent(x) / Double(columns), extent(y) / Double(rows))
        for row in 0..<rows {
            var column = 0
            while column < columns {
                let current = level(row * columns + column)
                let start = column
                while column < columns, level(row * columns + column) == current { column += 1 }
                guard current > 0 else { continue }
                let lower = y.range.lowerBound + Double(row) * height
                let from = figure.point(x.range.lowerBound + Double(start) * width, lower + height)
                let to = figure.point(x.range.lowerBound + Double(column) * width, lower)
                paths[current] += "M\(short(from.x)) \(short(from.y))H\(short(to.x))V\(short(to.y))H\(short(from.x))z"
            }
        }
        for (level, path) in paths.enumerated() where !path.isEmpty {
            figure.add("<path class=\"density d\(level)\" d=\"\(path)\"/>\n")
        }
    }

    private func extent(_ axis: Axis) -> Double { axis.range.upperBound - axis.range.lowerBound }
}
