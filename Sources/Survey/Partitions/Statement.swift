import HDF5

/// What a partition file says of its images and magnitudes; nil for what it does not say.
public struct Statement: Sendable, Hashable {
    /// Bands of the images, in their order.
    public private(set) var imageBands: BandNames?
    /// Bands of the magnitudes, in their order.
    public private(set) var magnitudeBands: BandNames?
    /// Units of the pixels.
    public private(set) var units: String?
    /// Nanomaggies of each band that pixels are an asinh of.
    public private(set) var softening: [Double]?
    /// Arcsec on a side of a pixel.
    public private(set) var pixelScale: Double?
    /// Units of the magnitudes.
    public private(set) var magnitudeUnits: String?
    /// What it says and cannot be understood, one sentence for each.
    private(set) var doubts: [String] = []

    /// The names of the image's bands of each galaxy, [N, bands], as MultimodalUniverse has them.
    static let bandTable = "image_band"

    /// Reads the attributes of the data sets and of the file.
    ///
    /// - Parameters:
    ///   - images: The data set of images.
    ///   - magnitudes: One table, or one data set for each band.
    ///   - table: ``bandTable`` where there is one.
    ///   - bands: Bands that the network takes.
    init(file: File, images: Dataset, magnitudes: [Dataset], table: Dataset?, bands: Int) {
        imageBands = names("bands", of: images, bands) ?? Self.firstRow(of: table, bands: bands)
        if imageBands == nil { imageBands = names("bands", of: file, bands) }
        if magnitudes.count == 1 { magnitudeBands = names("bands", of: magnitudes[0], bands) }
        units = text("units", of: images) ?? text("BUNIT", of: images) ?? text("image_units", of: file)
        let told = numbers("softening", of: images) ?? numbers("softening", of: file)
        softening = told.flatMap {
            $0.count == bands ? $0 : $0.count == 1 ? Array(repeating: $0[0], count: bands) : nil
        }
        if let told, softening == nil { doubts.append("softening holds \(told.count) numbers, not \(bands)") }
        pixelScale = (numbers("pixel_scale", of: images) ?? numbers("pixel_scale", of: file))?.first
        magnitudeUnits = magnitudes.lazy.compactMap { try? $0.attributeStrings("units") }.first?.first
    }

    /// What ``bandTable`` says of the first galaxy.
    private static func firstRow(of table: Dataset?, bands: Int) -> BandNames? {
        guard let table, table.rows > 0, let row = try? table.readStrings(rows: 0..<1) else { return nil }
        return BandNames(row, count: bands)
    }

    private mutating func names(_ name: String, of object: AttributeHolder, _ count: Int) -> BandNames? {
        guard object.hasAttribute(name) else { return nil }
        guard let texts = try? object.attributeStrings(name) else {
            doubts.append("\(name) is no text")
            return nil
        }
        if let names = BandNames(texts, count: count) { return names }
        doubts.append("\(name) \"\(texts.joined(separator: ","))\" does not name \(count) different bands")
        return nil
    }

    private func text(_ name: String, of object: AttributeHolder) -> String? {
        (try? object.attributeStrings(name))?.first.flatMap { $0.isEmpty ? nil : $0 }
    }

    private func numbers(_ name: String, of object: AttributeHolder) -> [Double]? {
        (try? object.attributeNumbers(name, as: Double.self)).flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// What the partitions of a data set say, each different thing once.
struct Statements: Codable {
    private var units: [String: String] = [:]
    private var bands: [BandNames: String] = [:]
    /// What is odd, and in which files: in the order in which it was found.
    private var oddities: [Oddity] = []
    /// Files that leave open which bands their images have, and in which units they are.
    private var silent: [Oddity] = []
    private var count = 0

    private struct Oddity: Codable {
        let text: String
        let first: String
        var count: Int
    }

    /// Takes what a partition says, and what is odd about it.
    mutating func add(_ statement: Statement, _ warnings: [String], of name: String) {
        count += 1
        let open = [statement.imageBands == nil ? "bands" : nil, statement.units == nil ? "units" : nil]
        for what in open.compactMap(\.self) {
            Self.add(Oddity(text: what, first: name, count: 1), to: &silent)
        }
        if let told = statement.units, units[told] == nil { units[told] = name }
        if let told = statement.imageBands, bands[told] == nil { bands[told] = name }
        for text in warnings { Self.add(Oddity(text: text, first: name, count: 1), to: &oddities) }
    }

    private static func add(_ oddity: Oddity, to all: inout [Oddity]) {
        if let place = all.firstIndex(where: { $0.text == oddity.text }) {
            all[place].count += oddity.count
        } else {
            all.append(oddity)
        }
    }

    /// Takes what the partitions behind these say.
    mutating func add(_ others: Statements) {
        units.merge(others.units) { first, _ in first }
        bands.merge(others.bands) { first, _ in first }
        for oddity in others.oddities { Self.add(oddity, to: &oddities) }
        for what in others.silent { Self.add(what, to: &silent) }
        count += others.count
    }

    /// What the partitions leave open and is taken for what the weights say: nothing is known to be wrong.
    func assumptions(_ schema: PartitionSchema) -> [String] {
        let trained = schema.trained
        let isOpen = (schema.imageBandNames ?? schema.bandNames == nil, schema.units == nil)
        let known = [
            "bands": isOpen.0 ? trained.bands.map { "\($0)" } : nil, "units": isOpen.1 ? trained.units : nil,
        ]
        return silent.compactMap { entry in
            guard let value = known[entry.text] ?? nil else { return nil }
            let files = count == 1 ? entry.first : "\(entry.count) of \(count) partitions, \(entry.first) the first,"
            let verb = count == 1 ? "does" : "do"
            return
                "\(files) \(verb) not say the \(entry.text) of the images: they are taken to be those of the weights, \(value)"
        }
    }

    /// Says which partitions have images of which bands, when these differ.
    var differenceOfBands: String? {
        guard bands.count > 1 else { return nil }
        let each = bands.sorted { $0.value < $1.value }.map { "\($0.value) says \($0.key)" }
        return
            "the partitions have images of different bands: \(each.joined(separator: ", ")), and the weights do not say which they were trained on; run partitions of one order of bands at a time"
    }

    /// What is odd, with the files that it was found in.
    var warnings: [String] {
        var texts = oddities.map { oddity in
            let more = oddity.count > 1 ? " and \(oddity.count - 1) more" : ""
            return "\(oddity.first)\(more): \(oddity.text)"
        }
        if units.count > 1 {
            let each = units.sorted { $0.value < $1.value }.map { "\($0.value) says \($0.key)" }
            texts.append("the partitions have images in different units: \(each.joined(separator: ", "))")
        }
        return texts
    }
}

extension PartitionFile {
    /// What the file leaves open and is taken for what the weights say, as ``DataSet/assumptions`` of it alone.
    public var assumptions: [String] {
        guard rows > 0 else { return [] }
        var statements = Statements()
        statements.add(statement, [], of: path.split(separator: "/").last.map(String.init) ?? path)
        return statements.assumptions(schema)
    }
}
