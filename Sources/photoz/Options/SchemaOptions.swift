import ArgumentParser
import HDF5
import Survey

/// How partition files of other surveys name and lay out their data.
struct SchemaOptions: ParsableArguments {
    @Option(
        help:
            "Read the files of a known survey: galaxiesml (HSC, grizy) or multimodaluniverse (image_array, folders healpix=...). The options below override what it sets."
    )
    var survey: KnownSurvey?

    @Option(
        help: ArgumentHelp(
            "The data set of the images, or a field of a table, as table:image (default: images).", valueName: "name"))
    var images: String?

    @Option(
        help: ArgumentHelp(
            "The data set of the magnitudes, or one for each band, separated by commas. A field of a table in a group is group/table:mag_u (default: magnitudes).",
            valueName: "names"))
    var magnitudes: String?

    @Option(
        help: ArgumentHelp(
            "The data set of the spectroscopic redshifts, or a field, as table:z (default: redshift).",
            valueName: "name"))
    var redshift: String?

    @Option(
        help: ArgumentHelp(
            "The data set of the object identifiers, or a field, as table:id (default: object_id).", valueName: "name"))
    var objectID: String?

    @Option(
        help: "The order of the image axes: nchw (galaxy, band, y, x) or nhwc (galaxy, y, x, band) (default: nchw).")
    var layout: PartitionSchema.Layout?

    @Flag(help: "Cut the centre out of images that are larger than the network takes.")
    var crop = false

    @Option(
        help: ArgumentHelp(
            "The order of the bands in the files, such as zirgu or z,i,r,g,u; images and magnitudes are put in the network's order.",
            valueName: "bands"))
    var bands: String?

    @Option(
        help: ArgumentHelp(
            "The order of the bands of the images, where it is not that of the magnitudes.", valueName: "bands"))
    var imageBands: String?

    @Option(
        help:
            "The units of the pixels, which are converted to the network's: fluxes, or asinh for asinh(nanomaggies / softening)."
    )
    var units: FluxUnits?

