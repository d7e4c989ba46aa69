/// A drawing in SVG, with a frame, axes and what is plotted in it. Colours come from the classes of ``Style``.
struct Figure {
    /// The file's name, without `.svg`.
    let name: String
    /// What the figure shows, for its caption and for readers that cannot see it.
    let caption: String
    let size: (width: Int, height: Int)
    private(set) var body = ""

    private static let legendLine = 17.0
    private let x: Axis
    private let y: Axis
    /// The frame's left, top, right and bottom edge.
    private let frame: (left: Double, top: Double, right: Double, bottom: Double)

    /// - Parameters:
    ///   - height: Of the whole drawing, legend included; it is 560 wide.
    ///   - legend: Line styles and what they mean, above the frame.
    ///   - yLabels: Names of the rows, from the bottom up, in place of numbers.
    init(
        _ name: String, caption: String, x: Axis, y: Axis, height: Int = 440,
        legend: [(style: String, text: String)] = [], yLabels: [String]? = nil
    ) {
        self.name = name
        self.caption = caption
        self.x = x
        self.y = y
        let entries = legend.map { ($0.style, Self.lines($0.text)) }
        let lines = entries.reduce(0) { $0 + $1.1.count }
        // More than one line for an entry makes the drawing higher, not its frame lower.
        let more = Double(lines - legend.count) * Self.legendLine
        size = (560, height + Int(more))
        frame = (70, 12 + Double(lines) * Self.legendLine, 544, Double(height) + more - 52)
        drawAxes(yLabels)
        drawLegend(entries)
    }

    /// Where a point lies in the drawing.
    func point(_ horizontal: Double, _ vertical: Double) -> (x: Double, y: Double) {
        (
            frame.left + x.place(horizontal) * (frame.right - frame.left),
            frame.bottom - y.place(vertical) * (frame.bottom - frame.top)
        )
    }

    /// Points that are no numbers are left out.
    mutating func line(_ points: [(Double, Double)], style: String) {
        let points = points.filter { $0.0.isFinite && $0.1.isFinite }
        guard points.count > 1 else { return }
        body += "<path class=\"\(style)\" d=\"\(path(points))\"/>\n"
    }

    /// One that is no number is left out.
    mutating func dot(_ at: (Double, Double), style: String, tip: String) {
        guard at.0.isFinite, at.1.isFinite else { return }
        let place = point(at.0, at.1)
        body +=
            "<circle class=\"\(style)\" cx=\"\(short(place.x))\" cy=\"\(short(place.y))\" r=\"4\"><title>\(escaped(tip))</title></circle>\n"
    }

    /// A rectangle between two corners, with a text that shows when it is pointed at.
    mutating func box(_ from: (Double, Double), _ to: (Double, Double), style: String, tip: String) {
        guard [from.0, from.1, to.0, to.1].allSatisfy(\.isFinite) else { return }
        let (a, b) = (point(from.0, from.1), point(to.0, to.1))
        body +=
            "<rect class=\"\(style)\" x=\"\(short(min(a.x, b.x)))\" y=\"\(short(min(a.y, b.y)))\" width=\"\(short(abs(a.x - b.x)))\" height=\"\(short(abs(a.y - b.y)))\"><title>\(escaped(tip))</title></rect>\n"
    }

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
            // A line as a line, an area as a box.
            let mark =
                entry.style.contains("line")
                ? "M\(short(frame.left)) \(short(y))h22" : "M\(short(frame.left)) \(short(y - 5))h22v10h-22z"
            body += "<path class=\"\(entry.style)\" d=\"\(mark)\"/>"
            for line in entry.lines {
                body += "<text x=\"\(short(frame.left + 28))\" y=\"\(short(y + 4))\">\(escaped(line))</text>\n"
                y += Self.legendLine
            }
        }
    }

    mutating func add(_ svg: String) { body += svg }

    /// The drawing as a file of its own, or as an element of a page.
    func svg(standalone: Bool) -> String {
        let head = standalone ? Report.figureMark + "\n" : ""
        let style =
            standalone ? "<style>\(Style.figure)</style>\n<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n" : ""
        return head
            + "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"figure\" viewBox=\"0 0 \(size.width) \(size.height)\" role=\"img\" aria-label=\"\(escaped(caption))\">\n"
            + style + body + "</svg>\n"
    }

    private mutating func drawAxes(_ yLabels: [String]?) {
        let (left, top, right, bottom) = frame
        body +=
            "<rect class=\"frame\" x=\"\(short(left))\" y=\"\(short(top))\" width=\"\(short(right - left))\" height=\"\(short(bottom - top))\"/>\n"
        for tick in x.ticks {
            let place = left + x.place(tick) * (right - left)
            body +=
                "<path class=\"grid\" d=\"M\(short(place)) \(short(top))V\(short(bottom))\"/><text class=\"middle\" x=\"\(short(place))\" y=\"\(short(bottom + 18))\">\(x.label(tick))</text>\n"
        }
        for (index, tick) in y.ticks.enumerated() where yLabels == nil || index < (yLabels?.count ?? 0) {
            // Names stand beside the middle of their row, numbers beside their line.
            let place = bottom - y.place(yLabels == nil ? tick : tick + 0.5) * (bottom - top)
            if yLabels == nil { body += "<path class=\"grid\" d=\"M\(short(left)) \(short(place))H\(short(right))\"/>" }
            body +=
                "<text class=\"end\" x=\"\(short(left - 8))\" y=\"\(short(place + 4))\">\(yLabels?[index] ?? y.label(tick))</text>\n"
        }
        body +=
            "<text class=\"middle title\" x=\"\(short((left + right) / 2))\" y=\"\(short(bottom + 40))\">\(escaped(x.title))</text>\n"
        body +=
            "<text class=\"middle title\" transform=\"translate(16 \(short((top + bottom) / 2))) rotate(-90)\">\(escaped(y.title))</text>\n"
    }

    private func path(_ points: [(Double, Double)]) -> String {
        points.enumerated().map { index, value in
            let place = point(value.0, value.1)
            return "\(index == 0 ? "M" : "L")\(short(place.x)) \(short(place.y))"
        }.joined()
    }
}

/// A coordinate to a tenth of a unit, kept where a drawing can have it.
func short(_ value: Double) -> String {
    let tenths = Int((min(max(value, -1e6), 1e6) * 10).rounded())
    let (whole, rest) = (abs(tenths) / 10, abs(tenths) % 10)
    return (tenths < 0 ? "-" : "") + (rest == 0 ? "\(whole)" : "\(whole).\(rest)")
}

/// Text as it stands in HTML and SVG.
func escaped(_ text: String) -> String {
    var result = ""
    for character in text.unicodeScalars {
        switch character {
        case "&": result += "&amp;"
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        case "\"": result += "&quot;"
        // Control characters are not allowed in XML.
        case _ where character.value < 32 && character != "\n" && character != "\t": result += "\u{FFFD}"
        default: result.unicodeScalars.append(character)
        }
    }
    return result
}
