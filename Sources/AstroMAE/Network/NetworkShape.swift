/// The sizes of an AstroMAE network: all that the tensor shapes of a weights file say, and the three numbers they do
/// not.
///
/// A plain value of fixed size, so that one rank can read the file and send its shape to the others.
public struct NetworkShape: Sendable, BitwiseCopyable {
    /// Bands of an image: u g r i z.
    public var bands = 0
    /// Pixels along the side of a patch.
    public var patch = 0
    /// Patches along the side of an image.
    public var grid = 0
    /// Features of a token.
    public var embedding = 0
    /// Transformer blocks.
    public var depth = 0
    /// Attention heads of a block; no tensor shape shows them.
    public var heads = 0
    /// Hidden features of a block's MLP.
    public var hidden = 0
    /// Groups of the parallel convolution path.
    public var groups = 0
    /// Hidden channels of the parallel convolution path, over all groups.
    public var groupedHidden = 0
    /// Outputs of `vit_block.0` and `vit_block.2`.
    public var tokenHead = HeadWidths()
    /// Outputs of `inception_model.vis_inception.10` and `.12`.
    public var imageHead = HeadWidths()
    /// Outputs of the magnitude branch: of its first four layers, and of its last.
    public var magnitudeHead = HeadWidths()
    /// Outputs of `concat_block.0`.
    public var joined = 0
    /// Channels of the 1x1 convolution that opens the Inception branch.
    public var stem = 0
    /// Channels of each branch of the Inception modules, in the order of `InceptionModule.all`.
    public var inception: [5 of Int] = .init(repeating: 0)
    /// What LayerNorm adds to the variance.
    public var layerNormEpsilon = 1e-6
    /// What BatchNorm adds to the variance.
    public var batchNormEpsilon = 1e-5

    /// A shape without sizes, to be filled in.
    public init() {}

    /// The widths of one branch's two last steps.
    public struct HeadWidths: Sendable, BitwiseCopyable {
        /// Outputs of the hidden layers.
        public var hidden = 0
        /// Outputs of the last layer.
        public var output = 0
    }

    /// Pixels along the side of an image.
    public var imageSize: Int { grid * patch }
    /// Floats of an image, [bands, imageSize, imageSize].
    public var imageCount: Int { bands * imageSize * imageSize }
    /// Magnitudes of a galaxy: one for each band.
    public var magnitudeCount: Int { bands }
    /// Pixels along the side of the image that the Inception branch's opening convolution sees, after its average
    /// pooling.
    var pooledSize: Int { imageSize / 2 }
    /// Patch tokens of an image.
    var patches: Int { grid * grid }
    /// Floats of one patch, [bands, patch, patch].
    var patchCount: Int { bands * patch * patch }
    /// Features of one head.
    var headSize: Int { embedding / heads }
    /// Channels of one group on the block's side of the parallel convolution path.
    var groupInputs: Int { embedding / groups }
    /// Hidden channels of one group.
    var groupHidden: Int { groupedHidden / groups }
}
