/// Figures as SVG.
extension Figure {
    /// The drawing as an element of a page, whose style sheet has its colours; or as a file of its own, for paper, with
    /// colours that programs without style sheets understand too.
    func svg(standalone: Bool) -> String {
        let writer = SVGWriter(isStandalone: standalone)
        let (width, height) = (Int(Self.width), Int(height.rounded(.up)))
        let look =
            standalone
            ? " width=\"\(width)\" height=\"\(height)\" font-family=\"Helvetica,Arial,'Liberation Sans',sans-serif\" font-size=\"13\""
            : " class=\"figure\""
        return (standalone ? Report.figureMark + "\n" : "")
            + "<svg xmlns=\"http://www.w3.org/2000/svg\"\(look) viewBox=\"0 0 \(width) \(height)\" role=\"img\" aria-label=\"\(escaped(caption))\">\n"
            + (standalone ? "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n" : "")
            + marks.map(writer.element).joined() + "</svg>\n"
    }
}

private struct SVGWriter {
    let isStandalone: Bool

    func element(_ mark: Mark) -> String {
        switch mark {
        case .path(let steps, let style): return "<path\(look(style)) d=\"\(steps.map(step).joined())\"/>\n"
        case .box(let box, let style, let tip):
            return ended(
                "<rect\(look(style)) x=\"\(short(box.x))\" y=\"\(short(box.y))\" width=\"\(short(box.width))\" height=\"\(short(box.height))\"",
                "rect", tip)
        case .circle(let x, let y, let radius, let style, let tip):
            return ended(
                "<circle\(look(style)) cx=\"\(short(x))\" cy=\"\(short(y))\" r=\"\(short(radius))\"", "circle", tip)
        case .text(let text, let x, let y, let style, let isTurned):
            let place =
                isTurned
                ? "transform=\"translate(\(short(x)) \(short(y))) rotate(-90)\"" : "x=\"\(short(x))\" y=\"\(short(y))\""
            return "<text\(textLook(style)) \(place)>\(escaped(text))</text>\n"
        case .picture(let picture, let box):
            return
                "<image x=\"\(short(box.x))\" y=\"\(short(box.y))\" width=\"\(short(box.width))\" height=\"\(short(box.height))\" style=\"image-rendering:pixelated\" href=\"data:image/png;base64,\(picture.base64)\"/>\n"
        }
    }

    private func ended(_ start: String, _ name: String, _ tip: String) -> String {
        tip.isEmpty ? start + "/>\n" : "\(start)><title>\(escaped(tip))</title></\(name)>\n"
    }

    private func step(_ step: Mark.Step) -> String {
        switch step {
        case .move(let x, let y): return "M\(short(x)) \(short(y))"
        case .line(let x, let y): return "L\(short(x)) \(short(y))"
        case .box(let box):
            return "M\(short(box.x)) \(short(box.y))H\(short(box.right))V\(short(box.bottom))H\(short(box.x))z"
        }
    }

    private func look(_ style: String) -> String {
        guard isStandalone else { return style.isEmpty ? "" : " class=\"\(style)\"" }
        let look = Look(style)
        var text = " fill=\"\(look.fill.map(colour) ?? "none")\""
        if look.opacity < 1 { text += " fill-opacity=\"\(look.opacity)\"" }
        if let stroke = look.stroke { text += " stroke=\"\(colour(stroke))\" stroke-width=\"\(look.width)\"" }
        return look.isDashed ? text + " stroke-dasharray=\"6 4\"" : text
    }

    private func textLook(_ style: String) -> String {
        guard isStandalone else { return style.isEmpty ? "" : " class=\"\(style)\"" }
        let look = TextLook(style)
        return " fill=\"\(colour(look.colour))\"" + (look.size != 13 ? " font-size=\"\(short(look.size))\"" : "")
            + (look.isStrong ? " font-weight=\"bold\"" : "")
            + (look.shift > 0 ? " text-anchor=\"\(look.shift == 1 ? "end" : "middle")\"" : "")
    }

    private func colour(_ colour: UInt32) -> String { "#" + Style.hexadecimal(colour) }
}

/// A coordinate to a tenth of a unit, kept where a drawing can have it.
func short(_ value: Double) -> String {
    guard value.isFinite else { return "0" }
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
        // Control characters are not allowed in XML, nor the last two of the plane.
        case _ where character.value < 32 && character != "\n" && character != "\t": result += "\u{FFFD}"
        case "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
        default: result.unicodeScalars.append(character)
        }
    }
    return result
}
