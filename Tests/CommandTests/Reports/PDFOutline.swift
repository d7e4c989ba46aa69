import Foundation

/// What a reader of PDF looks for first: the table at the end, and the objects that it leads to.
struct PDFOutline {
    /// Whether each entry of the table leads to an object of its number.
    let isWhole: Bool
    /// Objects.
    let count: Int

    /// - Returns: Nil for what is no PDF.
    init?(_ data: Data) {
        let bytes = [UInt8](data)
        func text(from place: Int, _ length: Int) -> String {
            String(decoding: bytes[min(place, bytes.count)..<min(place + length, bytes.count)], as: UTF8.self)
        }
        let end = text(from: max(bytes.count - 64, 0), 64).split(separator: "\n")
        guard text(from: 0, 5) == "%PDF-", end.last == "%%EOF", end.count > 2, let place = Int(end[end.count - 2])
        else {
            return nil
        }
        let root = text(from: place, bytes.count - place).components(separatedBy: "/Root ").last?.split(separator: " ")
            .first
        let lines = text(from: place, bytes.count - place).split(separator: "\n")
        guard lines.count > 2, lines[0] == "xref", let size = lines[1].split(separator: " ").last.flatMap({ Int($0) })
        else {
            return nil
        }
        count = size - 1
        let entries = lines.dropFirst(3).prefix(count)
        isWhole =
            entries.count == count && (1...max(count, 1)).contains(root.flatMap { Int($0) } ?? 0)
            && entries.enumerated().allSatisfy { number, line in
                // Twenty bytes each, whose first ten are the place.
                guard line.count == 19, let place = Int(line.prefix(10)) else { return false }
                return text(from: place, 16).hasPrefix("\(number + 1) 0 obj\n")
            }
    }
}
