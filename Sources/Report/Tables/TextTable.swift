/// Rows of text under a head.
package struct TextTable: Sendable {
    private let head: [String]
    private let rows: [[String]]

    init(_ head: [String], _ rows: [[String]]) {
        self.head = head
        self.rows = rows
    }

    /// For people: columns aligned at the right, but for the last.
    package var text: String {
        let table = [head] + rows
        let widths = head.indices.map { column in table.map { $0[column].count }.max() ?? 0 }
        return table.map { cells in
            cells.enumerated().map { column, cell in
                column == head.count - 1 ? cell : String(repeating: " ", count: widths[column] - cell.count) + cell
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }

    /// For programs.
    package var csv: String {
        ([head] + rows).map { $0.map(Self.field).joined(separator: ",") }.joined(separator: "\n") + "\n"
    }

    /// A cell, in quotes only where it would break the table.
    private static func field(_ text: String) -> String {
        guard text.contains(where: { ",\"\n\r".contains($0) }) else { return text }
        return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}

/// A number for programs, with the digits of a float32 where it fits in one; nothing for what is none.
func plain(_ value: Double?) -> String {
    guard let value, value.isFinite else { return "" }
    let single = Float(value)
    return single.isFinite ? "\(single)" : "\(value)"
}
