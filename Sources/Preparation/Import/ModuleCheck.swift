import Interchange

/// What the modules of a pickled network say about it, beside its tensors. Its code is not in the file; but its modules
/// have classes and attributes, and what these tell must be what the published network does.
struct ModuleCheck {
    /// What differs from the published network.
    private(set) var faults: [String] = []
    /// What the modules say that this program does not understand.
    private(set) var unknown: [String] = []
    /// The attention heads of each block, where they are told.
    private(set) var heads: Int?
    /// What LayerNorm and BatchNorm add to the variance, where it is told.
    private(set) var layerNormEpsilon: Double?
    private(set) var batchNormEpsilon: Double?
    /// Whether a module or an attribute tells what stands between the layers of an MLP, behind a convolution of a branch, and
    /// what the attention is scaled by.
    private var tells = (mlp: false, branch: false, scale: false)
    private var names: [String: TorchModule] = [:]
    /// Names of modules that others are inside of.
    private var parents: Set<Substring> = []
    /// Features of a token.
    private let width: Int?

    /// - Parameters:
    ///   - modules: The network's modules, by their names in it.
    ///   - width: Features of a token, where the tensors show them.
    init(_ modules: [(name: String, module: TorchModule)], width: Int?) {
        self.width = width
        for (name, module) in modules {
            names[name] = module
            parents.insert(name.lastIndex(of: ".").map { name[..<$0] } ?? "")
        }
        for (name, module) in modules { check(name, module) }
        checkSequences()
    }

    /// What no module tells, and is therefore taken as in the published network.
    var untold: [String] {
        var words: [String] = []
        if !tells.mlp { words.append("the activation of the MLPs (exact GELU)") }
        if !tells.branch { words.append("the activation behind the convolutions of the branches (ReLU)") }
        if !tells.scale { words.append("the scale of the attention (head size^-0.5)") }
        return words
    }

    // MARK: Where a module stands

    private func isIn(_ part: String, _ name: String) -> Bool { name.split(separator: ".").contains(Substring(part)) }

    /// The activation that the published network has at a place.
    private func expectedActivation(_ name: String) -> Activation {
        if isIn("mlp", name) || name.isEmpty || name.hasPrefix("blocks") && !isIn("PCM", name) && !isIn("attn", name) {
            return .gelu
        }
        return isIn("PCM", name) ? .silu : isIn("attn", name) ? .softmax : .relu
    }

    /// What stands at the places of the published network's sequences.
    private static let sequences: [(name: String, types: [Int: String])] = [
        ("vit_block", [0: "Linear", 1: "ReLU", 2: "Linear"]), ("concat_block", [0: "Linear", 1: "ReLU", 2: "Linear"]),
        (
            "inception_model.magnitude_block",
            [
                0: "Linear", 1: "ReLU", 2: "Linear", 3: "ReLU", 4: "Linear", 5: "ReLU", 6: "Linear", 7: "ReLU",
                8: "Linear",
            ]
        ),
        (
            "inception_model.vis_inception",
            [
                0: "Conv2d", 1: "AvgPool2d", 4: "AvgPool2d", 7: "AvgPool2d", 9: "Flatten", 10: "Linear", 11: "ReLU",
                12: "Linear",
            ]
        ),
        ("PCM", [0: "Conv2d", 1: "BatchNorm2d", 2: "SiLU", 3: "Conv2d"]), ("branch4", [0: "MaxPool2d"]),
    ]
    /// What does nothing once a network is trained.
    private static let idle: Set<String> = ["Identity", "Dropout", "Dropout1d", "Dropout2d", "DropPath"]

    private mutating func checkSequences() {
        for (name, module) in names where module.type == "torch.nn.modules.container.Sequential" {
            guard let types = Self.sequences.first(where: { name == $0.name || name.hasSuffix("." + $0.name) })?.types
            else { continue }
            for (index, type) in types.sorted(by: { $0.key < $1.key }) {
                let found = names["\(name).\(index)"].map { short($0.type) } ?? "nothing"
                // What PyTorch computes in the same way under another name.
                if found == type || type == "BatchNorm2d" && found == "SyncBatchNorm" { continue }
                // Modules of the network's own are named apart.
                if let module = names["\(name).\(index)"], !module.type.hasPrefix("torch.nn.modules.") { continue }
                faults.append("\(name).\(index) is \(found); the published network has \(type) there")
            }
            let last = (types.keys.max() ?? 0) + (name.hasSuffix("branch4") ? 1 : 0)
            for index in last + 1...last + 8 {
                guard let type = names["\(name).\(index)"].map({ short($0.type) }), !Self.idle.contains(type) else {
                    continue
                }
                faults.append("\(name).\(index) is \(type); the published network has nothing there")
            }
        }
        faults.sort()
    }

