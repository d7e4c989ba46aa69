/// A place of a file that holds tensors under names: a list of them, a dictionary, or a module.
public struct TorchPlace: Sendable {
    /// What holds them.
    public enum Kind: Sendable, Equatable {
        /// The tensors of a `TensorDataset`, a tuple or a list, named "0", "1" and on.
        case sequence
        /// A dictionary, such as a state dict.
        case dictionary
        /// A module, with all those inside of it.
        case module
    }

    /// The keys that lead to it; none for what the file holds as a whole.
    public let path: [String]
    /// What it is.
    public let kind: Kind
    /// Names of all that it holds, tensors and others, in the order of the file.
    public private(set) var names: [String] = []
    /// Those of ``names`` that are tensors or parameters.
    public private(set) var tensorNames: Set<String> = []
    /// The modules that a module consists of, itself first.
    public private(set) var modules: [TorchModule] = []
    /// The class of the object that it is a part of, when it is one of an object's attributes.
    public let holder: String?
    private var values: [String: PickleValue] = [:]
    /// Names that stand there more than once.
    private(set) var twice: Set<String> = []

    init(_ kind: Kind, path: [String], holder: String?) {
        self.kind = kind
        self.path = path
        self.holder = holder
    }

    /// The value under a name; nil when there is none.
    func value(_ name: String) -> PickleValue? { values[name] }

    mutating func add(_ name: String, _ value: PickleValue, in file: TorchFile) {
        guard values.updateValue(value, forKey: name) == nil else {
            twice.insert(name)
            return
        }
        names.append(name)
        if file.isTensor(value) { tensorNames.insert(name) }
    }

    mutating func add(_ module: TorchModule) { modules.append(module) }
}

extension TorchFile {
    /// Places that are looked at, and how many keys may lead to one.
    private static let (mostPlaces, deepest) = (100_000, 8)

    /// Every place that holds tensors, the outermost first. Those of a module and of what is inside of it are one.
    ///
    /// - Throws: ``InterchangeError`` for modules that hold each other without end.
    public func places() throws -> [TorchPlace] {
        guard case .node(let root) = graph.root else { return [] }
        var places: [TorchPlace] = []
        var (waiting, seen) = ([(index: root, path: [String](), holder: String?.none)], Set([root]))
        var next = 0
        while next < waiting.count, next < Self.mostPlaces {
            let (index, path, holder) = waiting[next]
            next += 1
            if let place = try place(index, path: path, holder: holder) {
                places.append(place)
                if place.kind == .module { continue }
            }
            guard path.count < Self.deepest else { continue }
            for (name, child, inner) in children(graph.nodes[index]) where seen.insert(child).inserted {
                waiting.append((child, path + [name], holder ?? inner))
            }
        }
        return places
    }

    /// The tensor under a name of a place; nil when there is nothing of that name.
    ///
    /// - Throws: ``InterchangeError`` when it is no tensor, or what only a call would give, or does not fit its
    ///   storage.
    public func tensor(_ name: String, of place: TorchPlace) throws -> TorchTensor? {
        guard let value = place.value(name) else { return nil }
        guard !place.twice.contains(name) else {
            throw InterchangeError(file: path, "\(name) stands twice in it, and only one of them can count")
        }
        return try tensor(value, name: place.kind == .sequence ? "tensor \(name)" : name)
    }

    /// What the file holds, in a few words, for messages.
    public var contents: String {
        switch graph.root {
        case .none: "nothing (None)"
        case .boolean, .integer, .number: "a single number"
        case .bigInteger: "an integer beyond 64 bits"
        case .text: "a single text"
        case .bytes: "bytes"
        case .global(let name): "only the name \(name)"
        case .node(let index):
            switch graph.nodes[index].kind {
            case .list: "a list"
            case .tuple: "a tuple"
            case .set: "a set"
            case .dictionary: "a dictionary"
            case .record where isTensor(graph.root): "a single tensor"
            case .record(let name): "a \(name)"
            case .call(let name): "what \(name) would give"
            case .persistent: "a bare storage"
            }
        }
    }

    /// What holds tensors itself; nil for all else.
    private func place(_ index: Int, path: [String], holder: String?) throws -> TorchPlace? {
        let node = graph.nodes[index]
        switch node.kind {
        case .list, .tuple: return sequence(node.items, path: path, holder: holder)
        case .record("torch.utils.data.dataset.TensorDataset"):
            let tensors = graph.items(graph.entry("tensors", of: graph.attributes(of: node)))
            return sequence(tensors ?? [], path: path, holder: holder)
        case .record where graph.entry("_modules", of: graph.attributes(of: node)) != nil:
            var place = TorchPlace(.module, path: path, holder: holder)
            var walk = ModuleWalk(self)
            try walk.add(index, name: "", to: &place)
            return place
        case .dictionary, .record:
            let entries = graph.entries(.node(index)) ?? []
            guard entries.contains(where: { isTensor($0.value) || graph.call($0.value) != nil }) else { return nil }
            var place = TorchPlace(.dictionary, path: path, holder: holder)
            for (key, value) in entries { place.add(words(key), value, in: self) }
            return place
        default: return nil
        }
    }

    private func sequence(_ items: [PickleValue], path: [String], holder: String?) -> TorchPlace? {
        guard items.contains(where: { isTensor($0) }) else { return nil }
        var place = TorchPlace(.sequence, path: path, holder: holder)
        for (index, item) in items.enumerated() { place.add("\(index)", item, in: self) }
        return place
    }

    /// What may hold tensors further inside, and the class of the object for what are its attributes.
    private func children(_ node: PickleNode) -> [(name: String, index: Int, holder: String?)] {
        func inside(_ values: [(key: PickleValue, value: PickleValue)], of holder: String?)
            -> [(name: String, index: Int, holder: String?)]
        {
            values.compactMap { key, value in
                guard case .node(let index) = value, !isTensor(value), graph.nodes[index].kind != .persistent else {
                    return nil
                }
                return (words(key), index, holder)
            }
        }
        switch node.kind {
        case .dictionary: return inside(node.entries, of: nil)
        case .list, .tuple: return inside(node.items.enumerated().map { (.integer($0), $1) }, of: nil)
        case .record("torch.utils.data.dataset.TensorDataset"): return []
        case .record(let type):
            return inside(node.entries, of: nil) + inside(graph.entries(graph.attributes(of: node)) ?? [], of: type)
        case .set, .call, .persistent: return []
        }
    }
}
