import ArgumentParser
import Survey

/// How partition files of other surveys name and lay out their data.
struct SchemaOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The data set of images.", valueName: "name"))
    var images = "images"

    @Option(
        help: ArgumentHelp(
            "The data set of magnitudes, or one for each band, with commas between them.", valueName: "names"))
    var magnitudes = "magnitudes"

    @Option(help: ArgumentHelp("The data set of spectroscopic redshifts.", valueName: "name"))
    var redshift = "redshift"

    @Option(help: ArgumentHelp("The data set of object identifiers.", valueName: "name"))
    var objectID = "object_id"

    @Option(help: "The axes of the images: nchw (galaxy, band, y, x) or nhwc (galaxy, y, x, band).")
    var layout = PartitionSchema.Layout.nchw

    @Flag(help: "Take the centre of images that are larger than the network's.")
    var crop = false

    /// The schema for a network that takes images [bands, imageSize, imageSize].
    func schema(bands: Int, imageSize: Int) -> PartitionSchema {
        var schema = PartitionSchema(bands: bands, imageSize: imageSize)
        schema.images = images
        schema.magnitudes = magnitudes.split(separator: ",").map(String.init)
        schema.redshift = redshift
        schema.objectID = objectID
        schema.layout = layout
        schema.crop = crop
        return schema
    }

    func validate() throws {
        guard magnitudes.contains(where: { $0 != "," }) else {
            throw ValidationError("--magnitudes needs the name of a data set.")
        }
    }
}

extension PartitionSchema.Layout: ExpressibleByArgument {}
