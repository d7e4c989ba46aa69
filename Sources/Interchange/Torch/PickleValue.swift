/// What a pickle describes: plain values, and places in ``PickleGraph/nodes`` for all that holds other values.
enum PickleValue: Equatable {
    case none
    case boolean(Bool)
    case integer(Int)
    /// An integer beyond 64 bits, as generator states have: nothing that a tensor needs.
    case bigInteger
    case number(Double)
    case text(String)
    /// Bytes, by their place in the pickle.
    case bytes(Range<Int>)
    /// A class or function by its full name, such as `torch.FloatStorage`. A name only: nothing stands behind it.
    case global(String)
    case node(Int)
}

/// A container or a named record.
struct PickleNode {
    enum Kind: Equatable {
        case list, tuple, set, dictionary
        /// An empty object of a class, or the result that a function of tensors would have: its name and what it was
        /// given.
        case record(String)
        /// What any other call would give: a placeholder. Nothing was called, so nothing is known of it.
        case call(String)
        /// What PyTorch keeps outside of the pickle; the items describe it.
        case persistent
    }

    var kind: Kind
    /// Elements, or the arguments of a record or call.
    var items: [PickleValue] = []
    /// Keys and values of a dictionary, or of a record that is one.
    var entries: [(key: PickleValue, value: PickleValue)] = []
    /// What the object was told to be made of.
    var state = PickleValue.none
}

/// All that a pickle describes. Containers refer to each other by number, so that neither cycles nor depth can harm.
struct PickleGraph {
    var nodes: [PickleNode] = []
    var root = PickleValue.none
    /// Names of the calls that stayed placeholders, each once, in the order of the file.
    var calls: [String] = []
    /// What ``PickleValue/bytes(_:)`` are places in.
    var pickle: [UInt8] = []

    func node(_ value: PickleValue?) -> PickleNode? {
        guard case .node(let index) = value else { return nil }
        return nodes[index]
    }

    /// Elements of a list or tuple.
    func items(_ value: PickleValue?) -> [PickleValue]? {
        guard let node = node(value), node.kind == .list || node.kind == .tuple else { return nil }
        return node.items
    }

    /// Entries of a dictionary, or of an object of a class that is one.
    func entries(_ value: PickleValue?) -> [(key: PickleValue, value: PickleValue)]? {
        guard let node = node(value) else { return nil }
        if case .record = node.kind, !node.entries.isEmpty { return node.entries }
        return node.kind == .dictionary ? node.entries : nil
    }

    /// The entry of a dictionary under a name.
    func entry(_ name: String, of value: PickleValue?) -> PickleValue? {
        entries(value)?.last { $0.key == .text(name) }?.value
    }

    /// The attributes of an object: its state, or the first part of it for a class with slots.
    func attributes(of node: PickleNode) -> PickleValue {
        guard let parts = items(node.state), parts.count == 2, entries(parts[0]) != nil else { return node.state }
        return parts[0]
    }

    /// The name of the call that a value is the placeholder of.
    func call(_ value: PickleValue?) -> String? {
        guard let node = node(value), case .call(let name) = node.kind else { return nil }
        return name
    }

    /// Whole numbers of a tuple, such as a shape.
    func integers(_ value: PickleValue?) -> [Int]? {
        guard let items = items(value) else { return nil }
        var numbers: [Int] = []
        for item in items {
            guard case .integer(let number) = item else { return nil }
            numbers.append(number)
        }
        return numbers
    }
}
