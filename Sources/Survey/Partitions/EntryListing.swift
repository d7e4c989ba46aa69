import HDF5

/// The names of all that a file holds, as options take them: data sets, those in groups, and fields of tables (`table:z`).
public struct EntryListing {
    /// In the order of the file.
    public private(set) var names: [String] = []

    /// A group may hold itself, and a file any number of groups.
    private static let deepest = 4
    private static let most = 1000

    /// Looks through a file; what cannot be opened is passed over.
    public init(of file: File) { look(into: file, prefix: "", depth: 0) }

    private mutating func look(into group: Group, prefix: String, depth: Int) {
        for member in (try? group.members()) ?? [] where names.count < Self.most {
            let name = prefix + member.name
            switch member.kind {
            case .dataset:
                let fields = (try? group.dataset(member.name))?.fields ?? []
                names += fields.isEmpty ? [name] : fields.map { "\(name):\($0)" }
            case .group:
                guard depth < Self.deepest, let inner = try? group.group(member.name) else { continue }
                look(into: inner, prefix: name + "/", depth: depth + 1)
            case .other: continue
            }
        }
    }

    /// The names with commas between them, those first that are most like what was looked for; nil when there are none.
    public func text(near wanted: [String]) -> String? {
        guard !names.isEmpty else { return nil }
        let near = names.enumerated().map { place, name in
            (name: name, place: place, distance: wanted.map { Self.distance(name, $0) }.min() ?? 0)
        }
        return Self.shortened(near.sorted { ($0.distance, $0.place) < ($1.distance, $1.place) }.map(\.name))
    }

    /// The first of some names.
    static func shortened(_ names: [String]) -> String {
        let shown = 20
        let more = names.count > shown ? " and \(names.count - shown) more" : ""
        return names.prefix(shown).joined(separator: ", ") + more
    }

    /// How unlike two names are: of whole ones, or of what stands last in them, whichever is more alike.
    private static func distance(_ one: String, _ other: String) -> Int {
        let last = { (name: String) in name.split { $0 == "/" || $0 == ":" }.last.map(String.init) ?? name }
        return min(changes(one, other), changes(last(one), last(other)))
    }

    /// Letters to insert, leave out or replace in one name to get the other one, in whatever case.
    private static func changes(_ one: String, _ other: String) -> Int {
        // Longer names would take time without end.
        let (one, other) = (Array(one.lowercased().utf8.prefix(80)), Array(other.lowercased().utf8.prefix(80)))
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
}
