import Survey

/// A property of ``PartitionSchema`` as the option that sets it, for a message about two runs that differ.
struct OptionWords: CustomStringConvertible {
    /// `--bands zirgu`, `--crop`, or `no --bands`.
    let description: String

    /// The options by the names of the properties. What is not here has the words of its property.
    private static let options = [
        "images": "--images", "magnitudes": "--magnitudes", "redshift": "--redshift", "objectID": "--object-id",
        "kept": "--keep", "requiresRedshift": "--redshift", "requiresObjectID": "--object-id", "layout": "--layout",
        "crop": "--crop", "bandNames": "--bands", "imageBandNames": "--image-bands", "asksForOrder": "--bands",
        "units": "--units", "softening": "--softening", "followsLinks": "--follow-links",
    ]

    /// - Parameter entry: The name of a property, a blank, and the text of its value.
    init(entry: String) {
        let name = String(entry.prefix { $0 != " " })
        let value = entry.dropFirst(name.count + 1)
        guard let option = Self.options[name] else {
            description = entry
            return
        }
        description =
            switch value {
            case "", "false": "no \(option)"
            case "true": option
            default: "\(option) \(value)"
            }
    }

    /// A value as it would be typed: nothing for nil, lists with commas. Those of a set or dictionary have no order of
    /// their own.
    static func text(of value: Any) -> String {
        let mirror = Mirror(reflecting: value)
        let children = mirror.children
        switch mirror.displayStyle {
        case .optional: return children.first.map { text(of: $0.value) } ?? ""
        case .collection: return children.map { text(of: $0.value) }.joined(separator: ",")
        case .set, .dictionary: return children.map { text(of: $0.value) }.sorted().joined(separator: ",")
        default: break
        }
        if let raw = value as? any RawRepresentable<String> { return raw.rawValue }
        if let words = value as? any CustomStringConvertible { return words.description }
        switch mirror.displayStyle {
        case .struct, .tuple:
            return children.map { "\($0.label ?? "") \(text(of: $0.value))" }.joined(separator: ", ")
        default: return "\(value)"
        }
    }
}
