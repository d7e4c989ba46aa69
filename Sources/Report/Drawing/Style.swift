/// Colours and measures of figures, in the light, in the dark and on paper.
enum Style {
    /// A colour, in the light and in the dark.
    struct Colour {
        let name: String
        let light: UInt32
        let dark: UInt32
    }

    /// What one word of a style does; a later one of the list wins.
    struct Rule {
        let word: String
        /// What is the colour of the shape's series then, by its name.
        var colour: String?
        /// By its name; `c` is that of the shape's series.
        var fill: String?
        var stroke: String?
        var width: Double?
        var opacity: Double?
        var isDashed = false
    }

    static let colours =
        [
            Colour(name: "ink", light: 0x1c2230, dark: 0xe6e9ef), Colour(name: "soft", light: 0x5c6577, dark: 0xa3acbd),
            Colour(name: "rule", light: 0xd9dde5, dark: 0x39414f),
            Colour(name: "paper", light: 0xffffff, dark: 0x151a22),
            Colour(name: "fill", light: 0x2f6fb5, dark: 0x6fb1ff),
            Colour(name: "accent", light: 0xc2410c, dark: 0xff9d5c),
        ] + series

    /// Colours that tell lines of a figure apart.
    static let series = seriesPairs.enumerated().map { Colour(name: "s\($0)", light: $1.0, dark: $1.1) }

    /// In the light and in the dark.
    private static let seriesPairs: [(UInt32, UInt32)] = [
        (0x2f6fb5, 0x6fb1ff), (0xd97706, 0xf5a344), (0x0f9d74, 0x3fcf9f), (0xc0458a, 0xf083bd), (0x7c6bd6, 0xa99bff),
        (0x8a8d2f, 0xc5c862), (0x1aa3bd, 0x57d0e6), (0x8c8c8c, 0xb5b5b5),
    ]

    /// How the levels of a density cover what is below them.
    static let densities = [0.14, 0.26, 0.38, 0.5, 0.62, 0.75, 0.88, 1]

    static let rules: [Rule] = {
        let named = [("accent", "accent"), ("quiet", "soft"), ("wait", "accent")] + series.map { ($0.name, $0.name) }
        var rules = named.map { Rule(word: $0, colour: $1) }
        rules += [
            Rule(word: "frame", stroke: "soft", width: 1), Rule(word: "grid", stroke: "rule", width: 0.6),
            Rule(word: "line", stroke: "c", width: 2), Rule(word: "thin", width: 1), Rule(word: "hair", width: 0.5),
            Rule(word: "dot", fill: "c"),
            Rule(word: "bar", fill: "c"), Rule(word: "wait", fill: "c"), Rule(word: "idle", fill: "rule"),
            Rule(word: "band", fill: "c", opacity: 0.16), Rule(word: "density", fill: "fill"),
            Rule(word: "dashed", isDashed: true),
        ]
        rules += densities.enumerated().map { Rule(word: "d\($0 + 1)", opacity: $1) }
        return rules
    }()

    /// For figures in a page.
    static let figure: String = {
        func declared(_ value: (Colour) -> UInt32) -> String {
            colours.map { "--\($0.name):#\(hexadecimal(value($0)))" }.joined(separator: ";")
        }
        let shapes = rules.map { rule in
            var parts: [String] = []
            if let colour = rule.colour { parts.append("--c:var(--\(colour))") }
            if let fill = rule.fill { parts.append("fill:var(--\(fill))") }
            if let stroke = rule.stroke { parts.append("stroke:var(--\(stroke))") }
            if let width = rule.width { parts.append("stroke-width:\(width)") }
            if let opacity = rule.opacity { parts.append("fill-opacity:\(opacity)") }
            if rule.isDashed { parts.append("stroke-dasharray:6 4") }
            return ".figure .\(rule.word){\(parts.joined(separator: ";"))}"
        }
        return """
            .figure{\(declared(\.light));--c:var(--fill);\
            font:13px Helvetica,Arial,"Liberation Sans",sans-serif;background:var(--paper);display:block;width:100%;height:auto}
            @media (prefers-color-scheme:dark){.figure{\(declared(\.dark))}}
            @media print{.figure{\(declared(\.light))}}
            .figure path,.figure rect,.figure circle{fill:none}
            \(shapes.joined(separator: "\n"))
            .figure text{fill:var(--ink)}.figure .middle{text-anchor:middle}.figure .end{text-anchor:end}
            .figure .title{fill:var(--soft)}.figure .small{font-size:9px}.figure .tiny{font-size:7.5px}.figure .strong{font-weight:bold}
            """
    }()

    /// Six digits.
    static func hexadecimal(_ colour: UInt32) -> String {
        let digits = String(colour, radix: 16)
        return String(repeating: "0", count: 6 - digits.count) + digits
    }
}

/// How shapes of a style look on paper, for files that know no style sheets.
struct Look {
    private(set) var fill: UInt32?
    private(set) var stroke: UInt32?
    private(set) var width = 1.0
    /// Of the fill.
    private(set) var opacity = 1.0
    private(set) var isDashed = false

    /// - Parameter style: Words of ``Style/rules``.
    init(_ style: String) {
        let words = style.split(separator: " ")
        var colour = "fill"
        func light(_ name: String) -> UInt32? {
            let wanted = name == "c" ? colour : name
            return Style.colours.first { $0.name == wanted }?.light
        }
        for rule in Style.rules where words.contains(rule.word[...]) {
            colour = rule.colour ?? colour
            fill = rule.fill.flatMap(light) ?? fill
            stroke = rule.stroke.flatMap(light) ?? stroke
            width = rule.width ?? width
            opacity = rule.opacity ?? opacity
            isDashed = isDashed || rule.isDashed
        }
    }
}

/// How lines of text look, on paper.
struct TextLook {
    let colour: UInt32
    let size: Double
    let isStrong: Bool
    /// How much of its length lies left of its place: 0, a half or 1.
    let shift: Double

    /// - Parameter style: The words `middle`, `end`, `title`, `small`, `tiny` and `strong`.
    init(_ style: String) {
        let words = style.split(separator: " ")
        colour = Style.colours[words.contains("title") ? 1 : 0].light
        size = words.contains("tiny") ? 7.5 : words.contains("small") ? 9 : 13
        isStrong = words.contains("strong")
        shift = words.contains("middle") ? 0.5 : words.contains("end") ? 1 : 0
    }
}
