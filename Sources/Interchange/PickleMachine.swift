/// Reads a pickle as a description. It knows the opcodes that PyTorch writes and has no way to run anything: a class or
/// function is a name, and of what it would be called with only the names that files of tensors need are taken.
///
/// Source: the Python standard library, `pickletools`, protocols 2 to 5.
struct PickleMachine {
    /// Functions that a file may name as something to call: they make containers, and tensors of stored numbers.
    private static let functions: Set<String> = [
        "collections.OrderedDict", "collections.defaultdict", "__builtin__.set", "builtins.set",
        "__builtin__.frozenset",
        "builtins.frozenset", "__builtin__.slice", "builtins.slice", "functools.partial", "torch.device", "torch.Size",
        "_codecs.encode", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_parameter",
        "torch._utils._rebuild_parameter_with_state",
    ]

    private let bytes: [UInt8]
    private let path: String
    private var place = 0
    private var graph = PickleGraph()
    private var stack: [PickleValue] = []
    private var marks: [Int] = []
    private var memo: [Int: PickleValue] = [:]
    /// Bytes of memory that may still be taken; a byte of a pickle can ask for a hundred.
    private var budget: Int

    /// - Parameters:
    ///   - bytes: The pickle.
    ///   - path: Its file, for messages.
    ///   - budget: Bytes of memory that its description may take.
    static func run(_ bytes: [UInt8], path: String, budget: Int) throws -> PickleGraph {
        var machine = PickleMachine(bytes: bytes, path: path, budget: budget)
        while try machine.step() {}
        return machine.graph
    }

    private init(bytes: [UInt8], path: String, budget: Int) {
        self.bytes = bytes
        self.path = path
        self.budget = budget
    }

    // MARK: Failures

    private func damage(_ what: String = "is no pickle that PyTorch wrote") -> InterchangeError {
        InterchangeError(file: path, "data.pkl \(what) (byte \(place)); copy the file again")
    }

    private func refusal(of name: String) -> InterchangeError {
        InterchangeError(
            file: path,
            "asks to run \(name) when it is loaded, which files of tensors and modules do not; nothing was run. Do not load this file with PyTorch unless you trust who made it"
        )
    }

    private mutating func spend(_ count: Int) throws {
        budget -= count
        guard budget >= 0 else { throw damage("describes more objects than a file of this size holds") }
    }

    // MARK: Bytes

    private mutating func take(_ count: Int) throws -> ArraySlice<UInt8> {
        guard count >= 0, count <= bytes.count - place else { throw damage("ends early") }
        defer { place += count }
        return bytes[place..<place + count]
    }

    private mutating func number(_ count: Int) throws -> Int {
        let part = try take(count)
        guard let value = part.littleEndian(at: part.startIndex, count: count) else { throw damage() }
        return value
    }

    private mutating func text(_ count: Int) throws -> String {
        try spend(count)
        return String(decoding: try take(count), as: UTF8.self)
    }

    private mutating func line() throws -> String {
        guard let end = bytes[place...].firstIndex(of: 0x0a) else { throw damage("ends early") }
        let text = try text(end - place)
        place += 1
        return text
    }

    /// An integer of any length, in two's complement; those beyond 64 bits are not what sizes are.
    private mutating func longInteger() throws -> Int {
        let part = try take(try number(1))
        guard part.count <= 8 else { throw damage("holds an integer beyond 64 bits") }
        var value: UInt64 = 0
        for (index, byte) in part.enumerated() { value |= UInt64(byte) << (8 * UInt64(index)) }
        let unused = 64 - 8 * part.count
        return part.isEmpty ? 0 : Int(Int64(bitPattern: value << UInt64(unused)) >> Int64(unused))
    }

    // MARK: Stack

    private mutating func push(_ value: PickleValue) throws {
        try spend(MemoryLayout<PickleValue>.stride)
        stack.append(value)
    }

    private mutating func pop() throws -> PickleValue {
        guard stack.count > (marks.last ?? 0), let value = stack.popLast() else { throw damage() }
        budget += MemoryLayout<PickleValue>.stride
        return value
    }

    private mutating func popToMark() throws -> [PickleValue] {
        guard let mark = marks.popLast() else { throw damage() }
        let values = Array(stack[mark...])
        stack.removeSubrange(mark...)
        budget += values.count * MemoryLayout<PickleValue>.stride
        return values
    }

    private mutating func pushNode(_ node: PickleNode) throws {
        try spend(MemoryLayout<PickleNode>.stride + node.items.count * MemoryLayout<PickleValue>.stride)
        graph.nodes.append(node)
        try push(.node(graph.nodes.count - 1))
    }

    private mutating func pushTuple(_ count: Int) throws {
        var items: [PickleValue] = []
        for _ in 0..<count { items.insert(try pop(), at: 0) }
        try pushNode(PickleNode(kind: .tuple, items: items))
    }

    /// The node that the value on top of the stack stands for.
    private func top() throws -> Int {
        guard stack.count > (marks.last ?? 0), case .node(let index) = stack.last else { throw damage() }
        return index
    }

    private mutating func remember(_ key: Int) throws {
        guard let value = stack.last else { throw damage() }
        try spend(2 * (MemoryLayout<PickleValue>.stride + 8))
        memo[key] = value
    }

    private mutating func recall(_ key: Int) throws {
        guard let value = memo[key] else { throw damage() }
        try push(value)
    }

