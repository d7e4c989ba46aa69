import HDF5
import PhotozText

/// What may be done about faults, by what the file has.
extension PartitionCheck {
    /// What the file has, when it lacks something.
    var hint: String? {
        guard !missing.isEmpty else { return nil }
        if file.hasAttribute("format") {
            return "It has an attribute format, as weights and calibrations have; galaxies are in partitions (--data)."
        }
        let listing = EntryListing(of: file)
        guard let entries = listing.text(near: missing) else { return nil }
        return "It has \(entries)." + candidates(listing)
    }

    /// What the missing images and magnitudes may be called in this file, by its shapes.
    private func candidates(_ listing: EntryListing) -> String {
        func names(_ fits: (Dataset) -> Bool) -> [String] {
            listing.names.filter { name in
                (try? file.dataset(name)).map { $0.elementType.isNumeric && fits($0) } ?? false
            }
        }
        var options: [String] = []
        if missing.contains(schema.images) {
            options += names { $0.shape.count == 4 }.prefix(3).map { "--images \($0)" }
        }
        if schema.magnitudes.count == 1, missing.contains(schema.magnitudes[0]) {
            options += names { $0.shape.count == 2 && $0.shape[1] == schema.bands }.prefix(3).map {
                "--magnitudes \($0)"
            }
        }
        return options.isEmpty ? "" : " By their shapes these may be meant: \(options.joined(separator: ", "))."
    }

    /// What to do about images of another shape, as the end of a sentence.
    ///
    /// - Parameters:
    ///   - shape: Four numbers.
    ///   - sides: Those of them that are taken for pixels.
    func hint(of shape: [Int], sides: ArraySlice<Int>) -> String {
        let isFirst = schema.layout == .nchw
        let (there, asOther) = isFirst ? (shape[1], shape[3]) : (shape[3], shape[1])
        if there == schema.bands {
            let areLarger = sides.allSatisfy { $0 >= schema.imageSize } && !schema.crop
            return areLarger ? "; --crop takes the centre of larger images" : ""
        }
        let otherSides = isFirst ? shape[1...2] : shape[2...3]
        if asOther == schema.bands, otherSides.allSatisfy({ $0 >= schema.imageSize }) {
            let other: PartitionSchema.Layout = isFirst ? .nhwc : .nchw
            return "; give --layout \(other.rawValue), since the bands stand \(isFirst ? "last" : "before the pixels")"
        }
        guard sides.allSatisfy({ $0 >= schema.imageSize }) else { return "" }
        return
            "; it has \(there) \(there == 1 ? "band" : "bands"), and \(schema.networkTakes): \(PartitionSchema.noFilling)"
    }
}
