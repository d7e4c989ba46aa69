import Foundation
import PhotozMachine
import Testing

/// Long lists of texts in JSON, beside what `JSONEncoder` makes of the same texts.
@Suite struct TextListTests {
    private struct Lists<List: Encodable>: Encodable {
        let name: String
        let all: List
        let none: List
        let parts: [List]
    }

    /// Texts that stay where they are.
    private final class Texts: Sendable {
        private let texts: [StaticString]

        init(_ texts: [StaticString]) { self.texts = texts }

        var strings: [String] { texts.map(\.description) }

        func list(_ range: Range<Int>) -> TextList {
            TextList(count: range.count) { [self] place in
                let text = texts[range.lowerBound + place]
                return UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
            }
        }
    }

    private static let texts = Texts([
        "1.h5", "healpix=7/part 2.h5", "a \"quoted\" name", "back\\slash", "Ünïcode ☆ \u{1F30C}", "tab\tand\nline\r",
        "\u{8}\u{c}\u{1}\u{1f}\u{7f}", "", "photoz-list-0-0", "[], {}",
    ])

    @Test func theSameBytesAsAnArrayOfStrings() throws {
        let strings = Self.texts.strings
        let plain = Lists(
            name: "photoz-list-1", all: strings, none: [], parts: [Array(strings[..<1]), [], Array(strings[3...])])
        let lists = Lists(
            name: "photoz-list-1", all: Self.texts.list(0..<10), none: Self.texts.list(0..<0),
            parts: [Self.texts.list(0..<1), Self.texts.list(0..<0), Self.texts.list(3..<10)])
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let expected = String(decoding: try encoder.encode(plain), as: UTF8.self) + "\n"
        #expect(String(decoding: try json(lists), as: UTF8.self) == expected)
    }

    @Test func anEncoderThatKnowsNoMarksWritesTheTexts() throws {
        let data = try JSONEncoder().encode(Self.texts.list(0..<10))
        #expect(try JSONDecoder().decode([String].self, from: data) == Self.texts.strings)
    }
}
