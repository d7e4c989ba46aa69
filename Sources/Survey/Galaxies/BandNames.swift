/// The bands of images or magnitudes by their names, in the order in which a file has them.
public struct BandNames: Sendable, Hashable, Codable, CustomStringConvertible {
    /// One short name for each band, in small letters: `u`, `g`, `r`.
    public let names: [String]

    /// As people write it: `ugriz`, or with commas when a name has several letters.
    public var description: String { names.joined(separator: names.allSatisfy { $0.count == 1 } ? "" : ",") }

    /// Takes what a file or a person says: one text, `ugriz`, `u,g,r,i,z` or `sdss-ugriz`, or a text for each band,
    /// `hsc-g`. Nil when that does not name so many bands, or one of them twice.
    public init?(_ texts: [String], count: Int) {
        var words = texts.map { $0.lowercased() }
        if words.count == 1, count > 1 { words = Self.words(words[0], count: count) }
        let names = words.map(Self.short)
        guard names.count == count, Set(names).count == count, !names.contains("") else { return nil }
        self.names = names
    }

    private static func words(_ text: String, count: Int) -> [String] {
        let words = text.split { $0 == "," || $0 == ";" || $0.isWhitespace }.map(String.init)
        guard words.count == 1 else { return words }
        return short(text).map(String.init)
    }

    /// The filter without the camera: `g` of `hsc-g`, `decam_g` or `SDSS.g`.
    private static func short(_ name: String) -> String {
        let trimmed = name.drop(while: \.isWhitespace)
        let parts = trimmed.split { "-_. :/".contains($0) }
        return String(parts.last ?? "")
    }

    /// Whether both name the same bands, in whatever order.
    public func isPermutation(of other: BandNames) -> Bool { Set(names) == Set(other.names) }

    /// For each band of `order` the place that it has here; nil when the two do not name the same bands.
    public func places(in order: BandNames) -> [Int]? {
        guard isPermutation(of: order) else { return nil }
        return order.names.compactMap { names.firstIndex(of: $0) }
    }
}
