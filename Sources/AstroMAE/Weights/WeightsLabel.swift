import HDF5

/// What a weights file says of its network in words.
public struct WeightsLabel: Equatable, Sendable {
    /// What the network is; nil where the file does not say.
    public let description: String?
    /// What weights that are there to show the program must not be used for; nil for others.
    public let demonstration: String?

    /// - Parameters: As the properties.
    public init(description: String? = nil, demonstration: String? = nil) {
        (self.description, self.demonstration) = (description, demonstration)
    }

    /// Reads the attributes `description` and `demonstration`.
    ///
    /// - Parameters:
    ///   - file: Weights.
    ///   - faults: Gets a sentence when `demonstration` is there and no text: what it warns of must not get lost.
    init(_ file: AttributeHolder, faults: inout [String]) {
        description = Self.line("description", of: file)
        demonstration = Self.line("demonstration", of: file)
        if demonstration == nil, file.hasAttribute("demonstration") {
            faults.append(
                "attribute demonstration holds no text; it must say what the weights are not for, or be deleted"
            )
        }
    }

    /// The text of an attribute as one line: it stands in summaries and pages, whatever signs it has between words.
    static func line(_ name: String, of file: AttributeHolder) -> String? {
        let text = (try? file.attributeStrings(name))?.joined(separator: ", ") ?? ""
        let words = text.unicodeScalars.split { $0.value <= 0x20 || (0x7f...0x9f).contains($0.value) }
        return words.isEmpty ? nil : words.map { String($0) }.joined(separator: " ")
    }
}
