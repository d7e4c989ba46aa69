import Interchange

/// What the modules of a pickled network say about it, beside its tensors. Its code is not in the file; but its modules
/// have classes and attributes, and what these tell must be what the published network does.
struct ModuleCheck {
    /// What differs from the published network.
    var faults: [String] = []
    /// What the modules say that this program does not understand.
    var unknown: [String] = []
    /// The attention heads of each block, where they are told.
    var heads: Int?
    /// What LayerNorm and BatchNorm add to the variance, where it is told.
    var layerNormEpsilon: Double?
    var batchNormEpsilon: Double?
    /// Whether a module or an attribute tells what stands between the layers of an MLP, behind a convolution of a
    /// branch, and what the attention is scaled by.
    var tells = (mlp: false, branch: false, scale: false)
    var names: [String: TorchModule] = [:]
    /// Names of modules that others are inside of.
    var parents: Set<Substring> = []
    /// Features of a token.
    let width: Int?

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

    func isIn(_ part: String, _ name: String) -> Bool { name.split(separator: ".").contains(Substring(part)) }

    /// The activation that the published network has at a place.
    func expectedActivation(_ name: String) -> ModuleActivation {
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
    static let idle: Set<String> = ["Identity", "Dropout", "Dropout1d", "Dropout2d", "DropPath"]

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

    func short(_ type: String) -> String { type.split(separator: ".").last.map(String.init) ?? type }

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
        case "activation": checkActivation(name, ModuleActivation(type), type, module.attributes)
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

    func absent(_ name: String, _ type: String) -> String {
        "\(name) is \(type), which the published network does not have there"
    }

    mutating func checkActivation(
        _ name: String, _ found: ModuleActivation?, _ type: String, _ attributes: [String: TorchModule.Attribute]
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

    mutating func note(_ found: ModuleActivation, _ name: String) {
        if found == .gelu { tells.mlp = true }
        if found == .relu, name.contains(".branch") { tells.branch = true }
    }

    mutating func checkNorm(_ name: String, _ type: String, _ attributes: [String: TorchModule.Attribute]) {
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
}
