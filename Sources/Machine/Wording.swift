import FoundationEssentials
import Glibc

/// JSON as this program writes it: keys sorted, one to a line, slashes as they are. What is a ``TextList`` may be long.
package func json(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let marks = Marks()
    encoder.userInfo[Marks.key] = marks
    return marks.replaced(in: try encoder.encode(value)) + Data("\n".utf8)
}

/// JSON in one line without its end, keys sorted, slashes as they are.
package func jsonLine(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}

/// A time as results write it: ISO 8601 in UTC.
package func timestamp(_ date: Date) -> String { date.formatted(.iso8601) }

/// How long something takes, in the two largest units.
package func duration(_ seconds: Double) -> String {
    let seconds = Int(seconds.rounded())
    let units = [(86_400, "d"), (3600, "h"), (60, "min"), (1, "s")]
    guard let first = units.firstIndex(where: { $0.0 <= seconds }) else { return "0 s" }
    let (large, name) = units[first]
    let rest = units.dropFirst(first + 1).first.flatMap { small, name in
        seconds % large >= small ? " \(seconds % large / small) \(name)" : nil
    }
    return "\(seconds / large) \(name)" + (rest ?? "")
}

/// A number with a fixed number of decimals; a dash for none.
package func decimal(_ value: Double?, _ digits: Int) -> String {
    guard let value, value.isFinite else { return "-" }
    var text = [CChar](repeating: 0, count: 400)
    let length = withVaList([value]) { vsnprintf(&text, text.count, "%.\(digits)f", $0) }
    return String(decoding: text.prefix(Int(length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
