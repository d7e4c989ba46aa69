/// The tensors of a model by their state-dict names, and what no tensor shows.
public struct TorchModel {
    /// Parameters and buffers; a `DataParallel` around the network leaves no trace in the names.
    public private(set) var tensors: [(name: String, tensor: TorchTensor)] = []
    /// The attention heads of each block, where a pickled module tells.
    public private(set) var heads: Int?
    /// What LayerNorm adds to the variance, where a pickled module tells.
    public private(set) var layerNormEpsilon: Double?
    /// What BatchNorm adds to the variance, where a pickled module tells.
    public private(set) var batchNormEpsilon: Double?

    private let file: TorchFile
    /// Modules that may still be looked at: they could refer to each other without end.
    private var modulesLeft = 100_000

    init(_ file: TorchFile) throws {
        self.file = file
        let graph = file.graph
        if graph.entries(graph.root) != nil {
            // A checkpoint has the state dict beside other things, under one of these names.
            let inner = ["state_dict", "model_state_dict", "model"].lazy.compactMap { graph.entry($0, of: graph.root) }
                .first { graph.node($0) != nil }
            let root = inner ?? graph.root
            if graph.entries(root) != nil { try addStateDict(root) } else { try addModule(root, prefix: "", depth: 0) }
        } else {
            try addModule(graph.root, prefix: "", depth: 0)
        }
        guard !tensors.isEmpty else { throw InterchangeError(file: file.path, "holds no tensors: it is no model") }
        if tensors.allSatisfy({ $0.name.hasPrefix("module.") }) {
            tensors = tensors.map { (String($0.name.dropFirst("module.".count)), $0.tensor) }
        }
        var names: Set<String> = []
        for (name, _) in tensors where !names.insert(name).inserted {
            throw InterchangeError(file: file.path, "\(name) stands twice in the model")
        }
    }

    private mutating func addStateDict(_ value: PickleValue) throws {
        for (key, value) in file.graph.entries(value) ?? [] {
            guard case .text(let name) = key, let tensor = try file.tensor(value, name: name) else {
                throw InterchangeError(
                    file: file.path,
                    "is a dictionary with more than tensors (\(Self.words(key))), and no state dict; save model.state_dict()"
                )
            }
            tensors.append((name, tensor))
        }
    }

    private static func words(_ key: PickleValue) -> String {
        switch key {
        case .text(let text): text
        case .integer(let number): "\(number)"
        default: "a key that is no name"
        }
    }

    private mutating func addModule(_ value: PickleValue, prefix: String, depth: Int) throws {
        modulesLeft -= 1
        guard modulesLeft > 0, depth < 64 else {
            throw InterchangeError(
                file: file.path, "has modules that hold each other without end; it is damaged or hostile")
        }
        let graph = file.graph
        guard let node = graph.node(value), case .record(let kind) = node.kind,
            let modules = graph.entries(graph.entry("_modules", of: node.state))
        else {
            throw InterchangeError(
                file: file.path, "\(prefix.isEmpty ? "the root" : String(prefix.dropLast())) is no module")
        }
        try addAttributes(node.state, kind: kind, name: prefix)
        for part in ["_parameters", "_buffers"] {
            for (key, value) in graph.entries(graph.entry(part, of: node.state)) ?? [] where value != .none {
                guard case .text(let name) = key, let tensor = try file.tensor(value, name: prefix + name) else {
                    throw InterchangeError(file: file.path, "\(prefix)\(Self.words(key)) is no tensor")
                }
                tensors.append((prefix + name, tensor))
            }
        }
        for (key, value) in modules where value != .none {
            guard case .text(let name) = key else {
                throw InterchangeError(file: file.path, "\(prefix): a module has no name")
            }
            try addModule(value, prefix: prefix + name + ".", depth: depth + 1)
        }
    }

    /// What a module's own attributes tell.
    private mutating func addAttributes(_ state: PickleValue, kind: String, name: String) throws {
        let graph = file.graph
        if case .integer(let number) = graph.entry("num_heads", of: state) {
            try agree(&heads, number, name + "num_heads", file.path)
        }
        guard case .number(let epsilon) = graph.entry("eps", of: state) else { return }
        if kind.hasSuffix(".LayerNorm") { try agree(&layerNormEpsilon, epsilon, name + "eps", file.path) }
        if kind.contains(".BatchNorm") { try agree(&batchNormEpsilon, epsilon, name + "eps", file.path) }
    }
}

/// Keeps what the first module says and refuses another from the next.
private func agree<T: Equatable>(_ known: inout T?, _ value: T, _ name: String, _ path: String) throws {
    if let known, known != value {
        throw InterchangeError(
            file: path, "\(name) is \(value), but \(known) in another module; the network has one for all")
    }
    known = value
}
