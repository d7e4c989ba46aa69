/// Parts a text into words as a shell does: blanks part them, quotes and backslashes keep what they enclose together.
///
/// - Returns: The words; nil when a quote is never closed, or the last character is a backslash.
package func shellWords(_ text: String) -> [String]? {
    var words: [String] = []
    // Nil between words: a quoted word may be empty.
    var word: String?
    var quote: Character?
    var characters = text.makeIterator()
    while let character = characters.next() {
        switch (character, quote) {
        case ("\\", nil), ("\\", "\""):
            guard let next = characters.next() else { return nil }
            word = (word ?? "") + (quote != nil && next != "\"" && next != "\\" ? "\\" : "") + String(next)
        case ("'", nil), ("\"", nil):
            quote = character
            word = word ?? ""
        case (let character, let open?) where character == open: quote = nil
        case (let character, nil) where character.isWhitespace:
            if let done = word { words.append(done) }
            word = nil
        default: word = (word ?? "") + String(character)
        }
    }
    guard quote == nil else { return nil }
    return words + [word].compactMap(\.self)
}
