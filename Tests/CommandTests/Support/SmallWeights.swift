import HDF5
import TestSupport

/// The small variant's weights, to be written with something changed.
struct SmallWeights {
    struct Tensor {
        var shape: [Int]
        var values: [Float]
        var isInteger = false
    }

    private var tensors: [String: Tensor] = [:]
    private var attributes: [String: Double] = [:]

    init() throws {
        let file = try File.open(Repository.fixture("small-weights.h5"))
        for member in try file.members() where !member.name.hasSuffix("num_batches_tracked") {
            let dataset = try file.dataset(member.name)
            tensors[member.name] = Tensor(shape: dataset.shape, values: try dataset.readAll())
        }
    }

    /// Writes the file after `change`; the key `attribute:NAME` with one value stands for a numeric attribute.
    func write(_ path: String, _ change: (inout [String: Tensor]) -> Void) throws {
        var changed = tensors
        changed["attribute:format_version"] = Tensor(shape: [], values: [1])
        changed["attribute:num_heads"] = Tensor(shape: [], values: [4])
        change(&changed)
        let file = try File.create(path)
        if changed["attribute:format"] == nil { try file.setAttribute("format", "astromae") }
        for (name, tensor) in changed {
            if name.hasPrefix("attribute:") {
                guard let value = tensor.values.first else { continue }
                try file.setAttribute(String(name.dropFirst(10)), Int(value))
            } else if tensor.isInteger {
                try file.createDataset(name, of: Int32.self, shape: tensor.shape)
                    .write(rows: 0..<tensor.shape[0], from: tensor.values.map { Int32($0) })
            } else {
                let dataset = try file.createDataset(name, of: Float.self, shape: tensor.shape)
                try dataset.write(rows: 0..<tensor.shape[0], from: tensor.values)
            }
        }
        try file.close()
    }

    /// One fault each: a name for the file, the change, and what the message must say.
    static let faults: [(String, @Sendable (inout [String: Tensor]) -> Void, [String])] = [
        ("missing.h5", { $0["blocks.1.mlp.fc2.bias"] = nil }, ["blocks.1.mlp.fc2.bias: is missing"]),
        ("missing-first.h5", { $0["pos_embed"] = nil }, ["pos_embed: is missing"]),
        ("extra.h5", { $0["blocks.1.extra"] = Tensor(shape: [2], values: [1, 2]) }, ["blocks.1.extra: is no tensor"]),
        (
            "misshapen.h5", { $0["head.weight"]?.shape = [8, 32] },
            ["head.weight: has shape [8, 32] instead of [16, 16]"]
        ),
        ("nan.h5", { $0["vit_block.0.weight"]?.values[7] = .nan }, ["vit_block.0.weight", "element 7", "nan"]),
        ("infinite.h5", { $0["cls_token"]?.values[3] = -.infinity }, ["cls_token", "element 3", "-inf"]),
        ("integer.h5", { $0["head.bias"]?.isInteger = true }, ["head.bias: holds int32"]),
        (
            "stem.h5", { $0["inception_model.conv2d_init.bias"]?.values[0] += 1 },
            ["conv2d_init", "vis_inception.0", "differ"]
        ),
        ("heads.h5", { $0["attribute:num_heads"]?.values = [5] }, ["num_heads", "5 heads do not divide 16"]),
        ("no-heads.h5", { $0["attribute:num_heads"] = nil }, ["num_heads is missing"]),
        ("version.h5", { $0["attribute:format_version"]?.values = [2] }, ["format_version is 2"]),
        ("no-format.h5", { $0["attribute:format"] = Tensor(shape: [], values: []) }, ["format is missing"]),
    ]
}
