import AstroMAE
import HDF5
import TestSupport

/// A network of random sizes and weights, the same for each seed: nothing about it is usual but what the engine asks
/// for.
struct RandomNetwork {
    private(set) var tensors: [String: PlainTensor] = [:]
    let heads: Int
    let bands: Int
    let patch: Int
    let grid: Int
    private var numbers: SeededNumbers

    var imageSize: Int { patch * grid }
    var imageCount: Int { bands * imageSize * imageSize }
    var plain: PlainNetwork { PlainNetwork(tensors: tensors, numHeads: heads) }

    /// - Parameters:
    ///   - seed: Says which network it is.
    ///   - budget: Products of a galaxy, at most about: the plain network takes its time.
    init(seed: Int, budget: Int = 400_000) {
        var numbers = SeededNumbers(seed: UInt64(seed))
        func one(of choices: [Int]) -> Int { choices.randomElement(using: &numbers)! }
        var sizes = Sizes()
        repeat {
            repeat {
                (sizes.patch, sizes.grid) = (one(of: Array(1...16)), one(of: Array(1...8)))
            } while sizes.patch * sizes.grid % 8 != 0
            sizes.bands = one(of: [1, 2, 3, 5, 7, 16, 17, 33, 64])
            sizes.groupInputs = one(of: [1, 2, 3, 4, 4, 5, 9])
            sizes.heads = one(of: [1, 2, 3, 5, 17])
            sizes.embedding = sizes.groupInputs * sizes.heads * one(of: [1, 2, 3, 4])
            sizes.depth = one(of: [1, 1, 2, 3])
            sizes.hidden = one(of: [1, 3, 16, 17, 33])
            sizes.groupHidden = one(of: [1, 2, 3, 5, 8])
            sizes.stem = one(of: [1, 2, 7, 8, 33])
            sizes.branches = (0..<5).map { _ in one(of: [1, 2, 3, 4, 5, 7, 9]) }
            sizes.heads3 = (0..<6).map { _ in one(of: [1, 2, 5, 15, 31, 33]) }
            sizes.joined = one(of: [1, 9, 16, 34])
        } while sizes.products > budget
        self.init(sizes, numbers)
    }

    /// A network of narrow layers whose last module makes an image of (side / 8)^2 pixels and 3 * width channels.
    static func flattening(width: Int, side: Int) -> RandomNetwork {
        var sizes = Sizes()
        (sizes.patch, sizes.grid, sizes.bands) = (side / 4, 4, 1)
        (sizes.groupInputs, sizes.heads, sizes.embedding) = (1, 1, 2)
        (sizes.depth, sizes.hidden, sizes.groupHidden, sizes.stem, sizes.joined) = (1, 1, 1, 1, 1)
        (sizes.branches, sizes.heads3) = ([1, 1, 1, 1, width], Array(repeating: 1, count: 6))
        return RandomNetwork(sizes, SeededNumbers(seed: 1))
    }

    private init(_ sizes: Sizes, _ numbers: SeededNumbers) {
        (heads, bands, patch, grid) = (sizes.heads, sizes.bands, sizes.patch, sizes.grid)
        self.numbers = numbers
        fill(sizes)
    }

    private struct Sizes {
        var (patch, grid, bands, groupInputs, heads, embedding) = (0, 0, 0, 0, 0, 0)
        var (depth, hidden, groupHidden, stem, joined) = (0, 0, 0, 0, 0)
        var branches: [Int] = []
        /// Hidden and last widths of the token, image and magnitude heads.
        var heads3: [Int] = []

        var pixels: Int { patch * grid * patch * grid }

        /// Products of the plain network, about.
        var products: Int {
            let tokens = grid * grid + 1
            let block = tokens * embedding * (4 * embedding + 2 * hidden + 2 * groupHidden + 2 * tokens)
            let widths = zip([stem] + branches.map { 4 * $0 }, branches)
            let images = zip([4, 4, 16, 16, 64], widths).map { share, width in
                pixels / share * (4 * width.0 * width.1 + 34 * width.1 * width.1)
            }
            return pixels * bands * (stem + embedding) + depth * block + images.reduce(0, +)
        }
    }

    private mutating func add(_ name: String, _ shape: [Int], scale: Float, around mean: Float = 0) {
        let count = shape.reduce(1, *)
        // Sums of four evenly spread numbers: near enough to normal ones, with deviation `scale`.
        let sums = (0..<count).map { _ in numbers.floats(4).reduce(0, +) * 0.866 }
        tensors[name] = PlainTensor(shape: shape, values: sums.map { Double(mean + scale * $0) })
    }

    private mutating func addLinear(_ name: String, _ inputs: Int, _ outputs: Int) {
        add(name + ".weight", [outputs, inputs], scale: 1 / Float(inputs).squareRoot())
        add(name + ".bias", [outputs], scale: 0.3)
    }

    private mutating func addNorm(_ name: String, _ width: Int) {
        add(name + ".weight", [width], scale: 0.3, around: 1)
        add(name + ".bias", [width], scale: 0.3)
    }

