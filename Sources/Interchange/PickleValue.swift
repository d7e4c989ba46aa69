/// What a pickle describes: plain values, and places in ``PickleGraph/nodes`` for all that holds other values.
enum PickleValue: Equatable {
    case none
    case boolean(Bool)
    case integer(Int)
    case number(Double)
    case text(String)
    /// A class or function by its full name, such as `torch.FloatStorage`. A name only: nothing stands behind it.
    case global(String)
    case node(Int)
}

/// A container or a named record.
struct PickleNode {
    enum Kind: Equatable {
        case list, tuple, set, dictionary
        /// An object of a class, or the result that a function would have: its name and what it was given.
        case record(String)
        /// What PyTorch keeps outside of the pickle; the items describe it.
        case persistent
    }

    var kind: Kind
    /// Elements, or the arguments of a record.
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

    func node(_ value: PickleValue?) -> PickleNode? {
        guard case .node(let index) = value else { return nil }
        return nodes[index]
    }

    /// Elements of a list or tuple.
    func items(_ value: PickleValue?) -> [PickleValue]? {
        guard let node = node(value), node.kind == .list || node.kind == .tuple else { return nil }
        return node.items
    }

    /// Entries of a dictionary.
    func entries(_ value: PickleValue?) -> [(key: PickleValue, value: PickleValue)]? {
        guard let node = node(value), node.kind == .dictionary else { return nil }
        return node.entries
    }

    /// The entry of a dictionary under a name.
    func entry(_ name: String, of value: PickleValue?) -> PickleValue? {
        entries(value)?.last { $0.key == .text(name) }?.value
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