    private func short(_ type: String) -> String { type.split(separator: ".").last.map(String.init) ?? type }

    // MARK: One module

    private mutating func check(_ name: String, _ module: TorchModule) {
        let place = name.isEmpty ? "the network" : name
        if module.hasHooks {
            faults.append("\(place) has hooks, functions that change what it computes; they are not in the file")
        }
        let type = short(module.type)
        if module.type.hasPrefix("torch.nn.modules.") {
            checkLayer(name, type, module)
        } else {
            checkOwn(name, type, module)
        }
    }

    /// A layer of PyTorch's.
    private mutating func checkLayer(_ name: String, _ type: String, _ module: TorchModule) {
        let family = module.type.split(separator: ".").dropFirst(3).first ?? ""
        switch family {
        case "activation": checkActivation(name, Activation(type), type, module.attributes)
        case "normalization", "batchnorm", "instancenorm": checkNorm(name, type, module.attributes)
        case "conv": checkConvolution(name, type, module.attributes)
        case "pooling": checkPooling(name, type, module.attributes)
        case "flatten":
            expect(name, module.attributes, ["start_dim": 1, "end_dim": -1])
        case "linear":
            if type != "Linear", type != "Identity" { faults.append(absent(name, type)) }
        case "container", "dropout", "loss", "module": break
        default: faults.append(absent(name, type))
        }
    }

    private func absent(_ name: String, _ type: String) -> String {
        "\(name) is \(type), which the published network does not have there"
    }

    private mutating func checkActivation(
        _ name: String, _ found: Activation?, _ type: String, _ attributes: [String: TorchModule.Attribute]
    ) {
        let expected = expectedActivation(name)
        guard let found else {
            faults.append("\(name) is \(type); the published network has \(expected.rawValue) there")
            return
        }
        guard found == expected else {
            faults.append("\(name) is \(type); the published network has \(expected.rawValue) there")
            return
        }
        note(found, name)
        if let way = attributes["approximate"], way != .text("none") {
            faults.append("\(name) is GELU approximated by \(words(way)); the published network has the exact one")
        }
    }

    private mutating func note(_ found: Activation, _ name: String) {
        if found == .gelu { tells.mlp = true }
        if found == .relu, name.contains(".branch") { tells.branch = true }
    }

    private mutating func checkNorm(_ name: String, _ type: String, _ attributes: [String: TorchModule.Attribute]) {
        let last = name.split(separator: ".").last ?? ""
        if ["norm1", "norm2", "fc_norm"].contains(last), name == "fc_norm" || name.hasPrefix("blocks.") {
            guard type == "LayerNorm" || type == "FusedLayerNorm" else {
                faults.append("\(name) is \(type); the published network has LayerNorm there")
                return
            }
            if attributes["elementwise_affine"] == .boolean(false) { faults.append("\(name) has no weights") }
            Self.agree(&layerNormEpsilon, attributes["eps"], name + ".eps", &faults)
        } else if last == "bn" || name.hasSuffix("PCM.1") {
            guard type == "BatchNorm2d" || type == "SyncBatchNorm" else {
                faults.append("\(name) is \(type); the published network has BatchNorm2d there")
                return
            }
            if attributes["track_running_stats"] == .boolean(false) {
                faults.append(
                    "\(name) keeps no running statistics, so a galaxy's redshift would depend on its neighbours")
            }
            Self.agree(&batchNormEpsilon, attributes["eps"], name + ".eps", &faults)
        } else {
            faults.append(absent(name, type))
        }
    }

    /// Keeps what the first module says, and refuses another from the next.
    private static func agree(
        _ known: inout Double?, _ value: TorchModule.Attribute?, _ name: String, _ faults: inout [String]
    ) {
        guard let value, let number = value.number else { return }
        if let known, known != number {
            faults.append("\(name) is \(number), but \(known) in another module; the network has one for all")
        }
        known = number
    }