    private mutating func addConvolution(_ name: String, _ inputs: Int, _ outputs: Int, _ kernel: Int) {
        let scale = 1 / Float(inputs * kernel * kernel).squareRoot()
        add(name + ".weight", [outputs, inputs, kernel, kernel], scale: scale)
        add(name + ".bias", [outputs], scale: 0.3)
    }

    private mutating func addBatchNorm(_ name: String, _ width: Int) {
        addNorm(name, width)
        add(name + ".running_mean", [width], scale: 0.3)
        let variances = numbers.floats(width, in: 0.5...2).map { Double($0) }
        tensors[name + ".running_var"] = PlainTensor(shape: [width], values: variances)
    }

    private mutating func fill(_ sizes: Sizes) {
        let width = sizes.embedding
        addConvolution("patch_embed.proj", bands, width, patch)
        add("cls_token", [1, 1, width], scale: 1)
        add("pos_embed", [1, grid * grid + 1, width], scale: 1)
        for index in 0..<sizes.depth { fillBlock("blocks.\(index).", sizes) }
        addNorm("fc_norm", width)
        addLinear("head", width, width)
        addLinear("vit_block.0", width, sizes.heads3[0])
        addLinear("vit_block.2", sizes.heads3[0], sizes.heads3[1])
        fillInception(sizes)
        for index in [0, 2, 4, 6, 8] {
            addLinear(
                "inception_model.magnitude_block.\(index)", index == 0 ? bands : sizes.heads3[4],
                index == 8 ? sizes.heads3[5] : sizes.heads3[4])
        }
        addLinear("concat_block.0", sizes.heads3[1] + sizes.heads3[3] + sizes.heads3[5], sizes.joined)
        addLinear("concat_block.2", sizes.joined, 1)
    }

    private mutating func fillBlock(_ name: String, _ sizes: Sizes) {
        let (width, groups) = (sizes.embedding, sizes.embedding / sizes.groupInputs)
        addNorm(name + "norm1", width)
        add(name + "attn.q_bias", [width], scale: 0.3)
        add(name + "attn.v_bias", [width], scale: 0.3)
        add(name + "attn.qkv.weight", [3 * width, width], scale: 1 / Float(width).squareRoot())
        addLinear(name + "attn.proj", width, width)
        addNorm(name + "norm2", width)
        addLinear(name + "mlp.fc1", width, sizes.hidden)
        addLinear(name + "mlp.fc2", sizes.hidden, width)
        addConvolution(name + "PCM.0", sizes.groupInputs, groups * sizes.groupHidden, 1)
        addBatchNorm(name + "PCM.1", groups * sizes.groupHidden)
        addConvolution(name + "PCM.3", sizes.groupHidden, width, 1)
    }

    private mutating func fillInception(_ sizes: Sizes) {
        let branch = "inception_model.vis_inception."
        addConvolution(branch + "0", bands, sizes.stem, 1)
        for part in ["weight", "bias"] {
            tensors["inception_model.conv2d_init.\(part)"] = tensors[branch + "0.\(part)"]
        }
        var inputs = sizes.stem
        for (index, width) in zip([2, 3, 5, 6, 8], sizes.branches) {
            for (unit, from, kernel) in [
                ("branch1", inputs, 1), ("branch2.0", inputs, 1), ("branch2.1", width, 3), ("branch3.0", inputs, 1),
                ("branch3.1", width, 5), ("branch4.1", inputs, 1),
            ] {
                addConvolution("\(branch)\(index).\(unit).conv", from, width, kernel)
                addBatchNorm("\(branch)\(index).\(unit).bn", width)
            }
            inputs = 4 * width
        }
        let side = imageSize / 8
        addLinear(branch + "10", 3 * sizes.branches[4] * side * side, sizes.heads3[2])
        addLinear(branch + "12", sizes.heads3[2], sizes.heads3[3])
    }

    /// Galaxies for it: images about 1 in size, and magnitudes.
    func galaxies(_ count: Int) -> (images: [Float], magnitudes: [Float]) {
        var numbers = numbers
        return (numbers.floats(count * imageCount, in: -2...2), numbers.floats(count * bands, in: -2...2))
    }

    /// Writes a weights file.
    func write(_ path: String) throws { try Self.write(path, tensors, attributes: ["num_heads": Double(heads)]) }

    /// Writes a weights file of any tensors.
    static func write(_ path: String, _ tensors: [String: PlainTensor], attributes: [String: Double]) throws {
        let file = try File.create(path)
        try file.setAttribute("format", "astromae")
        try file.setAttribute("format_version", 1)
        for (name, value) in attributes {
            if let whole = Int(exactly: value) {
                try file.setAttribute(name, whole)
            } else {
                try file.setAttribute(name, value)
            }
        }
        for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
            let dataset = try file.createDataset(name, of: Float.self, shape: tensor.shape)
            if !tensor.values.isEmpty {
                try dataset.write(rows: 0..<tensor.shape[0], from: tensor.values.map { Float($0) })
            }
        }
        try file.close()
    }
}