    // MARK: Opcodes

    /// Runs one opcode; false after the last one.
    private mutating func step() throws -> Bool {
        let opcode = try take(1)[place - 1]
        switch opcode {
        case UInt8(ascii: "."):
            graph.root = try pop()
            return false
        case 0x80: _ = try take(1)  // PROTO
        case 0x95: _ = try take(8)  // FRAME
        case UInt8(ascii: "("):
            try spend(8)
            marks.append(stack.count)
        case UInt8(ascii: "0"): _ = try pop()
        case UInt8(ascii: "q"): try remember(try number(1))
        case UInt8(ascii: "r"): try remember(try number(4))
        case 0x94: try remember(memo.count)  // MEMOIZE
        case UInt8(ascii: "h"): try recall(try number(1))
        case UInt8(ascii: "j"): try recall(try number(4))
        case UInt8(ascii: "c"): try push(.global("\(try line()).\(try line())"))
        case 0x93:  // STACK_GLOBAL
            guard case .text(let name) = try pop(), case .text(let module) = try pop() else { throw damage() }
            try spend(name.utf8.count + module.utf8.count)
            try push(.global("\(module).\(name)"))
        default:
            if try !pushPlain(opcode), try !fill(opcode), try !build(opcode) {
                throw damage("has the opcode \(opcode), which files of tensors and modules do not have")
            }
        }
        return true
    }

    /// Opcodes that push a plain value.
    private mutating func pushPlain(_ opcode: UInt8) throws -> Bool {
        switch opcode {
        case UInt8(ascii: "N"): try push(.none)
        case 0x88: try push(.boolean(true))
        case 0x89: try push(.boolean(false))
        case UInt8(ascii: "K"): try push(.integer(try number(1)))
        case UInt8(ascii: "M"): try push(.integer(try number(2)))
        case UInt8(ascii: "J"): try push(.integer(Int(Int32(truncatingIfNeeded: try number(4)))))
        case 0x8a: try push(.integer(try longInteger()))
        case UInt8(ascii: "G"):
            let pattern = try take(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            try push(.number(Double(bitPattern: pattern)))
        case UInt8(ascii: "X"): try push(.text(try text(try number(4))))
        case UInt8(ascii: "U"), 0x8c: try push(.text(try text(try number(1))))
        default: return false
        }
        return true
    }

    /// Opcodes that make a container or fill it.
    private mutating func fill(_ opcode: UInt8) throws -> Bool {
        switch opcode {
        case UInt8(ascii: ")"): try pushTuple(0)
        case 0x85: try pushTuple(1)
        case 0x86: try pushTuple(2)
        case 0x87: try pushTuple(3)
        case UInt8(ascii: "t"): try pushNode(PickleNode(kind: .tuple, items: try popToMark()))
        case UInt8(ascii: "]"): try pushNode(PickleNode(kind: .list))
        case UInt8(ascii: "}"): try pushNode(PickleNode(kind: .dictionary))
        case 0x8f: try pushNode(PickleNode(kind: .set))
        case UInt8(ascii: "a"): try append([try pop()])
        case UInt8(ascii: "e"), 0x90: try append(try popToMark())
        case UInt8(ascii: "s"):
            let value = try pop()
            try set([try pop(), value])
        case UInt8(ascii: "u"): try set(try popToMark())
        default: return false
        }
        return true
    }

    private mutating func append(_ items: [PickleValue]) throws {
        let index = try top()
        guard graph.nodes[index].kind == .list || graph.nodes[index].kind == .set else { throw damage() }
        try spend(items.count * MemoryLayout<PickleValue>.stride)
        graph.nodes[index].items += items
    }

    private mutating func set(_ items: [PickleValue]) throws {
        let index = try top()
        guard graph.nodes[index].kind == .dictionary, items.count % 2 == 0 else { throw damage() }
        try spend(2 * items.count * MemoryLayout<PickleValue>.stride)
        for place in stride(from: 0, to: items.count, by: 2) {
            graph.nodes[index].entries.append((items[place], items[place + 1]))
        }
    }

    /// Opcodes that in Python would make an object.
    private mutating func build(_ opcode: UInt8) throws -> Bool {
        switch opcode {
        case UInt8(ascii: "R"):
            let arguments = try pop()
            guard case .global(let name) = try pop(), let items = graph.items(arguments) else { throw damage() }
            guard Self.functions.contains(name) else { throw refusal(of: name) }
            let isDictionary = name == "collections.OrderedDict" && items.isEmpty
            try pushNode(PickleNode(kind: isDictionary ? .dictionary : .record(name), items: items))
        case 0x81:  // NEWOBJ: an empty object, as modules are made; with arguments it could do anything.
            let arguments = try pop()
            guard case .global(let name) = try pop(), let items = graph.items(arguments) else { throw damage() }
            guard items.isEmpty else { throw refusal(of: name) }
            try pushNode(PickleNode(kind: .record(name)))
        case UInt8(ascii: "b"):
            let state = try pop()
            let index = try top()
            switch graph.nodes[index].kind {
            case .dictionary, .record: graph.nodes[index].state = state
            default: throw damage()
            }
        case UInt8(ascii: "Q"):
            guard let items = graph.items(try pop()) else { throw damage() }
            try pushNode(PickleNode(kind: .persistent, items: items))
        default: return false
        }
        return true
    }
}
