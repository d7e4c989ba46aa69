import Interchange

/// Modules that are the network's own.
extension ModuleCheck {
    /// Attributes that say nothing about what is computed, or that the tensors show as well.
    private static let plain: Set<String> = [
        "training", "embed_dim", "num_features", "hidden_features", "in_features", "out_features", "img_size",
        "patch_size", "grid_size", "num_patches", "in_chans", "num_classes", "depth", "dim", "mlp_ratio", "flatten",
        "device", "device_ids", "output_device", "in_channels", "out_channels", "fused_attn", "inplace", "drop_prob",
        "scale_by_keep", "grad_checkpointing", "num_prefix_tokens", "strict_img_size", "dynamic_img_pad", "p",
        "requires_grad_sync", "broadcast_buffers", "static_graph", "mask_ratio", "all_head_dim",
    ]

    mutating func checkOwn(_ name: String, _ type: String, _ module: TorchModule) {
        let lower = type.lowercased()
        let isLeaf = !parents.contains(Substring(name))
        let activations = ["gelu", "relu", "silu", "swish", "mish", "elu", "tanh", "sigmoid", "softplus"]
        if isLeaf, activations.contains(where: { lower.contains($0) }) {
            let expected = expectedActivation(name)
            if ModuleActivation(type) == expected {
                unknown.append("\(name) is a \(module.type), taken for \(expected.rawValue)")
                note(expected, name)
            } else {
                faults.append("\(name) is \(module.type); the published network has \(expected.rawValue) there")
            }
        } else if lower.contains("norm"), isLeaf {
            checkNorm(name, type, module.attributes)
        } else if isLeaf, lower.contains("pool") {
            faults.append(absent(name, module.type))
        } else if isLeaf, !Self.idle.contains(type) {
            unknown.append("\(name) is a \(module.type), whose code is not in the file")
        }
        if isIn("attn", name), name.hasSuffix("attn") { checkAttention(name, module.attributes) }
        for (key, value) in module.attributes.sorted(by: { $0.key < $1.key }) { checkOwn(name, key, value) }
    }

    private mutating func checkAttention(_ name: String, _ attributes: [String: TorchModule.Attribute]) {
        guard case .integer(let number) = attributes["num_heads"] else { return }
        if let heads, heads != number {
            faults.append("\(name).num_heads is \(number), but \(heads) in another block; the network has one for all")
        }
        heads = number
        guard let width, number > 0, width % number == 0 else { return }
        let size = width / number
        if let found = attributes["head_dim"]?.number, found != Double(size) {
            faults.append("\(name).head_dim is \(found) instead of \(size)")
        }
        let expected = 1 / Double(size).squareRoot()
        for key in ["scale", "qk_scale", "softmax_scale"] {
            guard let found = attributes[key], found != .none else { continue }
            guard let scale = found.number, abs(scale - expected) <= 1e-6 * expected else {
                faults.append("\(name).\(key) is \(words(found)); the published network scales by \(expected)")
                continue
            }
            tells.scale = true
        }
    }

    /// An attribute of a module of the network's own.
    mutating func checkOwn(_ name: String, _ key: String, _ value: TorchModule.Attribute) {
        let place = name.isEmpty ? key : "\(name).\(key)"
        func require(_ expected: TorchModule.Attribute, or other: TorchModule.Attribute? = nil) {
            guard value != expected, value != other else { return }
            faults.append("\(place) is \(words(value)); the published network has \(words(expected)) there")
        }
        switch key {
        case "num_heads" where name.hasSuffix("attn"), "head_dim" where name.hasSuffix("attn"),
            "scale" where name.hasSuffix("attn"), "qk_scale" where name.hasSuffix("attn"),
            "softmax_scale" where name.hasSuffix("attn"):
            break
        case "is_custom" where name.contains("vis_inception."), "is_last" where name.contains("vis_inception."):
            require(.boolean(name.hasSuffix("vis_inception.8")))
        case "Inception_only", "uk_paper", "is_causal", "causal", "no_embed_class", "dynamic_img_size":
            require(.boolean(false))
        case "magnitude", "class_token", "has_class_token": require(.boolean(true))
        case "global_pool": require(.text("avg"), or: .boolean(true))
        case "temperature", "tau": if value.number != 1, value != .none { require(.number(1)) }
        case "approximate": require(.text("none"))
        case "eps" where short(names[name]?.type ?? "").lowercased().contains("norm"): break
        case _ where Self.plain.contains(key): break
        case _
        where key.hasPrefix("act") || key.hasSuffix("_act") || key.contains("activation") || key == "nonlinearity":
            checkFunction(name, place, value)
        default:
            switch value {
            case .none, .other, .integers: break
            case .boolean, .integer, .number, .text, .global, .partial:
                unknown.append("\(place) = \(words(value))")
            }
        }
    }

    /// An attribute that names an activation.
    private mutating func checkFunction(_ name: String, _ place: String, _ value: TorchModule.Attribute) {
        let (text, arguments): (String, [String: TorchModule.Attribute])
        switch value {
        case .text(let word): (text, arguments) = (word, [:])
        case .global(let function): (text, arguments) = (function, [:])
        case .partial(let function, let given): (text, arguments) = (function, given)
        case .none, .other: return
        default: return unknown.append("\(place) = \(words(value))")
        }
        let isPyTorch = text.hasPrefix("torch.") || !text.contains(".")
        let found = ModuleActivation(short(text))
        if let found, isPyTorch || found != expectedActivation(name) {
            checkActivation(place, found, text, arguments)
        } else if found == nil, isPyTorch {
            checkActivation(place, nil, text, arguments)
        } else {
            unknown.append("\(place) = \(text)")
        }
    }

    func words(_ value: TorchModule.Attribute) -> String {
        switch value {
        case .boolean(let flag): flag ? "True" : "False"
        case .integer(let number): "\(number)"
        case .number(let number): "\(number)"
        case .text(let text): "\"\(text)\""
        case .global(let name), .partial(let name, _): name
        case .integers(let numbers): "\(numbers)"
        case .none: "None"
        case .other: "something else"
        }
    }
}
