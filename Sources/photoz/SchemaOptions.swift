import ArgumentParser
import Survey

/// How partition files of other surveys name and lay out their data.
struct SchemaOptions: ParsableArguments {
    /// Surveys whose files are known by name.
    enum KnownSurvey: String, ExpressibleByArgument, CaseIterable {
        case galaxiesml
        case multimodaluniverse
    }

    @Option(
        help:
            "Names and axes of a known survey: galaxiesml (HSC, grizy) or multimodaluniverse (image_array, folders healpix=...). The options below override them."
    )
    var survey: KnownSurvey?

    @Option(help: ArgumentHelp("The data set of images (default: images).", valueName: "name"))
    var images: String?

    @Option(
        help: ArgumentHelp(
            "The data set of magnitudes, or one for each band, with commas between them (default: magnitudes).",
            valueName: "names"))
    var magnitudes: String?

    @Option(help: ArgumentHelp("The data set of spectroscopic redshifts (default: redshift).", valueName: "name"))
    var redshift: String?

    @Option(help: ArgumentHelp("The data set of object identifiers (default: object_id).", valueName: "name"))
    var objectID: String?

    @Option(help: "The axes of the images: nchw (galaxy, band, y, x) or nhwc (galaxy, y, x, band) (default: nchw).")
    var layout: PartitionSchema.Layout?

    @Flag(help: "Take the centre of images that are larger than the network's.")
    var crop = false

    /// The schema for a network that takes images [bands, imageSize, imageSize].
    func schema(bands: Int, imageSize: Int) -> PartitionSchema {
        var schema = known(PartitionSchema(bands: bands, imageSize: imageSize))
        schema.images = images ?? schema.images
        schema.magnitudes = magnitudes?.split(separator: ",").map(String.init) ?? schema.magnitudes
        schema.redshift = redshift ?? schema.redshift
        schema.objectID = objectID ?? schema.objectID
        schema.layout = layout ?? schema.layout
        schema.crop = crop || schema.crop
        return schema
    }

    private func known(_ plain: PartitionSchema) -> PartitionSchema {
        guard let survey else { return plain }
        var schema = plain
        schema.allowsMissingMagnitudes = true
        schema.crop = true
        schema.magnitudes = ["g", "r", "i", "z", "y"].map { $0 + "_cmodel_mag" }
        schema.redshift = "specz_redshift"
        switch survey {
        case .galaxiesml:
            schema.images = "image"
            schema.bandNames = "grizy"
        case .multimodaluniverse:
            schema.images = "image_array"
        }
        return schema
    }

    /// What the images are called.
    var imageName: String { schema(bands: 1, imageSize: 1).images }

    func validate() throws {
        guard magnitudes?.contains(where: { $0 != "," }) ?? true else {
            throw ValidationError("--magnitudes needs the name of a data set.")
        }
    }
}

extension PartitionSchema.Layout: ExpressibleByArgument {}
