import HDF5

/// What a network was trained on, as attributes of its weights file say: which bands and units its images have, and
/// between which numbers its galaxies lie. Nil for what a file does not say.
public struct TrainingRecord: Codable, Equatable, Sendable {
    /// The names of the bands, in their order: one text, or one for each band.
    public var bands: [String]?
    /// Units of the pixels.
    public var imageUnits: String?
    /// Nanomaggies of each band that pixels are an asinh of.
    public var softening: [Double]?
    /// Arcsec on a side of a pixel.
    public var pixelScale: Double?
    /// Of each magnitude.
    public var magnitudes: [ClosedRange<Double>]?
    /// Of the differences of neighbouring magnitudes.
    public var colours: [ClosedRange<Double>]?
    /// Of the faintest pixel of each band.
    public var imageMinima: [ClosedRange<Double>]?
    /// Of the brightest pixel of each band.
    public var imageMaxima: [ClosedRange<Double>]?
    /// Of redshifts.
    public var redshifts: ClosedRange<Double>?
    /// The fraction of the galaxies trained on that themselves lie outside in a magnitude, a colour or a pixel: ranges
    /// are percentiles.
    public var outsideFraction: Double?

    /// Nothing is known.
    public init() {}

    /// Whether it says between which numbers any input lies.
    public var hasRanges: Bool { magnitudes != nil || colours != nil || imageMinima != nil || imageMaxima != nil }

    /// Names of the attributes, as weights files have them.
    public enum Attribute: String, CaseIterable, Sendable {
        case bands
        case imageUnits = "image_units"
        case softening = "image_softening"
        case pixelScale = "pixel_scale"
        case magnitudes = "magnitude_range"
        case colours = "colour_range"
        case imageMinima = "image_minimum_range"
        case imageMaxima = "image_maximum_range"
        case redshifts = "redshift_range"
        case outsideFraction = "outside_fraction"
    }

    // MARK: Reading

    /// Reads the attributes of a weights file.
    ///
    /// - Parameters:
    ///   - file: Weights.
    ///   - bandCount: Bands of the network.
    ///   - faults: Gets a sentence for each attribute that cannot be understood.
    init(_ file: AttributeHolder, bandCount: Int, faults: inout [String]) {
        var reader = Reader(file: file)
        bands = reader.texts(.bands)
        imageUnits = reader.texts(.imageUnits)?.first
        softening = reader.numbers(.softening, count: bandCount)
        if softening?.contains(where: { $0 <= 0 }) ?? false { reader.fault(.softening, "is not positive") }
        pixelScale = reader.numbers(.pixelScale, count: 1)?.first
        magnitudes = reader.ranges(.magnitudes, count: bandCount)
        colours = reader.ranges(.colours, count: bandCount - 1)
        imageMinima = reader.ranges(.imageMinima, count: bandCount)
        imageMaxima = reader.ranges(.imageMaxima, count: bandCount)
        redshifts = reader.ranges(.redshifts, count: 1)?.first
        outsideFraction = reader.numbers(.outsideFraction, count: 1)?.first
        faults += reader.faults
    }

    private struct Reader {
        let file: AttributeHolder
        var faults: [String] = []

        mutating func fault(_ name: Attribute, _ what: String) { faults.append("attribute \(name.rawValue) \(what)") }

        func texts(_ name: Attribute) -> [String]? {
            (try? file.attributeStrings(name.rawValue)).flatMap { $0.isEmpty ? nil : $0 }
        }

        mutating func numbers(_ name: Attribute, count: Int) -> [Double]? {
            guard file.hasAttribute(name.rawValue) else { return nil }
            guard let values = try? file.attributeNumbers(name.rawValue, as: Double.self), values.count == count,
                values.allSatisfy(\.isFinite)
            else {
                fault(name, "does not hold \(count) finite number\(count == 1 ? "" : "s")")
                return nil
            }
            return values
        }

        mutating func ranges(_ name: Attribute, count: Int) -> [ClosedRange<Double>]? {
            guard let values = numbers(name, count: 2 * count) else { return nil }
            let pairs = (0..<count).map { (low: values[2 * $0], high: values[2 * $0 + 1]) }
            guard pairs.allSatisfy({ $0.low <= $0.high }) else {
                fault(name, "has a range whose first number is the larger one")
                return nil
            }
            return pairs.map { $0.low...$0.high }
        }
    }

    // MARK: Writing

    /// Writes what is known as attributes.
    ///
    /// - Throws: `HDF5Error` when one cannot be written.
    public func write(to file: AttributeHolder) throws(HDF5Error) {
        func write(_ name: Attribute, _ values: [Double]?) throws(HDF5Error) {
            if let values { try file.setAttribute(name.rawValue, values) }
        }
        func flat(_ ranges: [ClosedRange<Double>]?) -> [Double]? {
            ranges.map { $0.flatMap { [$0.lowerBound, $0.upperBound] } }
        }
        if let bands {
            if bands.count == 1 {
                try file.setAttribute(Attribute.bands.rawValue, bands[0])
            } else {
                try file.setAttribute(Attribute.bands.rawValue, bands)
            }
        }
        if let imageUnits { try file.setAttribute(Attribute.imageUnits.rawValue, imageUnits) }
        try write(.softening, softening)
        if let pixelScale { try file.setAttribute(Attribute.pixelScale.rawValue, pixelScale) }
        try write(.magnitudes, flat(magnitudes))
        try write(.colours, flat(colours))
        try write(.imageMinima, flat(imageMinima))
        try write(.imageMaxima, flat(imageMaxima))
        try write(.redshifts, flat(redshifts.map { [$0] }))
        if let outsideFraction { try file.setAttribute(Attribute.outsideFraction.rawValue, outsideFraction) }
    }

    // MARK: For people

    /// What is known, name by name.
    public var texts: [(name: String, text: String)] {
        func list(_ ranges: [ClosedRange<Double>]?) -> String? {
            ranges.map { $0.map { "\(short($0.lowerBound)) to \(short($0.upperBound))" }.joined(separator: ", ") }
        }
        let all: [(String, String?)] = [
            ("softening", softening.map { $0.map(short).joined(separator: ", ") + " nanomaggies" }),
            ("pixel scale", pixelScale.map { "\(short($0)) arcsec" }),
            ("trained on magnitudes", list(magnitudes)), ("trained on colours", list(colours)),
            ("trained on faintest pixels", list(imageMinima)), ("trained on brightest pixels", list(imageMaxima)),
            ("trained on redshifts", list(redshifts.map { [$0] })),
        ]
        return all.compactMap { name, text in text.map { (name, $0) } }
    }

    /// A number to four digits behind the point at most.
    private func short(_ value: Double) -> String {
        let rounded = (value * 1e4).rounded() / 1e4
        return rounded == rounded.rounded() && abs(rounded) < 1e15 ? "\(Int(rounded))" : "\(rounded)"
    }
}
