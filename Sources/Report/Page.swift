/// The HTML page: everything in it, nothing from elsewhere.
struct Page {
    /// A part, in which only figures are to know where their files are.
    private enum Part {
        case text(String)
        case figures([Figure])
    }

    private var head = ""
    private var parts: [Part] = []
    private var contents: [(anchor: String, title: String)] = []

    /// A heading, and the section that the next additions belong to.
    mutating func section(_ title: String) {
        let anchor = "section-\(contents.count + 1)"
        contents.append((anchor, title))
        add("<h2 id=\"\(anchor)\">\(escaped(title))</h2>\n")
    }

    /// A heading within a section.
    mutating func subsection(_ title: String) { add("<h3>\(escaped(title))</h3>\n") }

    mutating func title(_ title: String, _ text: String) {
        head += "<h1>\(escaped(title))</h1>\n<p>\(escaped(text))</p>\n"
    }

    mutating func paragraph(_ text: String) { add(Self.paragraph(text)) }

    /// Before the table of contents.
    mutating func opening(_ text: String) { head += Self.paragraph(text) }

    /// What must not be overlooked, before the table of contents.
    mutating func notice(_ text: String) { head += "<p class=\"notice\">\(escaped(text))</p>\n" }

    private static func paragraph(_ text: String) -> String { "<p>\(escaped(text))</p>\n" }

    mutating func list(_ items: [String]) {
        add("<ul>\n" + items.map { "<li>\(escaped($0))</li>\n" }.joined() + "</ul>\n")
    }

    /// The numbers that people look for first, with their errors where these are known.
    mutating func tiles(_ tiles: [(value: String, error: String?, name: String)]) {
        head += "<div class=\"tiles\">\n"
        for tile in tiles {
            let error = tile.error.map { " <i>± \(escaped($0))</i>" } ?? ""
            head +=
                "<div class=\"tile\"><b>\(escaped(tile.value))</b>\(error)<span>\(escaped(tile.name))</span></div>\n"
        }
        head += "</div>\n"
    }

    /// Tables beside each other, as far as there is room.
    mutating func tables(_ tables: [(title: String, head: [String], rows: [[String]])]) {
        add("<div class=\"tables\">\n")
        for entry in tables where !entry.rows.isEmpty {
            add("<section>")
            subsection(entry.title)
            table(entry.head, entry.rows)
            add("</section>\n")
        }
        add("</div>\n")
    }

    mutating func figures(_ figures: [Figure]) { parts.append(.figures(figures)) }

    private mutating func add(_ text: String) { parts.append(.text(text)) }

    /// - Parameter folder: The folder of the figures' files, as the page leads to it.
    private static func html(_ figures: [Figure], _ folder: String) -> String {
        var text = "<div class=\"figures\">\n"
        for figure in figures {
            text +=
                "<figure id=\"\(figure.name)\"\(figure.isWide ? " class=\"wide\"" : "")>\n\(figure.svg(standalone: false))"
            text += "<figcaption>\(escaped(figure.caption)) <span class=\"files\">"
            text += ["svg", "pdf", "csv"].map { kind in
                let target = address("\(folder)/\(figure.name).\(kind)")
                return "<a href=\"\(escaped(target))\">\(kind.uppercased())</a>"
            }.joined(separator: " ")
            text += "</span></figcaption></figure>\n"
        }
        return text + "</div>\n"
    }

    /// A path as an address: what means something else there is written as its code.
    private static func address(_ path: String) -> String {
        path.utf8.map { byte in
            let character = Character(UnicodeScalar(byte))
            let isPlain = byte < 128 && (character.isLetter || character.isNumber || "-_./~".contains(character))
            return isPlain ? String(character) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }

    /// A table whose first column is a name and whose others are numbers.
    mutating func table(_ head: [String], _ rows: [[String]]) {
        // What fits on a page is not parted on paper.
        var text = "<div class=\"scroll\(rows.count <= 30 ? " whole" : "")\"><table>\n<thead><tr>"
        for (column, cell) in head.enumerated() {
            text += "<th\(column == 0 ? " class=\"name\"" : "")>\(escaped(cell))</th>"
        }
        text += "</tr></thead>\n"
        for row in rows {
            text += "<tr>"
            for (column, cell) in row.enumerated() {
                text += "<td\(column == 0 ? " class=\"name\"" : "")>\(escaped(cell))</td>"
            }
            text += "</tr>\n"
        }
        add(text + "</table></div>\n")
    }

    /// Names and texts.
    mutating func facts(_ facts: [(String, String)]) {
        let rows = facts.map { name, text in
            "<tr><td class=\"name\">\(escaped(name))</td><td class=\"text\">\(escaped(text))</td></tr>\n"
        }
        add("<div class=\"scroll\"><table>\n" + rows.joined() + "</table></div>\n")
    }

    private var navigation: String {
        guard contents.count > 1 else { return "" }
        let entries = contents.map { "<li><a href=\"#\($0.anchor)\">\(escaped($0.title))</a></li>\n" }
        return "<nav aria-label=\"Contents\"><ol>\n\(entries.joined())</ol></nav>\n"
    }

    /// - Parameters:
    ///   - title: Of the window.
    ///   - figureFolder: The folder of the figures' files, as the page leads to it.
    func html(title: String, figureFolder: String) -> String {
        let body = parts.map { part in
            switch part {
            case .text(let text): text
            case .figures(let figures): Self.html(figures, figureFolder)
            }
        }.joined()
        return """
            \(Report.pageMark)
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(escaped(title))</title>
            <style>
            \(PageStyle.sheet)
            \(Style.figure)
            </style>
            </head>
            <body>
            \(head)\(navigation)\(body)</body>
            </html>

            """
    }
}
