/// Where a partition file keeps its galaxies, and how its images lie.
public struct PartitionSchema: Sendable {
    /// How the axes of the image data set follow each other.
    public enum Layout: String, Sendable, CaseIterable {
        /// [galaxy, band, y, x]
        case nchw
        /// [galaxy, y, x, band]
        case nhwc
    }

    /// The data set of images.
    public var images = "images"
    /// The data set of magnitudes, [galaxy, band], or one data set [galaxy] for each band.
    public var magnitudes = ["magnitudes"]
    /// The data set of spectroscopic redshifts, which a file may lack.
    public var redshift = "redshift"
    /// The data set of object identifiers, which a file may lack.
    public var objectID = "object_id"
    /// The axes of the images.
    public var layout = Layout.nchw
    /// Whether larger images are cut down to their centre.
    public var crop = false
    /// Whether magnitudes may be infinite or no number, as in surveys that write so where they have measured nothing.
    public var allowsMissingMagnitudes = false
    /// The bands by their names, where the survey is known to have these.
    public var bandNames: String?
    /// Bands of an image and magnitudes of a galaxy, as the network has them.
    public let bands: Int
    /// Pixels along the side of an image, as the network has them.
    public let imageSize: Int

    /// The project's own partition format, for a network that takes images [bands, imageSize, imageSize].
    public init(bands: Int = 5, imageSize: Int = 32) {
        self.bands = bands
        self.imageSize = imageSize
    }
}
