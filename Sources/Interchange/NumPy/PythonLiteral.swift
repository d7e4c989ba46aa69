/// A value as Python writes it in source text: what the header of a NumPy array is made of.
indirect enum PythonLiteral: Equatable {
    case none
    case boolean(Bool)
    case integer(Int)
    case text(String)
    case list([PythonLiteral])
    case tuple([PythonLiteral])
    case dictionary([String: PythonLiteral])

    /// - Returns: nil when the text is no such value, or has anything but blanks behind it.
    init?(_ text: some StringProtocol) {
        var parser = PythonLiteralParser(text)
        guard let value = parser.value(depth: 0), parser.isAtEnd() else { return nil }
        self = value
    }

    /// The elements of a tuple or list.
    var elements: [PythonLiteral]? {
        switch self {
        case .list(let elements), .tuple(let elements): elements
        default: nil
        }
    }

    /// Whole numbers of a tuple, such as a shape; a single number is taken for a tuple of one.
    var integers: [Int]? {
        if case .integer(let number) = self { return [number] }
        guard let elements else { return nil }
        let numbers = elements.compactMap { if case .integer(let number) = $0 { number } else { nil } }
        return numbers.count == elements.count ? numbers : nil
    }
}

private struct PythonLiteralParser {
    private let characters: [UInt8]
    private var place = 0
    /// Containers inside of each other.
    private static let deepest = 32

    init(_ text: some StringProtocol) { characters = Array(text.utf8) }

    mutating func isAtEnd() -> Bool {
        skipBlanks()
        return place == characters.count
    }

    mutating func value(depth: Int) -> PythonLiteral? {
        skipBlanks()
        guard depth < Self.deepest, place < characters.count else { return nil }
        switch characters[place] {
        case UInt8(ascii: "'"), UInt8(ascii: "\""): return text().map { .text($0) }
        case UInt8(ascii: "{"): return dictionary(depth: depth)
        case UInt8(ascii: "("):
            return elements(until: ")", depth: depth).map { values, hasComma in
                values.count == 1 && !hasComma ? values[0] : .tuple(values)
            }
        case UInt8(ascii: "["): return elements(until: "]", depth: depth).map { .list($0.0) }
        default: return word()
        }
    }

    private mutating func skipBlanks() {
        while place < characters.count, [9, 10, 13, 32].contains(characters[place]) { place += 1 }
    }

    /// Whether the next character is this one, which is then passed over.
    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipBlanks()
        guard place < characters.count, characters[place] == UInt8(ascii: character) else { return false }
        place += 1
        return true
    }

    private mutating func elements(until end: Unicode.Scalar, depth: Int) -> ([PythonLiteral], hasComma: Bool)? {
        place += 1
        var (values, hasComma) = ([PythonLiteral](), false)
        while !take(end) {
            guard values.isEmpty || hasComma, let value = value(depth: depth + 1) else { return nil }
            values.append(value)
            let isMore = take(",")
            if values.count == 1 { hasComma = isMore }
            guard isMore || place < characters.count && characters[place] == UInt8(ascii: end) else { return nil }
        }
        return (values, hasComma)
    }

    private mutating func dictionary(depth: Int) -> PythonLiteral? {
        place += 1
        var entries: [String: PythonLiteral] = [:]
        while !take("}") {
            guard case .text(let key) = value(depth: depth + 1), take(":"), let value = value(depth: depth + 1),
                entries.updateValue(value, forKey: key) == nil
            else { return nil }
            guard take(",") || place < characters.count && characters[place] == UInt8(ascii: "}") else { return nil }
        }
        return .dictionary(entries)
    }

    private mutating func text() -> String? {
        let quote = characters[place]
        place += 1
        var bytes: [UInt8] = []
        while place < characters.count {
            let character = characters[place]
            place += 1
            if character == quote { return String(decoding: bytes, as: UTF8.self) }
            guard character == UInt8(ascii: "\\") else {
                bytes.append(character)
                continue
            }
            guard let escaped = escape() else { return nil }
            bytes += Array(String(Character(escaped)).utf8)
        }
        return nil
    }

    /// What stands behind a backslash.
    private mutating func escape() -> Unicode.Scalar? {
        guard place < characters.count else { return nil }
        let character = characters[place]
        place += 1
        let digits: Int
        switch character {
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): return Unicode.Scalar(character)
        case UInt8(ascii: "x"): digits = 2
        case UInt8(ascii: "u"): digits = 4
        case UInt8(ascii: "U"): digits = 8
        default: return nil
        }
        guard digits <= characters.count - place else { return nil }
        defer { place += digits }
        return UInt32(String(decoding: characters[place..<place + digits], as: UTF8.self), radix: 16)
            .flatMap(Unicode.Scalar.init)
    }

    private mutating func word() -> PythonLiteral? {
        let start = place
        while place < characters.count, !Array(" \t\r\n,:()[]{}'\"".utf8).contains(characters[place]) { place += 1 }
        var word = String(decoding: characters[start..<place], as: UTF8.self)
        switch word {
        case "None": return PythonLiteral.none
        case "True": return .boolean(true)
        case "False": return .boolean(false)
        default:
            // As Python 2 writes long integers.
            if word.hasSuffix("L") { word.removeLast() }
            return Int(word).map { .integer($0) }
        }
    }
}
