/// A text of a record; null, and not left out, where there is none.
package struct TextOrNull: Encodable, Sendable {
    /// The text.
    package let text: String?

    /// - Parameter text: Nil for none.
    package init(_ text: String?) { self.text = text }

    /// Encodes the text, or null.
    package func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        if let text { try value.encode(text) } else { try value.encodeNil() }
    }
}
