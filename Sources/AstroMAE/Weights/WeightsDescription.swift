import HDF5

/// What a weights file says of itself: its tensors' shapes, the network's sizes that follow, and all that is wrong.
struct WeightsDescription {
    /// A tensor as the file describes it.
    struct Tensor {
        let shape: [Int]
        let type: ElementType
    }

    private(set) var tensors: [String: Tensor] = [:]
    private(set) var shape = NetworkShape()
    private(set) var inventory = TensorInventory(NetworkShape())
    private(set) var faults: [String] = []

    /// - Throws: `HDF5Error` when the file cannot be listed.
    init(_ file: File) throws {
        readAttributes(file)
        for member in try file.members() where member.name != WeightsFile.trainedSampleName {
            guard member.isDataset, let dataset = tensor(member.name, of: file) else {
                if let fault = member.fault { faults.append("\(member.name): \(fault)") }
                if member.fault == nil, !member.isDataset {
                    faults.append("\(member.name): is not a tensor; a weights file holds nothing else")
                }
                continue
            }
            tensors[member.name] = Tensor(shape: dataset.shape, type: dataset.elementType)
        }
        guard faults.isEmpty else { return }
        findSizes()
        guard faults.isEmpty else { return }
        inventory = TensorInventory(shape)
        compare()
    }

    /// A data set whose elements were all written; nil after a fault.
    private mutating func tensor(_ name: String, of file: File) -> Dataset? {
        do throws(HDF5Error) {
            let dataset = try file.dataset(name)
            try dataset.requireWritten()
            return dataset
        } catch {
            faults.append("\(name): \(error.reason)")
            return nil
        }
    }

    private mutating func readAttributes(_ file: File) {
        let format = (try? file.attributeStrings("format"))?.first
        guard format == "astromae" else {
            let found = format.map { "is \"\($0)\"" } ?? "is missing"
            faults.append("attribute format \(found); a weights file has format = \"astromae\"")
            return
        }
        guard let version = try? file.attribute("format_version", as: Int.self) else {
            faults.append("attribute format_version is missing or no number")
            return
        }
        guard version == 1 else {
            faults.append("attribute format_version is \(version); this program reads version 1")
            return
        }
        if let heads = try? file.attribute("num_heads", as: Int.self), heads > 0 {
            shape.heads = heads
        } else {
            faults.append("attribute num_heads is missing or not positive; no tensor shape shows the attention heads")
        }
        shape.layerNormEpsilon = epsilon("layer_norm_eps", in: file) ?? shape.layerNormEpsilon
        shape.batchNormEpsilon = epsilon("batch_norm_eps", in: file) ?? shape.batchNormEpsilon
    }

    /// What the network was trained on, when its sizes are known; attributes that cannot be understood are faults.
    mutating func training(of file: File) -> TrainingRecord {
        guard faults.isEmpty else { return TrainingRecord() }
        return TrainingRecord(file, bandCount: shape.bands, faults: &faults)
    }

    /// What the file says of its network in words; a mark that cannot be understood is a fault.
    mutating func label(of file: File) -> WeightsLabel { WeightsLabel(file, faults: &faults) }

    private mutating func epsilon(_ name: String, in file: File) -> Double? {
        guard file.hasAttribute(name) else { return nil }
        // The kernels compute in float32, which must hold it.
        guard let value = try? file.attribute(name, as: Double.self), (1e-30...1e30).contains(value) else {
            faults.append("attribute \(name) is not a number from 1e-30 to 1e30")
            return nil
        }
        return value
    }

    /// The largest size of a tensor's axis that a network is made of.
    static let largestAxis = 1 << 20
    /// The largest side of an image in patches: attention among more of them would take minutes a galaxy.
    static let largestGrid = 256

    /// A size that the network takes from a tensor's shape.
    private mutating func size(_ name: String, rank: Int, axis: Int) -> Int {
        guard let tensor = tensors[name] else {
            faults.append("\(name): is missing")
            return 1
        }
        guard tensor.shape.count == rank else {
            faults.append("\(name): has shape \(tensor.shape); \(rank) dimensions are expected")
            return 1
        }
        guard tensor.shape.allSatisfy({ (1...Self.largestAxis).contains($0) }) else {
            faults.append("\(name): has shape \(tensor.shape); sizes are 1 to \(Self.largestAxis)")
            return 1
        }
        return tensor.shape[axis]
    }

