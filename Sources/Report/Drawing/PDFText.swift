/// A line of text in the fonts that every viewer of PDF has: Helvetica, and Symbol for Greek letters.
struct PDFText {
    /// Letters of one font.
    struct Run {
        let isSymbol: Bool
        fileprivate(set) var codes: [UInt8] = []
        /// How far the next run begins from this one, in sizes of the font.
        fileprivate(set) var width = 0.0

        var hexadecimal: String {
            codes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
    }

    private(set) var runs: [Run] = []
    /// Of the whole line, in sizes of the font.
    var width: Double { runs.reduce(0) { $0 + $1.width } }

    init(_ text: String) {
        for letter in text.unicodeScalars {
            if letter == "\u{202F}" {
                // A space of its own: none of the fonts has a thin one.
                if runs.isEmpty { runs.append(Run(isSymbol: false)) }
                runs[runs.count - 1].width += 0.2
                runs.append(Run(isSymbol: false))
            } else if let (code, width) = Self.symbols[letter] {
                add(code, width, isSymbol: true)
            } else {
                let code = Self.code(letter)
                add(code, code < 127 ? Self.widths[Int(code) - 32] : Self.others[code] ?? 556, isSymbol: false)
            }
        }
    }

    /// - Parameter width: In thousandths of the font's size.
    private mutating func add(_ code: UInt8, _ width: Int, isSymbol: Bool) {
        if runs.last?.isSymbol != isSymbol { runs.append(Run(isSymbol: isSymbol)) }
        runs[runs.count - 1].codes.append(code)
        runs[runs.count - 1].width += Double(width) / 1000
    }

    /// In WinAnsiEncoding; a question mark for what that has not.
    private static func code(_ letter: Unicode.Scalar) -> UInt8 {
        switch letter.value {
        case 32...126, 0xA1...0xFF: return UInt8(letter.value)
        case 0xA0: return 32
        default: return punctuation[letter] ?? UInt8(ascii: "?")
        }
    }

    private static let punctuation: [Unicode.Scalar: UInt8] = [
        "…": 0x85, "‘": 0x91, "’": 0x92, "“": 0x93, "”": 0x94, "•": 0x95, "–": 0x96, "—": 0x97, "\t": 32,
    ]

    /// Codes of Symbol, and their widths.
    private static let symbols: [Unicode.Scalar: (UInt8, Int)] = [
        "−": (0x2D, 549), "σ": (0x73, 603), "Δ": (0x44, 612), "≤": (0xA3, 549), "≥": (0xB3, 549), "∞": (0xA5, 713),
        "μ": (0x6D, 576), "χ": (0x63, 549), "α": (0x61, 631), "δ": (0x64, 494),
    ]

    /// Widths of Helvetica from the space on, as its metrics file has them.
    private static let widths = [
        278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556,
        556,
        556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556,
        833,
        722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500,
        556,
        556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500,
        334,
        260, 334, 584,
    ]

    /// Those of some letters beyond.
    private static let others: [UInt8: Int] = [
        0x85: 1000, 0x91: 222, 0x92: 222, 0x93: 333, 0x94: 333, 0x95: 350, 0x97: 1000, 0xB1: 584, 0xB2: 333, 0xD7: 584,
    ]
}
