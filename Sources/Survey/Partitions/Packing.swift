import HDF5

/// How a data set stores its numbers by the conventions of netCDF (CF) and FITS, as its attributes say: a scale, an
/// offset, and numbers that stand for none.
struct Packing {
    /// What stored numbers are multiplied by.
    private var scale = 1.0
    /// What is added then.
    private var offset = 0.0
    /// Stored numbers that stand for none.
    private var fills: [Float] = []
    /// Stored numbers outside stand for none.
    private var valid: (low: Float, high: Float)?
    /// What the attributes hold that cannot be honoured, one sentence for each.
    private(set) var faults: [String] = []

    /// Whether stored integers stand for numbers with fractions.
    private(set) var isScaled = false
    /// Whether numbers are taken as they are stored.
    var isPlain: Bool { !isScaled && fills.isEmpty && valid == nil }

    /// Numbers as they are.
    init() {}

    /// Attributes that say how numbers of one kind are stored.
    private static let ofOneColumn = [
        "scale_factor", "BSCALE", "add_offset", "BZERO", "valid_range", "valid_min", "valid_max", "_Unsigned",
    ]

    /// Reads the attributes. Those of a table are about all of its fields: what can only be about one is refused.
    init(_ dataset: Dataset) {
        if dataset.isField {
            for name in Self.ofOneColumn where dataset.hasAttribute(name) {
                faults.append(
                    "\(dataset.name): the table's attribute \(name) does not say which field it is about; store the fields as data sets, or remove it"
                )
            }
            readFills(dataset)
            return
        }
        for (name, other) in [("scale_factor", "BSCALE"), ("add_offset", "BZERO")] {
            let values = [name, other].compactMap { number($0, of: dataset) }
            guard let value = values.first else { continue }
            if values.contains(where: { $0 != value }) {
                faults.append("\(dataset.name): its attributes \(name) and \(other) contradict each other")
            }
            if name == "scale_factor" { scale = value } else { offset = value }
            isScaled = isScaled || value != (name == "scale_factor" ? 1 : 0)
        }
        if !scale.isFinite || scale == 0 || !offset.isFinite {
            faults.append(
                "\(dataset.name): its attributes scale_factor \(scale) and add_offset \(offset) are of no use")
        }
        readFills(dataset)
        readValidRange(dataset)
        if dataset.hasAttribute("_Unsigned") {
            faults.append(
                "\(dataset.name): its attribute _Unsigned is not supported; store it as an unsigned integer type")
        }
    }

    private mutating func readFills(_ dataset: Dataset) {
        for name in ["_FillValue", "missing_value", "BLANK"] {
            fills += dataset.elementType.stored(numbers(name, of: dataset) ?? []).filter { !$0.isNaN }
        }
    }

    private mutating func readValidRange(_ dataset: Dataset) {
        var limits = (low: -Float.infinity, high: Float.infinity)
        if let range = numbers("valid_range", of: dataset) {
            if range.count == 2 {
                limits = (Float(range[0]), Float(range[1]))
            } else {
                faults.append("\(dataset.name): its attribute valid_range holds \(range.count) numbers, not 2")
            }
        }
        if let low = number("valid_min", of: dataset) { limits.low = Float(low) }
        if let high = number("valid_max", of: dataset) { limits.high = Float(high) }
        if limits.low > -.infinity || limits.high < .infinity { valid = limits }
    }

    private mutating func number(_ name: String, of dataset: Dataset) -> Double? {
        guard let values = numbers(name, of: dataset) else { return nil }
        if values.count == 1 { return values[0] }
        faults.append("\(dataset.name): its attribute \(name) holds \(values.count) numbers, not one")
        return nil
    }

    /// The numbers of an attribute; nil when there is none, and for an empty one.
    private mutating func numbers(_ name: String, of dataset: Dataset) -> [Double]? {
        guard dataset.hasAttribute(name) else { return nil }
        do {
            let values = try dataset.attributeNumbers(name, as: Double.self)
            return values.isEmpty ? nil : values
        } catch {
            faults.append("\(dataset.name): its attribute \(name) is no number, and what it asks for is not known")
            return nil
        }
    }

    /// Puts numbers in place of what was stored for them, and NaN where there is none.
    func unpack(_ values: UnsafeMutableBufferPointer<Float>) {
        guard !isPlain else { return }
        for place in values.indices {
            let stored = values[place]
            let isMissing =
                fills.contains(stored) || (valid.map { !(stored >= $0.low && stored <= $0.high) } ?? false)
            values[place] = isMissing ? .nan : isScaled ? Float(Double(stored) * scale + offset) : stored
        }
    }
}

/// How the numbers of a partition are stored.
struct Packings {
    let images: Packing
    /// Of one table, or of a data set for each band.
    let magnitudes: [Packing]
    let redshift: Packing
}

extension ElementType {
    /// Numbers as float32 reads them when this type has stored them: -99.9 in float16 reads -99.875.
    func stored(_ values: [Double]) -> [Float] {
        guard isFloat, size == 2 else { return values.map { Float($0) } }
        // IEEE half precision, or bfloat16.
        return values.flatMap { value in
            let single = Float(value)
            let cut = (single.bitPattern &+ 0x7fff &+ (single.bitPattern >> 16 & 1)) & 0xffff_0000
            return [single, Float(Float16(value)), Float(bitPattern: cut)]
        }
    }
}
