/// Names for people: the first of them, and how many more there are.
///
/// - Parameters:
///   - names: All of them.
///   - limit: How many are shown.
package func shortened(_ names: [String], _ limit: Int = 12) -> String {
    let first = names.prefix(limit).map { $0.count > 120 ? $0.prefix(117) + "..." : $0 }.joined(separator: ", ")
    return names.count > limit ? "\(first) and \(names.count - limit) more" : first
}

/// Letters to insert, leave out or replace in one name to get the other one: the Levenshtein distance. Of long names
/// the first 80 bytes are compared, since it takes time that grows with the product of their lengths.
package func editDistance(_ one: String, _ other: String) -> Int {
    let (one, other) = (one.utf8.prefix(80), Array(other.utf8.prefix(80)))
    var row = Array(0...other.count)
    for (place, letter) in one.enumerated() {
        var diagonal = row[0]
        row[0] = place + 1
        for (column, wanted) in other.enumerated() {
            let replaced = diagonal + (letter == wanted ? 0 : 1)
            diagonal = row[column + 1]
            row[column + 1] = min(replaced, diagonal + 1, row[column] + 1)
        }
    }
    return row[other.count]
}

/// Bytes as people read them.
package func megabytes(_ bytes: Int) -> String {
    bytes < 1_000_000 ? "\((bytes + 999) / 1000) kB" : "\((bytes + 999_999) / 1_000_000) MB"
}
