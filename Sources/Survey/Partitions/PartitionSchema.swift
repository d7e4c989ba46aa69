/// Where a partition file keeps its galaxies, and how its images lie.
public struct PartitionSchema: Sendable {
    /// How the axes of the image data set follow each other.
    public enum Layout: String, Sendable, CaseIterable {
        /// [galaxy, band, y, x]
        case nchw
        /// [galaxy, y, x, band]
        case nhwc
    }

    /// What the network was trained on, as far as its weights say so.
    public struct Trained: Sendable {
        /// Its bands, in its order.
        public var bands: BandNames?
        /// Units of its images.
        public var units: String?
        /// Nanomaggies of each band that pixels are an asinh of.
        public var softening: [Double]?
        /// Arcsec on a side of a pixel.
        public var pixelScale: Double?
        /// Between which numbers its galaxies lie.
        public var limits = TrainedLimits()

        /// Nothing is known.
        public init() {}
    }

    /// The data set of images.
    public var images = "images"
    /// The data set of magnitudes, [galaxy, band], or one data set [galaxy] for each band.
    public var magnitudes = ["magnitudes"]
    /// The data set of spectroscopic redshifts, which a file may lack.
    public var redshift = "redshift"
    /// The data set of object identifiers, which a file may lack.
    public var objectID = "object_id"
    /// Columns that are carried into the results: data sets [galaxy], or fields of tables, which all files must have.
    public var kept: [String] = []
    /// Whether the user named the redshifts: some file must then have them.
    public var requiresRedshift = false
    /// Whether the user named the identifiers: some file must then have them.
    public var requiresObjectID = false
    /// The axes of the images.
    public var layout = Layout.nchw
    /// Whether larger images are cut down to their centre.
    public var crop = false
    /// What stands for a magnitude or a redshift that is not known.
    public var missing = MissingValues()
    /// The bands of images and magnitudes in the order in which the files have them, where that is known; files that
    /// say otherwise are refused.
    public var bandNames: BandNames?
    /// The same of images alone, where they differ.
    public var imageBandNames: BandNames?
    /// Whether the user wants images or magnitudes put in the order of the network's bands.
    public var asksForOrder = false
    /// What the user says of bands that does not name as many as the network has.
    public var unreadableBands: [String] = []
    /// The units of the pixels, where they are known and not what the files say.
    public var units: FluxUnits?
    /// Nanomaggies of each band, in the files' order, that pixels are an asinh of, or shall become.
    public var softening: [Double]?
    /// What the network was trained on.
    public var trained = Trained()
    /// Whether links, sources of virtual data sets and raw files may lead anywhere, not only below the data's folder.
    public var followsLinks = false
    /// Bands of an image and magnitudes of a galaxy, as the network has them.
    public let bands: Int
    /// Pixels along the side of an image, as the network has them.
    public let imageSize: Int

    /// The project's own partition format, for a network that takes images [bands, imageSize, imageSize].
    public init(bands: Int = 5, imageSize: Int = 32) {
        self.bands = bands
        self.imageSize = imageSize
    }

    /// How many bands the network takes, and which, as a part of a sentence.
    var networkTakes: String {
        "the network takes \(bands)" + (trained.bands.map { " (\($0))" } ?? "")
    }

    /// What to do about bands that are missing or too many.
    static let noFilling = "a band cannot be filled in or left out; train or import weights for yours"

    /// Floats of an image.
    var imageCount: Int { bands * imageSize * imageSize }
}
