/// A drawing: frames below each other with axes and what is plotted in them. It is written as SVG, PDF and the numbers
/// behind it.
struct Figure {
    /// Units of a drawing's width.
    static let width = 560.0

    /// The file's name, without its ending.
    let name: String
    /// What the figure shows, for its caption and for readers that cannot see it.
    let caption: String
    /// What is drawn, as numbers.
    let numbers: TextTable
    /// Whether it takes the whole width of a page.
    let isWide: Bool
    let height: Double
    private(set) var marks: [Mark] = []
    private var panels: [Panel] = []

    private static let legendLine = 17.0
    private static let gap = 20.0

    /// A drawing with one frame or several of the same abscissa.
    ///
    /// - Parameters:
    ///   - x: The abscissa.
    ///   - rows: The ordinate of each frame, from the top.
    ///   - height: Of the whole drawing, legend included.
    ///   - legend: Styles and what they mean, above the frames.
    ///   - names: Names of the rows of the only frame, from the bottom up, in place of numbers.
    ///   - margin: What is left free at the right.
    init(
        _ name: String, caption: String, numbers: TextTable, x: Axis, rows: [Axis], height: Int = 440,
        legend: [(style: String, text: String)] = [], names: [String]? = nil, margin: Double = 16
    ) {
        let entries = legend.map { ($0.style, Self.lines($0.text)) }
        let lines = entries.reduce(0) { $0 + $1.1.count }
        // More than one line for an entry makes the drawing higher, not its frame lower.
        let more = Double(lines - legend.count) * Self.legendLine
        self.init(name, caption: caption, numbers: numbers, height: Double(height) + more, isWide: false)
        let top = 12 + Double(lines) * Self.legendLine
        let count = Double(rows.count)
        let single = (self.height - 52 - top - Self.gap * (count - 1)) / max(count, 1)
        for (index, y) in rows.enumerated() {
            let frame = Rectangle(
                x: 70, y: top + Double(index) * (single + Self.gap), width: Self.width - margin - 70, height: single)
            let panel = Panel(x: x, y: y, frame: frame)
            panels.append(panel)
            marks += panel.axes(hasAbscissa: index == rows.count - 1, names: names)
        }
        drawLegend(entries)
    }

    /// A drawing with one frame.
    init(
        _ name: String, caption: String, numbers: TextTable, x: Axis, y: Axis, height: Int = 440,
        legend: [(style: String, text: String)] = [], names: [String]? = nil, margin: Double = 16
    ) {
        self.init(
            name, caption: caption, numbers: numbers, x: x, rows: [y], height: height, legend: legend, names: names,
            margin: margin)
    }

    /// An empty drawing.
    init(_ name: String, caption: String, numbers: TextTable, height: Double, isWide: Bool) {
        self.name = name
        self.caption = caption
        self.numbers = numbers
        self.height = height
        self.isWide = isWide
    }

    // MARK: What is plotted

    mutating func add(_ mark: Mark) { marks.append(mark) }

    /// Takes a frame, without its axes.
    ///
    /// - Returns: Its number, for what is plotted in it.
    mutating func add(_ panel: Panel) -> Int {
        panels.append(panel)
        return panels.count - 1
    }

    func panel(_ row: Int) -> Panel { panels[row] }

    /// Points that are no numbers are left out.
    mutating func line(_ points: [(Double, Double)], style: String, row: Int = 0) {
        let points = points.filter { $0.0.isFinite && $0.1.isFinite }
        guard points.count > 1 else { return }
        add(.path(path(points, panels[row]), style: style))
    }

    /// One that is no number is left out.
    mutating func dot(_ at: (Double, Double), style: String, tip: String, row: Int = 0, radius: Double = 4) {
        guard at.0.isFinite, at.1.isFinite else { return }
        let place = panels[row].point(at.0, at.1)
        add(.circle(x: place.x, y: place.y, radius: radius, style: style, tip: tip))
    }

    /// A rectangle between two corners, with a text that shows when it is pointed at.
    mutating func box(_ from: (Double, Double), _ to: (Double, Double), style: String, tip: String, row: Int = 0) {
        guard [from.0, from.1, to.0, to.1].allSatisfy(\.isFinite) else { return }
        let (a, b) = (panels[row].point(from.0, from.1), panels[row].point(to.0, to.1))
        let place = Rectangle(x: min(a.x, b.x), y: min(a.y, b.y), width: abs(a.x - b.x), height: abs(a.y - b.y))
        add(.box(place, style: style, tip: tip))
    }

    /// An error each side of a value, as far as the frame reaches.
    mutating func error(_ at: (Double, Double), _ size: Double?, style: String, row: Int = 0) {
        guard let size, size.isFinite, size >= 0, at.0.isFinite, at.1.isFinite else { return }
        let range = panels[row].y.range
        let ends = [at.1 - size, at.1 + size].map { min(max($0, range.lowerBound), range.upperBound) }
        let places = ends.map { panels[row].point(at.0, $0).y }
        // What is smaller than the dot at the value's place would not be seen.
        guard places[0] - places[1] > 0.5 else { return }
        line(ends.map { (at.0, $0) }, style: style + " line thin", row: row)
    }

    /// The outline of a histogram.
    mutating func steps(_ edges: [Double], _ values: [Double], style: String, row: Int = 0) {
        var points: [(Double, Double)] = []
        for (bin, value) in values.enumerated() { points += [(edges[bin], value), (edges[bin + 1], value)] }
        line(points, style: style, row: row)
    }

    /// What of a curve lies in the frame, which it enters and leaves at most once.
    mutating func curve(_ style: String, row: Int = 0, _ value: (Double) -> Double) {
        let (x, y) = (panels[row].x.range, panels[row].y.range)
        let points = (0...240).map { step in
            let place = x.lowerBound + Double(step) / 240 * (x.upperBound - x.lowerBound)
            return (place, value(place))
        }
        line(points.filter { y.contains($0.1) }, style: style, row: row)
    }

    private func path(_ points: [(Double, Double)], _ panel: Panel) -> [Mark.Step] {
        points.enumerated().map { index, value in
            let place = panel.point(value.0, value.1)
            return index == 0 ? .move(place.x, place.y) : .line(place.x, place.y)
        }
    }

    // MARK: Legend

    /// A legend's text in lines that the drawing is wide enough for, parted at commas.
    static func lines(_ text: String) -> [String] {
        var lines: [String] = []
        for part in text.split(separator: ", ") {
            if let last = lines.last, last.count + part.count < 66 {
                lines[lines.count - 1] = last + ", " + part
            } else {
                lines.append(part.count > 68 ? "…" + part.suffix(67) : String(part))
            }
        }
        return lines.isEmpty ? [""] : lines
    }

    private mutating func drawLegend(_ entries: [(style: String, lines: [String])]) {
        var y = 14.0
        for entry in entries {
            // A line as a line, a dot as a dot, an area as a box.
            let words = entry.style.split(separator: " ")
            if words.contains("line") {
                add(.path([.move(70, y), .line(92, y)], style: entry.style))
            } else if words.contains("dot") {
                add(.circle(x: 81, y: y, radius: 4, style: entry.style, tip: ""))
            } else {
                add(.box(Rectangle(x: 70, y: y - 5, width: 22, height: 10), style: entry.style, tip: ""))
            }
            for line in entry.lines {
                add(.text(line, x: 98, y: y + 4, style: ""))
                y += Self.legendLine
            }
        }
    }
}
