import Glibc

/// How many points lie in each cell of a grid over a frame, drawn as a few paths: its size does not grow with the
/// number of points.
struct DensityMap {
    static let levels = Style.densities.count
    /// What a figure leaves free at the right for the bar of colours.
    static let margin = 74.0

    private let columns: Int
    private let rows: Int
    private var counts: [Int]
    private let x: Axis
    private let y: Axis
    /// Points outside of the axes.
    private(set) var outside = 0

    init(x: Axis, y: Axis, columns: Int = 140, rows: Int = 110) {
        (self.x, self.y, self.columns, self.rows) = (x, y, columns, rows)
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

    /// The cells that are not empty.
    var numbers: [[String]] {
        counts.indices.filter { counts[$0] > 0 }.map { cell in
            let (row, column) = cell.quotientAndRemainder(dividingBy: columns)
            return edges(x, column, columns) + edges(y, row, rows) + ["\(counts[cell])"]
        }
    }

    private func edges(_ axis: Axis, _ place: Int, _ count: Int) -> [String] {
        [place, place + 1].map { plain(axis.range.lowerBound + extent(axis) * Double($0) / Double(count)) }
    }

    // MARK: Drawing

    private var most: Double { log(Double(counts.max() ?? 0) + 1) }

    /// The colour of a cell, by the logarithm of its count.
    private func level(_ count: Int, _ most: Double) -> Int {
        count == 0 ? 0 : max(1, Int((log(Double(count) + 1) / most * Double(Self.levels)).rounded()))
    }

    /// A path for each level, in which neighbours of a row are one piece.
    func draw(in figure: inout Figure, row number: Int = 0) {
        let most = most
        guard most > 0 else { return }
        let panel = figure.panel(number)
        var paths = [[Mark.Step]](repeating: [], count: Self.levels + 1)
        let (width, height) = (panel.frame.width / Double(columns), panel.frame.height / Double(rows))
        for row in 0..<rows {
            var column = 0
            while column < columns {
                let current = level(counts[row * columns + column], most)
                let start = column
                while column < columns, level(counts[row * columns + column], most) == current { column += 1 }
                guard current > 0 else { continue }
                let cells = Rectangle(
                    x: panel.frame.x + Double(start) * width, y: panel.frame.bottom - Double(row + 1) * height,
                    width: Double(column - start) * width, height: height)
                paths[current].append(.box(cells))
            }
        }
        for (level, path) in paths.enumerated() where !path.isEmpty {
            figure.add(.path(path, style: "density d\(level)"))
        }
        drawBar(in: &figure, panel, most)
    }

    /// The levels from the bottom up, each with the smallest count that it stands for; levels that no count has are
    /// left out.
    private func drawBar(in figure: inout Figure, _ panel: Panel, _ most: Double) {
        let largest = counts.max() ?? 0
        let starts = (1...Self.levels).compactMap { wanted -> (level: Int, count: Int)? in
            // Where the levels' borders lie, and the next count to be sure.
            let border = exp((Double(wanted) - 0.5) / Double(Self.levels) * most) - 1
            let near = max(1, Int(border) - 1)
            return (near...near + 3).first { level($0, most) == wanted && $0 <= largest }.map { (wanted, $0) }
        }
        let size = min(18, panel.frame.height / Double(starts.count + 1))
        let left = panel.frame.right + 12
        var bottom = panel.frame.y + (panel.frame.height + size * Double(starts.count)) / 2
        for (level, count) in starts {
            bottom -= size
            let box = Rectangle(x: left, y: bottom, width: 14, height: size)
            figure.add(.box(box, style: "density d\(level)", tip: "from \(grouped(count)) galaxies"))
            figure.add(.text(grouped(count), x: left + 18, y: bottom + size, style: "small"))
        }
        figure.add(.text(grouped(largest), x: left + 18, y: bottom + 3, style: "small"))
        figure.add(.text("galaxies", x: left, y: bottom - 8, style: "small title"))
    }

    private func extent(_ axis: Axis) -> Double { axis.range.upperBound - axis.range.lowerBound }
}
