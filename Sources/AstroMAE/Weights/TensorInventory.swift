/// Every tensor that a weights file of a given shape holds, by its state-dict name.
struct TensorInventory {
    /// Shapes by name; a file must have all of them.
    private(set) var required: [String: [Int]] = [:]
    /// Scalars that PyTorch keeps and inference ignores; a file may have them.
    private(set) var ignored: Set<String> = []

    init(_ shape: NetworkShape) {
        addTokens(shape)
        for index in 0..<shape.depth { addBlock("blocks.\(index).", shape) }
        addNorm("fc_norm", shape.embedding)
        addLinear("head", shape.embedding, shape.embedding)
        addLinear("vit_block.0", shape.embedding, shape.tokenHead.hidden)
        addLinear("vit_block.2", shape.tokenHead.hidden, shape.tokenHead.output)
        addInception(shape)
        addMagnitudes(shape)
        let joined = shape.tokenHead.output + shape.imageHead.output + shape.magnitudeHead.output
        addLinear("concat_block.0", joined, shape.joined)
        addLinear("concat_block.2", shape.joined, 1)
    }

    private mutating func add(_ name: String, _ sizes: Int...) { required[name] = sizes }

    private mutating func addLinear(_ name: String, _ inputs: Int, _ outputs: Int) {
        add(name + ".weight", outputs, inputs)
        add(name + ".bias", outputs)
    }

    private mutating func addNorm(_ name: String, _ width: Int) {
        add(name + ".weight", width)
        add(name + ".bias", width)
    }

    private mutating func addBatchNorm(_ name: String, _ width: Int) {
        addNorm(name, width)
        add(name + ".running_mean", width)
        add(name + ".running_var", width)
        ignored.insert(name + ".num_batches_tracked")
    }

    private mutating func addConvolution(_ name: String, _ inputs: Int, _ outputs: Int, kernel: Int) {
        add(name + ".weight", outputs, inputs, kernel, kernel)
        add(name + ".bias", outputs)
    }

    /// A convolution with its BatchNorm.
    private mutating func addUnit(_ name: String, _ inputs: Int, _ outputs: Int, kernel: Int) {
        addConvolution(name + ".conv", inputs, outputs, kernel: kernel)
        addBatchNorm(name + ".bn", outputs)
    }

    private mutating func addTokens(_ shape: NetworkShape) {
        addConvolution("patch_embed.proj", shape.bands, shape.embedding, kernel: shape.patch)
        add("cls_token", 1, 1, shape.embedding)
        add("pos_embed", 1, shape.patches + 1, shape.embedding)
    }

    private mutating func addBlock(_ name: String, _ shape: NetworkShape) {
        let width = shape.embedding
        addNorm(name + "norm1", width)
        add(name + "attn.q_bias", width)
        add(name + "attn.v_bias", width)
        add(name + "attn.qkv.weight", 3 * width, width)
        addLinear(name + "attn.proj", width, width)
        addNorm(name + "norm2", width)
        addLinear(name + "mlp.fc1", width, shape.hidden)
        addLinear(name + "mlp.fc2", shape.hidden, width)
        addConvolution(name + "PCM.0", shape.groupInputs, shape.groupedHidden, kernel: 1)
        addBatchNorm(name + "PCM.1", shape.groupedHidden)
        addConvolution(name + "PCM.3", shape.groupHidden, width, kernel: 1)
    }

    private mutating func addInception(_ shape: NetworkShape) {
        let branch = "inception_model.vis_inception."
        addConvolution("inception_model.conv2d_init", shape.bands, shape.stem, kernel: 1)
        addConvolution(branch + "0", shape.bands, shape.stem, kernel: 1)
        for sizes in shape.inceptionModules {
            for convolution in sizes.storedConvolutions {
                addUnit(
                    "\(sizes.module.name).\(convolution.name)", convolution.inputs, convolution.outputs,
                    kernel: convolution.window)
            }
        }
        addLinear(branch + "10", shape.flattened, shape.imageHead.hidden)
        addLinear(branch + "12", shape.imageHead.hidden, shape.imageHead.output)
    }

    private mutating func addMagnitudes(_ shape: NetworkShape) {
        let width = shape.magnitudeHead.hidden
        for index in [0, 2, 4, 6, 8] {
            addLinear(
                "inception_model.magnitude_block.\(index)", index == 0 ? shape.magnitudeCount : width,
                index == 8 ? shape.magnitudeHead.output : width)
        }
    }
}
