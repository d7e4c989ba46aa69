/// What a JSON text says.
package enum JSONValue: Sendable, Equatable {
    case null
    case boolean(Bool)
    /// As it is written, which no binary type may hold exactly.
    case number(String)
    case text(String)
    case list([JSONValue])
    case object([String: JSONValue])

    /// What it is, for messages.
    var words: String {
        switch self {
        case .null: "null"
        case .boolean(let value): "\(value)"
        case .number(let text): "the number \(Self.shortened(text))"
        case .text(let text): "the text \"\(Self.shortened(text))\""
        case .list(let items): items.isEmpty ? "an empty list" : "a list"
        case .object(let entries): entries.isEmpty ? "an empty object" : "an object"
        }
    }

    /// Enough of a text to know it by, on one line.
    static func shortened(_ text: String) -> String {
        let plain = text.unicodeScalars.prefix(61).map {
            $0.properties.generalCategory == .control ? "?" : Character($0)
        }
        return plain.count > 60 ? String(plain[..<60]) + "..." : String(plain)
    }
}
