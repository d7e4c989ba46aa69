/// Figures as PDF, for papers: the same shapes, with text in Helvetica and Symbol, which every viewer has.
extension Figure {
    /// How the files begin.
    static let pdfMark = "%PDF-1.4\n% A figure of photoz report.\n"

    /// A file with one page of the drawing's size.
    var pdf: [UInt8] {
        var page = PDFPage(height: height)
        for mark in marks { page.draw(mark) }
        var file = PDFFile()
        let content = file.add("/Filter/FlateDecode", stream: compressed(Array(page.content.utf8)))
        let fonts = ["Helvetica", "Helvetica-Bold", "Symbol"].map { name in
            file.add(
                "<</Type/Font/Subtype/Type1/BaseFont/\(name)\(name == "Symbol" ? "" : "/Encoding/WinAnsiEncoding")>>")
        }
        let pictures = page.pictures.map { picture in
            file.add(
                "/Type/XObject/Subtype/Image/Width \(picture.width)/Height \(picture.height)/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/FlateDecode",
                stream: compressed(picture.pixels))
        }
        func named(_ letter: String, _ objects: [Int]) -> String {
            "<<" + objects.enumerated().map { "/\(letter)\($0) \($1) 0 R" }.joined() + ">>"
        }
        let opacities = "<<" + page.opacities.enumerated().map { "/G\($0)<</ca \($1)>>" }.joined() + ">>"
        // The list of pages is the next but one.
        let leaf = file.add(
            "<</Type/Page/Parent \(file.count + 2) 0 R/MediaBox[0 0 \(short(Self.width)) \(short(height))]/Contents \(content) 0 R"
                + "/Resources<</Font\(named("F", fonts))/XObject\(named("I", pictures))/ExtGState\(opacities)>>>>")
        let pages = file.add("<</Type/Pages/Kids[\(leaf) 0 R]/Count 1>>")
        let root = file.add("<</Type/Catalog/Pages \(pages) 0 R>>")
        return file.closed(root: root)
    }
}

/// A file's objects, numbered from 1.
private struct PDFFile {
    private var bytes = Array(Figure.pdfMark.utf8)
    private var places: [Int] = []

    var count: Int { places.count }

    mutating func add(_ text: String) -> Int { add(Array(text.utf8)) }

    mutating func add(_ entries: String, stream: [UInt8]) -> Int {
        add(Array("<<\(entries)/Length \(stream.count)>>stream\n".utf8) + stream + Array("\nendstream".utf8))
    }

    private mutating func add(_ content: [UInt8]) -> Int {
        places.append(bytes.count)
        bytes += Array("\(places.count) 0 obj\n".utf8) + content + Array("\nendobj\n".utf8)
        return places.count
    }

    func closed(root: Int) -> [UInt8] {
        let lines = places.map { place in
            let digits = "\(place)"
            return String(repeating: "0", count: max(0, 10 - digits.count)) + digits + " 00000 n \n"
        }
        let table = "xref\n0 \(count + 1)\n0000000000 65535 f \n" + lines.joined()
        return bytes
            + Array("\(table)trailer\n<</Size \(count + 1)/Root \(root) 0 R>>\nstartxref\n\(bytes.count)\n%%EOF\n".utf8)
    }
}

/// What is drawn on a page, whose y goes upwards.
private struct PDFPage {
    let height: Double
    private(set) var content = ""
    private(set) var pictures: [Picture] = []
    private(set) var opacities: [Double] = []

    init(height: Double) { self.height = height }

    mutating func draw(_ mark: Mark) {
        switch mark {
        case .path(let steps, let style): paint(Look(style)) { page in steps.map { page.step($0) }.joined() }
        case .box(let box, let style, _): paint(Look(style)) { $0.step(.box(box)) }
        case .circle(let x, let y, let radius, let style, _): paint(Look(style)) { $0.circle(x, y, radius) }
        case .text(let text, let x, let y, let style, let isTurned): write(text, x, y, TextLook(style), isTurned)
        case .picture(let picture, let box):
            content += "q \(short(box.width)) 0 0 \(short(box.height)) \(short(box.x)) \(up(box.bottom)) cm "
            content += "/I\(pictures.count) Do Q\n"
            pictures.append(picture)
        }
    }

    private mutating func paint(_ look: Look, _ shape: (PDFPage) -> String) {
        guard look.fill != nil || look.stroke != nil else { return }
        content += "q "
        if look.opacity < 1 {
            let place = opacities.firstIndex(of: look.opacity) ?? opacities.count
            if place == opacities.count { opacities.append(look.opacity) }
            content += "/G\(place) gs "
        }
        if let fill = look.fill { content += Self.colour(fill) + " rg " }
        if let stroke = look.stroke { content += "\(Self.colour(stroke)) RG \(look.width) w " }
        if look.isDashed { content += "[6 4] 0 d " }
        content += shape(self) + (look.fill == nil ? "S" : look.stroke == nil ? "f" : "B") + " Q\n"
    }

    private func step(_ step: Mark.Step) -> String {
        switch step {
        case .move(let x, let y): "\(short(x)) \(up(y)) m "
        case .line(let x, let y): "\(short(x)) \(up(y)) l "
        case .box(let box): "\(short(box.x)) \(up(box.bottom)) \(short(box.width)) \(short(box.height)) re "
        }
    }

    /// Four arcs.
    private func circle(_ x: Double, _ y: Double, _ radius: Double) -> String {
        let reach = 0.5523 * radius
        func point(_ right: Double, _ down: Double) -> String { "\(short(x + right)) \(up(y + down)) " }
        var text = point(radius, 0) + "m "
        for (a, b) in [(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)] {
            // From (a, b) on to (-b, a).
            text += point(a * radius - b * reach, b * radius + a * reach)
            text += point(-b * radius + a * reach, a * radius + b * reach) + point(-b * radius, a * radius) + "c "
        }
        return text
    }

    private mutating func write(_ text: String, _ x: Double, _ y: Double, _ look: TextLook, _ isTurned: Bool) {
        let line = PDFText(text)
        var along = -look.shift * line.width * look.size
        content += "BT \(Self.colour(look.colour)) rg\n"
        for run in line.runs {
            let font = run.isSymbol ? 2 : look.isStrong ? 1 : 0
            let place =
                isTurned ? "0 1 -1 0 \(short(x)) \(up(y - along))" : "1 0 0 1 \(short(x + along)) \(up(y))"
            content += "/F\(font) \(short(look.size)) Tf \(place) Tm <\(run.hexadecimal)> Tj\n"
            along += run.width * look.size
        }
        content += "ET\n"
    }

    private func up(_ y: Double) -> String { short(height - y) }

    private static func colour(_ colour: UInt32) -> String {
        [16, 8, 0].map { decimal(Double(colour >> UInt32($0) & 255) / 255, 3) }.joined(separator: " ")
    }
}
