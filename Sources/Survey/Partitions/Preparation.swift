/// What makes the network's images and magnitudes of those in a file: the order of bands and the units, by what the
/// user says, what the file says, and what the network was trained on; and where these contradict each other.
struct Preparation {
    /// For each of the network's bands the place of its image in the file; nil when they are as the network has them.
    let imagePlaces: [Int]?
    /// The same of magnitudes.
    let magnitudePlaces: [Int]?
    /// What pixels become; nil when they stay as they are.
    let conversion: PixelConversion?
    /// Why the file cannot be used, one sentence for each reason.
    private(set) var faults: [String] = []
    /// What the user should know, although the file can be used.
    private(set) var warnings: [String] = []

    init(_ schema: PartitionSchema, statement: Statement) {
        let trained = schema.trained
        let imageBands = schema.imageBandNames ?? schema.bandNames
        imagePlaces = Self.places(of: imageBands, in: trained.bands)
        magnitudePlaces = Self.places(of: schema.bandNames, in: trained.bands)
        let isFromTable = schema.magnitudes.count == 1
        conversion = Self.conversion(schema, statement: statement, places: imagePlaces)
        warnings = statement.doubts.map { "the image's attribute \($0): it is not compared" }
        compareBands("images", statement.imageBands, declared: imageBands, option: "--image-bands", with: trained.bands)
        if isFromTable {
            compareBands(
                "magnitudes", statement.magnitudeBands, declared: schema.bandNames, option: "--bands",
                with: trained.bands)
        }
        compareUnits(schema, statement)
    }

    private static func places(of names: BandNames?, in trained: BandNames?) -> [Int]? {
        guard let names, let trained, names != trained else { return nil }
        return names.places(in: trained)
    }

    private static func conversion(
        _ schema: PartitionSchema, statement: Statement, places: [Int]?
    ) -> PixelConversion? {
        guard let units = schema.units, units != .asinh || schema.trained.softening != nil else { return nil }
        func ordered(_ values: [Double]?) -> [Double]? {
            guard let values, let places else { return values }
            return places.map { values[$0] }
        }
        let trained = schema.trained
        let told = ordered(schema.softening)
        let conversion = PixelConversion(
            from: units, softening: told ?? ordered(statement.softening) ?? trained.softening,
            to: schema.targetUnits, targetSoftening: units == .asinh ? trained.softening : told ?? trained.softening,
            bands: schema.bands)
        return conversion.isIdentity ? nil : conversion
    }

    // MARK: What contradicts what

    /// - Parameters:
    ///   - what: Images or magnitudes.
    ///   - stated: What the file says.
    ///   - declared: What the user says.
    ///   - option: How the user says so.
    private mutating func compareBands(
        _ what: String, _ stated: BandNames?, declared: BandNames?, option: String, with trained: BandNames?
    ) {
        if let stated, let declared, stated != declared {
            faults.append(
                "the file says that its \(what) have the bands \(stated), and \(declared) were named or are usual in that survey; give \(option) \(stated) when the file is right, or correct its attribute bands"
            )
            return
        }
        guard let known = stated ?? declared, let trained, known != trained else { return }
        if !known.isPermutation(of: trained) {
            let difference = "the \(what) have the bands \(known) and the weights were trained on \(trained)"
            if declared == nil {
                faults.append(
                    "\(difference): redshifts would be wrong; train or import weights for these bands, or, to predict none the less, say what the files hold with --bands \(known)"
                )
            } else {
                warnings.append("\(difference): redshifts will be wrong until there are weights for these bands")
            }
        } else if declared == nil {
            faults.append(
                "the \(what) have the bands \(known), and the weights were trained on \(trained); --bands \(known) puts images and magnitudes in order, --image-bands \(known) the images alone"
            )
        }
    }

    private mutating func compareUnits(_ schema: PartitionSchema, _ statement: Statement) {
        let trained = schema.trained
        let declared = schema.units.map { $0 == .asinh ? trained.units ?? $0.rawValue : $0.rawValue }
        if let declared, let stated = statement.units, let units = schema.units, FluxUnits(stated) != units {
            warnings.append("the file says that its images are in \(stated); they are taken to be in \(declared)")
        }
        if schema.units == nil, let stated = statement.units, let known = trained.units, !Self.agree(stated, known) {
            let hint = FluxUnits(stated).map { "; --units \($0.rawValue) converts them" } ?? ""
            warnings.append(
                "the images are in \(stated) and the weights were trained on \(known): redshifts may be wrong\(hint)")
        }
        let ordered = imagePlaces.flatMap { places in statement.softening.map { old in places.map { old[$0] } } }
        if schema.units == nil, let stated = ordered ?? statement.softening, let known = trained.softening,
            zip(stated, known).contains(where: { abs($0 - $1) > 1e-3 * abs($1) })
        {
            warnings.append(
                "the images have the softening \(list(stated)) and the weights were trained with \(list(known)): redshifts may be wrong; --units asinh --softening \(list(statement.softening ?? [])) converts them"
            )
        }
        if let stated = statement.pixelScale, let known = trained.pixelScale, abs(stated - known) > 0.01 * abs(known) {
            warnings.append(
                "the images have \(stated) arcsec a pixel and the weights were trained with \(known): redshifts may be wrong"
            )
        }
        if let units = statement.magnitudeUnits?.lowercased(), !units.contains("mag") || units.contains("maggies") {
            warnings.append("the magnitudes are in \(units), not in magnitudes: redshifts will be wrong")
        }
    }

    private func list(_ numbers: [Double]) -> String { numbers.map { "\($0)" }.joined(separator: ",") }

    /// Whether two texts mean the same units. The network's may say more, such as the softening of each band.
    private static func agree(_ stated: String, _ known: String) -> Bool {
        let (one, other) = (plain(stated), plain(known))
        return other.hasPrefix(one) || FluxUnits(stated).map { $0 == FluxUnits(known) } ?? false
    }

    private static func plain(_ text: String) -> String { text.lowercased().filter { !$0.isWhitespace } }
}

extension PartitionSchema {
    /// The units of the network's images: those of the weights, or an asinh where these do not say.
    var targetUnits: FluxUnits { trained.units.flatMap { FluxUnits($0) } ?? .asinh }

    /// What of the user's options cannot be done with these weights; nil when all can.
    public var contradiction: String? {
        if let text = unreadableBands.first {
            return
                "--bands or --image-bands \(text) does not name \(bands) bands, and \(networkTakes): \(Self.noFilling)"
        }
        if let names = imageBandNames ?? bandNames, trained.bands == nil, asksForOrder {
            return
                "the weights do not say which bands they were trained on, so that \(names) cannot be put in their order; give them the attribute bands, or leave --bands and --image-bands out"
        }
        if let softening, softening.count != bands {
            return "--softening holds \(softening.count) numbers; the network takes \(bands) bands"
        }
        guard let units else {
            return softening == nil ? nil : "--softening goes with --units, which says what the pixels are"
        }
        if let known = trained.units, FluxUnits(known) == nil {
            return "the weights were trained on images in \(known), and no conversion to that is known"
        }
        let isTold = softening ?? trained.softening != nil
        if units != .asinh, targetUnits == .asinh, !isTold {
            return "the weights do not say the softening of their asinh(nanomaggies / softening); give --softening"
        }
        if units == .asinh, softening != nil, targetUnits == .asinh, trained.softening == nil {
            return "the weights do not say the softening that images shall have; leave --softening out"
        }
        if units == .asinh, targetUnits != .asinh, !isTold {
            return "images that are an asinh become \(targetUnits.rawValue) only with their --softening"
        }
        return nil
    }
}
