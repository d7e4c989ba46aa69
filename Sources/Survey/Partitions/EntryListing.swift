import HDF5
import PhotozText

/// The names of all that a file holds, as options take them: data sets, those in groups, and fields of tables
/// (`table:z`).
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
        return shortened(near.sorted { ($0.distance, $0.place) < ($1.distance, $1.place) }.map(\.name), 20)
    }

    /// How unlike two names are: of whole ones, or of what stands last in them, whichever is more alike.
    private static func distance(_ name: String, _ wanted: String) -> Int {
        let (one, other) = (name.lowercased(), wanted.lowercased())
        let last = { (name: String) in name.split { $0 == "/" || $0 == ":" }.last.map(String.init) ?? name }
        return min(editDistance(one, other), editDistance(last(one), last(other)))
    }
}