    private mutating func findSizes() {
        shape.embedding = size("patch_embed.proj.weight", rank: 4, axis: 0)
        shape.bands = size("patch_embed.proj.weight", rank: 4, axis: 1)
        shape.patch = size("patch_embed.proj.weight", rank: 4, axis: 2)
        let patches = size("pos_embed", rank: 3, axis: 1) - 1
        shape.grid = Int(Double(max(patches, 0)).squareRoot())
        shape.depth = (0...).first { tensors["blocks.\($0).norm1.weight"] == nil } ?? 0
        shape.hidden = size("blocks.0.mlp.fc1.weight", rank: 2, axis: 0)
        shape.groupedHidden = size("blocks.0.PCM.0.weight", rank: 4, axis: 0)
        let groupInputs = size("blocks.0.PCM.0.weight", rank: 4, axis: 1)
        let kernel = size("blocks.0.PCM.0.weight", rank: 4, axis: 2)
        shape.tokenHead.hidden = size("vit_block.0.weight", rank: 2, axis: 0)
        shape.tokenHead.output = size("vit_block.2.weight", rank: 2, axis: 0)
        let branch = "inception_model.vis_inception."
        shape.stem = size(branch + "0.weight", rank: 4, axis: 0)
        for (place, module) in InceptionModule.all.enumerated() {
            shape.inception[place] = size("\(module.name).branch1.conv.weight", rank: 4, axis: 0)
        }
        shape.imageHead.hidden = size(branch + "10.weight", rank: 2, axis: 0)
        shape.imageHead.output = size(branch + "12.weight", rank: 2, axis: 0)
        shape.magnitudeHead.hidden = size("inception_model.magnitude_block.0.weight", rank: 2, axis: 0)
        shape.magnitudeHead.output = size("inception_model.magnitude_block.8.weight", rank: 2, axis: 0)
        shape.joined = size("concat_block.0.weight", rank: 2, axis: 0)
        faults = faults.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
        guard faults.isEmpty else { return }
        checkSizes(patches: patches, groupInputs: groupInputs, kernel: kernel)
    }

    /// Sizes that must divide each other; the engine is built for nothing else.
    private mutating func checkSizes(patches: Int, groupInputs: Int, kernel: Int) {
        if shape.depth == 0 { faults.append("blocks.0.norm1.weight: is missing; there is no transformer block") }
        if shape.grid == 0 || shape.grid * shape.grid != patches {
            faults.append("pos_embed: \(patches + 1) tokens are no square of patches and a class token")
        } else if shape.grid > Self.largestGrid {
            faults.append(
                "pos_embed: \(shape.grid) x \(shape.grid) patches are too many; "
                    + "\(Self.largestGrid) x \(Self.largestGrid) are supported")
        } else if shape.imageSize % 8 != 0 {
            faults.append(
                "pos_embed, patch_embed.proj.weight: images of \(shape.imageSize) pixels cannot be halved three times")
        }
        if shape.embedding % shape.heads != 0 {
            faults.append("attribute num_heads: \(shape.heads) heads do not divide \(shape.embedding) features")
        }
        if kernel != 1 {
            faults.append("blocks.0.PCM.0.weight: a kernel of \(kernel) x \(kernel) is not supported; only 1 x 1 is")
        }
        guard shape.embedding % groupInputs == 0 else {
            faults.append(
                "blocks.0.PCM.0.weight: groups of \(groupInputs) channels do not divide \(shape.embedding) features")
            return
        }
        shape.groups = shape.embedding / groupInputs
        if shape.groupedHidden % shape.groups != 0 {
            faults.append(
                "blocks.0.PCM.0.weight: \(shape.groups) groups do not divide \(shape.groupedHidden) hidden channels")
        }
        // Only what fits is multiplied from here on.
        if faults.isEmpty, let fault = shape.memoryFault() { faults.append(fault) }
    }

    private mutating func compare() {
        for (name, expected) in inventory.required.sorted(by: { $0.key < $1.key }) {
            guard let tensor = tensors[name] else {
                faults.append("\(name): is missing")
                continue
            }
            if tensor.shape != expected {
                faults.append("\(name): has shape \(tensor.shape) instead of \(expected)")
            }
            let types: [ElementType] = [
                .float(bits: 32), .float(bits: 16), .customFloat(name: "bfloat16", bits: 16),
            ]
            if !types.contains(tensor.type) {
                faults.append("\(name): holds \(tensor.type); tensors are float32 or float16")
            }
        }
        for name in tensors.keys.sorted() where inventory.required[name] == nil && !inventory.ignored.contains(name) {
            faults.append("\(name): is no tensor of this network")
        }
    }
}
