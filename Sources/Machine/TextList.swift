import FoundationEssentials
import Synchronization

/// Texts that are a list in JSON, such as the names of a million partitions. `JSONEncoder` takes microseconds for each
/// text, so ``json(_:)`` lets it write a mark and puts the texts in its place.
package struct TextList: Encodable, Sendable {
    /// How many there are.
    package let count: Int
    private let text: @Sendable (Int) -> UnsafeRawBufferPointer

    /// A list.
    ///
    /// - Parameters:
    ///   - count: How many there are.
    ///   - text: The UTF-8 of each, which must stay where it is as long as the list.
    package init(count: Int, _ text: @escaping @Sendable (Int) -> UnsafeRawBufferPointer) {
        (self.count, self.text) = (count, text)
    }

    /// One of them.
    package subscript(place: Int) -> String { String(decoding: text(place), as: UTF8.self) }

    /// Encodes a list of texts; by ``json(_:)`` a list of one mark.
    package func encode(to encoder: any Encoder) throws {
        var list = encoder.unkeyedContainer()
        if count > 0, let marks = encoder.userInfo[Marks.key] as? Marks {
            try list.encode(marks.mark(for: self))
        } else {
            for place in 0..<count { try list.encode(self[place]) }
        }
    }

    /// The texts as JSON.
    ///
    /// - Parameter separator: What stands between them.
    fileprivate func append(to json: inout [UInt8], separator: [UInt8]) {
        for place in 0..<count {
            if place > 0 { json += separator }
            let utf8 = text(place)
            json.append(UInt8(ascii: "\""))
            if utf8.contains(where: Self.isEscaped) {
                for byte in utf8 { json += Self.isEscaped(byte) ? Self.escaped(byte) : [byte] }
            } else {
                json += utf8
            }
            json.append(UInt8(ascii: "\""))
        }
    }

    private static func isEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private static func escaped(_ byte: UInt8) -> [UInt8] {
        let short: Character? =
            switch byte {
            case 0x08: "b"
            case 0x09: "t"
            case 0x0a: "n"
            case 0x0c: "f"
            case 0x0d: "r"
            case 0x22: "\""
            case 0x5c: "\\"
            default: nil
            }
        if let short { return Array("\\\(short)".utf8) }
        let digits = Array("0123456789abcdef".utf8)
        return Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
}

/// The lists of a value that becomes JSON, each under a mark that nothing else has.
final class Marks: Sendable {
    static let key: CodingUserInfoKey = {
        guard let key = CodingUserInfoKey(rawValue: "photoz.lists") else { preconditionFailure("a key without a name") }
        return key
    }()

    private let beginning = "photoz-list-\(UInt64.random(in: 0...UInt64.max))-"
    private let lists = Mutex<[TextList]>([])

    fileprivate func mark(for list: TextList) -> String {
        lists.withLock { lists in
            lists.append(list)
            return "\(beginning)\(lists.count - 1)"
        }
    }

    /// The JSON with lists in place of their marks, their texts one to a line as the marks are.
    func replaced(in data: Data) -> Data {
        let lists = lists.withLock { $0 }
        guard !lists.isEmpty else { return data }
        let (json, mark) = (Array(data), Array(("\"" + beginning).utf8))
        var (whole, done) = ([UInt8](), 0)
        while let start = Self.place(of: mark, in: json, from: done) {
            let line = json[done..<start].lastIndex(of: UInt8(ascii: "\n")) ?? start
            let digits = json[(start + mark.count)...].prefix { $0 != UInt8(ascii: "\"") }
            let number = digits.reduce(0) { 10 * $0 + Int($1 - UInt8(ascii: "0")) }
            whole += json[done..<start]
            lists[number].append(to: &whole, separator: [UInt8(ascii: ",")] + json[line..<start])
            done = digits.endIndex + 1
        }
        return Data(whole + json[done...])
    }

    private static func place(of words: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        var place = start
        while let next = bytes[place...].firstIndex(of: words[0]) {
            if bytes[next...].starts(with: words) { return next }
            place = next + 1
        }
        return nil
    }
}