    @Option(
        help: ArgumentHelp(
            "The softening of --units asinh in nanomaggies: one number, or one for each band in the order of the files (default: that of the weights).",
            valueName: "list"))
    var softening: NumberList<Double>?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Numbers that mean a missing magnitude or redshift in these files, such as -99,99. NaN and what lies outside of the ranges below are always missing.",
            valueName: "list"))
    var missing: NumberList<Double>?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Magnitudes lie between these two numbers, which are excluded; others are missing (default: 0,90).",
            valueName: "low,high"))
    var magnitudeRange: NumberList<Double>?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Spectroscopic redshifts lie between these two numbers, which are included; others are missing (default: 0,20).",
            valueName: "low,high"))
    var redshiftRange: NumberList<Double>?

    @Flag(help: SchemaOptions.followLinksHelp)
    var followLinks = false

    /// Also of `photoz split`.
    static let followLinksHelp: ArgumentHelp =
        "Also read files outside of the data folder that links, virtual data sets or raw data in the files point to."

    /// The schema for a network that takes images [bands, imageSize, imageSize].
    func schema(bands: Int, imageSize: Int) -> PartitionSchema {
        let plain = PartitionSchema(bands: bands, imageSize: imageSize)
        var schema = survey?.schema(plain) ?? plain
        schema.images = images ?? schema.images
        schema.magnitudes = magnitudes.map(Self.names) ?? schema.magnitudes
        schema.redshift = redshift ?? schema.redshift
        schema.objectID = objectID ?? schema.objectID
        schema.requiresRedshift = redshift != nil
        schema.requiresObjectID = objectID != nil
        schema.layout = layout ?? schema.layout
        schema.crop = crop || schema.crop
        schema.unreadableBands = [self.bands, imageBands].compactMap(\.self).filter {
            BandNames([$0], count: bands) == nil
        }
        schema.asksForOrder = self.bands != nil || imageBands != nil
        schema.bandNames = self.bands.flatMap { BandNames([$0], count: bands) } ?? schema.bandNames
        schema.imageBandNames = imageBands.flatMap { BandNames([$0], count: bands) }
        schema.units = units
        schema.softening = softening.map {
            $0.values.count == 1 ? Array(repeating: $0.values[0], count: bands) : $0.values
        }
        schema.missing.others = missing?.values ?? []
        if let range = magnitudeRange?.values {
            schema.missing.magnitudes = (Float(range[0]), Float(range[1]))
        }
        if let range = redshiftRange?.values { schema.missing.redshifts = (Float(range[0]), Float(range[1])) }
        schema.followsLinks = followLinks
        return schema
    }

    /// Names with commas between them; blanks around a name are none of it.
    static func names(_ list: String) -> [String] {
        list.split(separator: ",").map { name in
            String(name.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
        }.filter { !$0.isEmpty }
    }

    /// Bands and pixels on which a partition's images and magnitudes agree, or else those of the published network.
    func sizes(of file: File) -> (bands: Int, imageSize: Int) {
        let published = PartitionSchema()
        let named = schema(bands: 1, imageSize: 1)
        func shape(_ name: String) -> [Int]? { try? file.dataset(name).shape }
        guard let images = shape(named.images), images.count == 4 else { return (published.bands, published.imageSize) }
        let isFirst = named.layout == .nchw
        let (bands, sides) = (isFirst ? images[1] : images[3], Array(isFirst ? images[2...3] : images[1...2]))
        let magnitudes =
            named.magnitudes.count == 1 ? shape(named.magnitudes[0])?.dropFirst().first : named.magnitudes.count
        // More than any survey has would only take memory.
        guard magnitudes == bands, sides[0] == sides[1], (1...64).contains(bands), (1...512).contains(sides[0]) else {
            return (published.bands, published.imageSize)
        }
        return (bands, named.crop ? min(sides[0], published.imageSize) : sides[0])
    }

    /// What the images are called.
    var imageName: String { schema(bands: 1, imageSize: 1).images }

    func validate() throws {
        guard magnitudes.map({ !Self.names($0).isEmpty }) ?? true else {
            throw ValidationError("--magnitudes needs the name of a data set.")
        }
        let names = magnitudes.map(Self.names) ?? []
        if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
            throw ValidationError("--magnitudes names \(twice) twice; each band has a data set of its own.")
        }
        for (option, text) in [("--bands", bands), ("--image-bands", imageBands)] {
            if let text, !Self.isBands(text) {
                throw ValidationError(
                    "\(option) \(text) does not name bands, each once; give them as ugriz or u,g,r,i,z.")
            }
        }
        if let softening, softening.values.isEmpty || !softening.values.allSatisfy({ $0 > 0 && $0.isFinite }) {
            throw ValidationError("--softening must be positive.")
        }
        if softening != nil, units == nil {
            throw ValidationError("--softening goes with --units, which says what the pixels are.")
        }
        if let missing, !missing.values.allSatisfy(\.isFinite) {
            throw ValidationError("--missing takes finite numbers; those that are not finite are missing anyway.")
        }
        if let range = magnitudeRange?.values, !Self.isRange(range, within: -90...90) {
            throw ValidationError("--magnitude-range takes two numbers from -90 to 90, the smaller one first.")
        }
        if let range = redshiftRange?.values, !Self.isRange(range, within: -0.999...1e6) {
            throw ValidationError("--redshift-range takes two numbers above -1, the smaller one first.")
        }
    }
}

extension SchemaOptions {
    /// Whether a text names bands, each once.
    fileprivate static func isBands(_ text: String) -> Bool {
        // A single long word would be the name of a single band.
        (text.count == 1 ? 1...1 : 2...64).contains { BandNames([text], count: $0) != nil }
    }

    fileprivate static func isRange(_ values: [Double], within limits: ClosedRange<Double>) -> Bool {
        values.count == 2 && values[0] < values[1] && values.allSatisfy(limits.contains)
    }
}

extension PartitionSchema.Layout: ExpressibleByArgument {}
extension FluxUnits: ExpressibleByArgument {}

extension KnownSurvey: ExpressibleByArgument {}
