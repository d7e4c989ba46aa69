/// Reads a JSON text by the letter of RFC 8259, and refuses an object that gives a key twice: only one of the two
/// values could be taken, and nobody would hear of the other.
struct JSONParser {
    /// Why a text is refused: the byte, and the words for it.
    struct Fault: Error {
        let place: Int
        let reason: String
        /// The keys that lead to one that is given twice; nil for a text that is no JSON.
        var repeated: String?
    }

    /// Lists and objects in one another; files of this program have five.
    private static let deepest = 64

    private let bytes: UnsafeBufferPointer<UInt8>
    private var place = 0
    /// The keys and places that lead to the value that is being read.
    private var path: [Step] = []

    private enum Step {
        case key(String)
        case place(Int)
    }

    /// The path as messages say it, such as `data_map.0[1]`.
    private var spelled: String {
        path.reduce(into: "") { text, step in
            switch step {
            case .key(let key): text += text.isEmpty ? key : "." + key
            case .place(let place): text += "[\(place)]"
            }
        }
    }

    /// - Returns: What the text says.
    /// - Throws: ``Fault``
    static func parse(_ bytes: UnsafeBufferPointer<UInt8>) throws(Fault) -> JSONValue {
        var parser = JSONParser(bytes: bytes)
        // Some editors begin a file with the mark of UTF-8.
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { parser.place = 3 }
        let value = try parser.value(depth: 0)
        guard parser.next() == nil else { throw parser.fault("something follows the end") }
        return value
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    private func fault(_ reason: String) -> Fault { Fault(place: place, reason: reason) }

    private var byte: UInt8? { place < bytes.count ? bytes[place] : nil }

    /// The first byte behind white space.
    private mutating func next() -> UInt8? {
        while let byte, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { place += 1 }
        return byte
    }

    private mutating func take(_ expected: UInt8) -> Bool {
        guard next() == expected else { return false }
        place += 1
        return true
    }

    // MARK: Values

    private mutating func value(depth: Int) throws(Fault) -> JSONValue {
        guard depth < Self.deepest else { throw fault("lists or objects stand in one another too deep") }
        switch next() {
        case UInt8(ascii: "{"): return .object(try object(depth))
        case UInt8(ascii: "["): return .list(try list(depth))
        case UInt8(ascii: "\""): return .text(try text())
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case nil: throw fault("the file ends early")
        default: return .number(try number())
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(Fault) -> JSONValue {
        let end = place + word.utf8CodeUnitCount
        guard end <= bytes.count, (place..<end).allSatisfy({ bytes[$0] == word.utf8Start[$0 - place] }) else {
            throw fault("no value begins like this")
        }
        place = end
        return value
    }

    private mutating func list(_ depth: Int) throws(Fault) -> [JSONValue] {
        place += 1
        var items: [JSONValue] = []
        if take(UInt8(ascii: "]")) { return items }
        repeat {
            path.append(.place(items.count))
            items.append(try value(depth: depth + 1))
            path.removeLast()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else {
            throw fault(byte == nil ? "the file ends early" : "a list goes on without a comma")
        }
        return items
    }

    private mutating func object(_ depth: Int) throws(Fault) -> [String: JSONValue] {
        place += 1
        var entries: [String: JSONValue] = [:]
        if take(UInt8(ascii: "}")) { return entries }
        repeat {
            guard next() == UInt8(ascii: "\"") else {
                throw fault(byte == nil ? "the file ends early" : "a key is missing")
            }
            let start = place
            let key = try text()
            guard take(UInt8(ascii: ":")) else { throw fault("a key has no colon behind it") }
            path.append(.key(key))
            guard entries.updateValue(try value(depth: depth + 1), forKey: key) == nil else {
                throw Fault(place: start, reason: "a key stands twice", repeated: spelled)
            }
            path.removeLast()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else {
            throw fault(byte == nil ? "the file ends early" : "an object goes on without a comma")
        }
        return entries
    }

    // MARK: Numbers

    private mutating func digits() -> Int {
        let start = place
        while let byte, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { place += 1 }
        return place - start
    }

    private mutating func number() throws(Fault) -> String {
        let start = place
        if byte == UInt8(ascii: "-") { place += 1 }
        let leading = place
        guard digits() > 0 else { throw Fault(place: start, reason: "no value begins like this") }
        guard bytes[leading] != UInt8(ascii: "0") || place == leading + 1 else {
            throw Fault(place: start, reason: "this is no number")
        }
        if byte == UInt8(ascii: ".") {
            place += 1
            guard digits() > 0 else { throw Fault(place: start, reason: "this is no number") }
        }
        if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
            place += 1
            if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { place += 1 }
            guard digits() > 0 else { throw Fault(place: start, reason: "this is no number") }
        }
        return String(decoding: bytes[start..<place], as: UTF8.self)
    }

    // MARK: Texts

    private mutating func text() throws(Fault) -> String {
        place += 1
        var unescaped: [UInt8] = []
        while let byte, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw fault("a text has a line break or another control character in it") }
            if byte == UInt8(ascii: "\\") {
                try escape(into: &unescaped)
            } else {
                unescaped.append(byte)
                place += 1
            }
        }
        guard byte != nil else { throw fault("the file ends early") }
        guard let text = String(validating: unescaped, as: UTF8.self) else {
            throw fault("a text before this is not UTF-8")
        }
        place += 1
        return text
    }

    private mutating func escape(into text: inout [UInt8]) throws(Fault) {
        let start = place
        place += 1
        guard let code = byte else { throw fault("the file ends early") }
        place += 1
        switch code {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(code)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0c)
        case UInt8(ascii: "n"): text.append(0x0a)
        case UInt8(ascii: "r"): text.append(0x0d)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var value = try unit()
            if (0xd800..<0xdc00).contains(value), byte == UInt8(ascii: "\\"), place + 1 < bytes.count,
                bytes[place + 1] == UInt8(ascii: "u")
            {
                place += 2
                let low = try unit()
                guard (0xdc00..<0xe000).contains(low) else {
                    throw Fault(place: start, reason: "half a character is missing")
                }
                value = 0x10000 + (value - 0xd800) << 10 + (low - 0xdc00)
            }
            guard let scalar = Unicode.Scalar(value) else {
                throw Fault(place: start, reason: "half a character is missing")
            }
            text += Array(String(Character(scalar)).utf8)
        default: throw Fault(place: start, reason: "no character is written like this")
        }
    }

    /// Four hexadecimal digits.
    private mutating func unit() throws(Fault) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw fault("four hexadecimal digits are missing")
            }
            value = value << 4 | UInt32(digit)
            place += 1
        }
        return value
    }
}
