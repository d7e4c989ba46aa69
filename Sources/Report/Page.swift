/// The HTML page: everything in it, nothing from elsewhere.
struct Page {
    private var body = ""

    /// A heading, and the section that the next additions belong to.
    mutating func section(_ title: String) { body += "<h2>\(escaped(title))</h2>\n" }

    mutating func title(_ title: String, _ text: String) {
        body += "<h1>\(escaped(title))</h1>\n<p>\(escaped(text))</p>\n"
    }

    mutating func paragraph(_ text: String) { body += "<p>\(escaped(text))</p>\n" }

    /// What must not be overlooked.
    mutating func notice(_ text: String) { body += "<p class=\"notice\">\(escaped(text))</p>\n" }

    /// The numbers that people look for first.
    mutating func tiles(_ tiles: [(value: String, name: String)]) {
        body += "<div class=\"tiles\">\n"
        for tile in tiles {
            body += "<div class=\"tile\"><b>\(escaped(tile.value))</b><span>\(escaped(tile.name))</span></div>\n"
        }
        body += "</div>\n"
    }

    /// Tables beside each other, as far as there is room.
    mutating func tables(_ tables: [(title: String, head: [String], rows: [[String]])]) {
        body += "<div class=\"tables\">\n"
        for entry in tables where !entry.rows.isEmpty {
            body += "<section>"
            section(entry.title)
            table(entry.head, entry.rows)
            body += "</section>\n"
        }
        body += "</div>\n"
    }

    mutating func figures(_ figures: [Figure]) {
        body += "<div class=\"figures\">\n"
        for figure in figures {
            body += "<figure id=\"\(figure.name)\">\n\(figure.svg(standalone: false))"
            body += "<figcaption>\(escaped(figure.caption))</figcaption></figure>\n"
        }
        body += "</div>\n"
    }

    /// A table whose first column is a name and whose others are numbers.
    mutating func table(_ head: [String], _ rows: [[String]]) {
        body += "<div class=\"scroll\"><table>\n<thead><tr>"
        for (column, cell) in head.enumerated() {
            body += "<th\(column == 0 ? " class=\"name\"" : "")>\(escaped(cell))</th>"
        }
        body += "</tr></thead>\n"
        for row in rows {
            body += "<tr>"
            for (column, cell) in row.enumerated() {
                body += "<td\(column == 0 ? " class=\"name\"" : "")>\(escaped(cell))</td>"
            }
            body += "</tr>\n"
        }
        body += "</table></div>\n"
    }

    /// Names and texts.
    mutating func facts(_ facts: [(String, String)]) {
        body += "<div class=\"scroll\"><table>\n"
        for (name, text) in facts {
            body += "<tr><td class=\"name\">\(escaped(name))</td><td class=\"text\">\(escaped(text))</td></tr>\n"
        }
        body += "</table></div>\n"
    }

    func html(title: String) -> String {
        """
        \(Report.pageMark)
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>\(escaped(title))</title>
        <style>
        \(Style.page)
        \(Style.figure)
        </style>
        </head>
        <body>
        \(body)</body>
        </html>

        """
    }
}