    private mutating func checkConvolution(
        _ name: String, _ type: String, _ attributes: [String: TorchModule.Attribute]
    ) {
        guard type == "Conv2d" else { return faults.append(absent(name, type)) }
        guard case .integers(let kernel) = attributes["kernel_size"], kernel.count == 2 else { return }
        let isPatch = name == "patch_embed.proj"
        let padding = isPatch ? [0, 0] : kernel.map { $0 / 2 }
        let step: TorchModule.Attribute = .integers(isPatch ? kernel : [1, 1])
        if let stride = attributes["stride"], stride != step {
            faults.append("\(name) has the stride \(words(stride)) instead of \(words(step))")
        }
        if let dilation = attributes["dilation"], dilation != .integers([1, 1]) {
            faults.append("\(name) has the dilation \(words(dilation)) instead of [1, 1]")
        }
        switch attributes["padding"] {
        case .integers(padding), nil: break
        case .text("same") where !isPatch && kernel.allSatisfy { $0 % 2 == 1 }: break
        case .text("valid") where padding == [0, 0]: break
        case .some(let found): faults.append("\(name) has the padding \(words(found)) instead of \(padding)")
        }
        if let mode = attributes["padding_mode"], mode != .text("zeros"), padding != [0, 0] {
            faults.append("\(name) pads by \(words(mode)) instead of zeros")
        }
    }

    private mutating func checkPooling(_ name: String, _ type: String, _ attributes: [String: TorchModule.Attribute]) {
        switch type {
        case "AvgPool2d" where name.hasPrefix("inception_model.") && !name.contains(".branch"):
            expect(name, attributes, ["kernel_size": 2, "stride": 2, "padding": 0])
            if let divisor = attributes["divisor_override"], divisor != .none {
                faults.append("\(name) divides by \(words(divisor)) instead of the pixels that it covers")
            }
        case "MaxPool2d" where name.hasSuffix("branch4.0"):
            expect(name, attributes, ["kernel_size": 3, "stride": 1, "padding": 1, "dilation": 1])
        default: faults.append(absent(name, type))
        }
    }

    /// Attributes that are one number, or that number for each dimension.
    private mutating func expect(
        _ name: String, _ attributes: [String: TorchModule.Attribute], _ expected: [String: Int]
    ) {
        for (key, value) in expected.sorted(by: { $0.key < $1.key }) {
            guard let found = attributes[key], found != .integer(value) else { continue }
            if case .integers(let all) = found, all.allSatisfy({ $0 == value }) { continue }
            faults.append("\(name).\(key) is \(words(found)); the published network has \(value) there")
        }
    }

    // MARK: Modules of the network's own

    /// Attributes that say nothing about what is computed, or that the tensors show as well.
    private static let plain: Set<String> = [
        "training", "embed_dim", "num_features", "hidden_features", "in_features", "out_features", "img_size",
        "patch_size", "grid_size", "num_patches", "in_chans", "num_classes", "depth", "dim", "mlp_ratio", "flatten",
        "device", "device_ids", "output_device", "in_channels", "out_channels", "fused_attn", "inplace", "drop_prob",
        "scale_by_keep", "grad_checkpointing", "num_prefix_tokens", "strict_img_size", "dynamic_img_pad", "p",
        "requires_grad_sync", "broadcast_buffers", "static_graph", "mask_ratio", "all_head_dim",
    ]

    private mutating func checkOwn(_ name: String, _ type: String, _ module: TorchModule) {
        let lower = type.lowercased()
        let isLeaf = !parents.contains(Substring(name))
        let activations = ["gelu", "relu", "silu", "swish", "mish", "elu", "tanh", "sigmoid", "softplus"]
        if isLeaf, activations.contains(where: { lower.contains($0) }) {
            let expected = expectedActivation(name)
            if Activation(type) == expected {
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
    private mutating func checkOwn(_ name: String, _ key: String, _ value: TorchModule.Attribute) {
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
        let found = Activation(short(text))
        if let found, isPyTorch || found != expectedActivation(name) {
            checkActivation(place, found, text, arguments)
        } else if found == nil, isPyTorch {
            checkActivation(place, nil, text, arguments)
        } else {
            unknown.append("\(place) = \(text)")
        }
    }

    private func words(_ value: TorchModule.Attribute) -> String {
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

/// The activations of the published network.
private enum Activation: String {
    case gelu = "exact GELU"
    case relu = "ReLU"
    case silu = "SiLU"
    case softmax = "Softmax"

    /// - Parameter name: A class or function, such as `GELU` or `gelu`; nil for any other.
    init?(_ name: String) {
        switch name.lowercased() {
        case "gelu": self = .gelu
        case "relu", "relu_": self = .relu
        case "silu", "swish": self = .silu
        case "softmax": self = .softmax
        default: return nil
        }
    }
}

extension TorchModule.Attribute {
    /// A number, whole or not.
    fileprivate var number: Double? {
        switch self {
        case .integer(let number): Double(number)
        case .number(let number): number
        default: nil
        }
    }
}
