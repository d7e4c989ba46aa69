/// A module of a pickled network: its class, and what its attributes say.
public struct TorchModule: Sendable {
    /// A plain attribute.
    public enum Attribute: Sendable, Equatable {
        case boolean(Bool)
        case integer(Int)
        case number(Double)
        case text(String)
        /// A class or function, by its full name.
        case global(String)
        /// A function with some of its arguments, by its name and theirs.
        case partial(String, [String: Attribute])
        /// Whole numbers, such as the sizes of a kernel.
        case integers([Int])
        /// None.
        case none
        /// Anything else.
        case other
    }

    /// Its place in the network, such as `blocks.0.attn`; empty for the whole.
    public let name: String
    /// Its class, by its full name.
    public let type: String
    /// Attributes by name, without PyTorch's own, which begin with `_`.
    public let attributes: [String: Attribute]
    /// Whether functions are hung on it that change what goes in or comes out.
    public let hasHooks: Bool
}

/// Goes through the modules of a network.
struct ModuleWalk {
    private let file: TorchFile
    private var graph: PickleGraph { file.graph }
    /// The modules that the present one stands in.
    private var ancestors: Set<Int> = []
    /// Modules, names and characters of names that may still come: modules can be shared over and over, so that a short
    /// file describes more names than any memory holds.
    private var (modulesLeft, namesLeft, charactersLeft) = (100_000, 100_000, 32 << 20)

    init(_ file: TorchFile) { self.file = file }

    /// Adds a module and those inside of it to a place.
    ///
    /// - Throws: ``InterchangeError`` when they hold each other without end, or what should be a module is none.
    mutating func add(_ index: Int, name: String, to place: inout TorchPlace) throws {
        modulesLeft -= 1
        try spend(name.utf8.count)
        guard modulesLeft > 0, ancestors.count < 64, ancestors.insert(index).inserted else { throw endless() }
        defer { ancestors.remove(index) }
        let node = graph.nodes[index]
        let state = graph.attributes(of: node)
        guard case .record(let type) = node.kind, let modules = graph.entries(graph.entry("_modules", of: state)) else {
            if case .call(let call) = node.kind { throw file.refusal(of: call, for: "the module \(name)") }
            throw InterchangeError(file: file.path, "\(name.isEmpty ? "the root" : name) is no module")
        }
        try spend(64 * (graph.entries(state)?.count ?? 0))
        place.add(describe(state, type: type, name: name))
        let prefix = name.isEmpty ? "" : name + "."
        for part in ["_parameters", "_buffers"] {
            for (key, value) in graph.entries(graph.entry(part, of: state)) ?? [] where value != .none {
                namesLeft -= 1
                let full = prefix + words(key)
                try spend(full.utf8.count)
                guard namesLeft > 0 else { throw endless() }
                place.add(full, value, in: file)
            }
        }
        for (key, value) in modules where value != .none {
            guard case .node(let inner) = value else {
                throw InterchangeError(file: file.path, "\(prefix)\(words(key)) is no module")
            }
            try add(inner, name: prefix + words(key), to: &place)
        }
    }

    private mutating func spend(_ count: Int) throws {
        charactersLeft -= count
        guard charactersLeft > 0 else { throw endless() }
    }

    private func endless() -> InterchangeError {
        InterchangeError(file: file.path, "has modules that hold each other without end; it is damaged or hostile")
    }

    private func describe(_ state: PickleValue, type: String, name: String) -> TorchModule {
        var attributes: [String: TorchModule.Attribute] = [:]
        var hasHooks = false
        for (key, value) in graph.entries(state) ?? [] {
            guard case .text(let key) = key else { continue }
            if key == "_forward_hooks" || key == "_forward_pre_hooks" {
                hasHooks = hasHooks || graph.entries(value)?.isEmpty == false
            } else if !key.hasPrefix("_") {
                attributes[key] = attribute(value)
            }
        }
        return TorchModule(name: name, type: type, attributes: attributes, hasHooks: hasHooks)
    }

    private func attribute(_ value: PickleValue) -> TorchModule.Attribute {
        switch value {
        case .none: return .none
        case .boolean(let flag): return .boolean(flag)
        case .integer(let number): return .integer(number)
        case .number(let number): return .number(number)
        case .text(let text): return .text(text)
        case .global(let name): return .global(name)
        case .bigInteger, .bytes: return .other
        case .node(let index):
            let node = graph.nodes[index]
            if node.kind == .record("functools.partial"), case .global(let function) = node.items.first {
                return .partial(function, named(node))
            }
            // Sizes of a kernel and the like; longer ones are nothing that is looked at.
            guard node.items.count <= 8, let numbers = graph.integers(value) else { return .other }
            return .integers(numbers)
        }
    }

    /// What a partial function is given by name: the third part of its state.
    private func named(_ node: PickleNode) -> [String: TorchModule.Attribute] {
        guard let state = graph.items(node.state), state.count >= 3 else { return [:] }
        var named: [String: TorchModule.Attribute] = [:]
        for (key, value) in (graph.entries(state[2]) ?? []).prefix(8) {
            guard case .text(let key) = key, case let plain = value, !isNode(plain) else { continue }
            named[key] = attribute(plain)
        }
        return named
    }

    private func isNode(_ value: PickleValue) -> Bool { if case .node = value { true } else { false } }
}
