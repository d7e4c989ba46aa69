/// Reads a pickle as a description. It knows the opcodes of protocols 2 to 5 and has no way to run anything: a class or
/// function is a name, and what it would be called with stands beside it. Calls that make containers and tensors of
/// stored numbers are understood; all others stay placeholders, which refuse to be used.
///
/// Source: the Python standard library, `pickletools`, protocols 2 to 5.
struct PickleMachine {
    /// Functions whose result is understood without calling them: plain containers, and tensors of stored numbers.
    static let functions: Set<String> = [
        "__builtin__.set", "builtins.set", "__builtin__.frozenset", "builtins.frozenset", "__builtin__.slice",
        "builtins.slice", "functools.partial", "torch.device", "torch.Size", "_codecs.encode",
        "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor_v3", "torch._utils._rebuild_parameter",
        "torch._utils._rebuild_parameter_with_state", "torch._tensor._rebuild_from_type_v2",
    ]
    /// Functions that make a dictionary of what they are given.
    static let dictionaries: Set<String> = [
        "collections.OrderedDict", "collections.defaultdict", "__builtin__.dict", "builtins.dict",
    ]

    let bytes: [UInt8]
    private let path: String
    var place = 0
    var graph = PickleGraph()
    var stack: [PickleValue] = []
    var marks: [Int] = []
    var memo: [Int: PickleValue] = [:]
    var knownCalls: Set<String> = []
    /// Bytes of memory that may still be taken; a byte of a pickle can ask for a hundred.
    private var budget: Int

    /// - Parameters:
    ///   - bytes: The pickle.
    ///   - path: Its file, for messages.
    ///   - budget: Bytes of memory that its description may take.
    static func run(_ bytes: [UInt8], path: String, budget: Int) throws -> PickleGraph {
        var machine = PickleMachine(bytes: bytes, path: path, budget: budget)
        while try machine.step() {}
        machine.graph.pickle = bytes
        return machine.graph
    }

    private init(bytes: [UInt8], path: String, budget: Int) {
        self.bytes = bytes
        self.path = path
        self.budget = budget
    }

    // MARK: Failures

    func damage(_ what: String = "is no pickle that PyTorch wrote") -> InterchangeError {
        InterchangeError(file: path, "data.pkl \(what) (byte \(place)); copy the file again")
    }

    mutating func spend(_ count: Int) throws {
        budget -= count
        guard budget >= 0 else { throw damage("describes more objects than a file of this size holds") }
    }

    // MARK: Bytes

    mutating func take(_ count: Int) throws -> ArraySlice<UInt8> {
        guard count >= 0, count <= bytes.count - place else { throw damage("ends early") }
        defer { place += count }
        return bytes[place..<place + count]
    }

    mutating func number(_ count: Int) throws -> Int {
        let part = try take(count)
        guard let value = part.littleEndian(at: part.startIndex, count: count) else { throw damage() }
        return value
    }

    mutating func text(_ count: Int) throws -> PickleValue {
        try spend(count)
        return .text(String(decoding: try take(count), as: UTF8.self))
    }

    mutating func bytes(_ count: Int) throws -> PickleValue {
        let part = try take(count)
        return .bytes(part.startIndex..<part.endIndex)
    }

    mutating func line() throws -> String {
        guard let end = bytes[place...].firstIndex(of: 0x0a) else { throw damage("ends early") }
        try spend(end - place)
        let text = String(decoding: try take(end - place), as: UTF8.self)
        place += 1
        return text
    }

    /// An integer of any length, in two's complement.
    mutating func longInteger(_ count: Int) throws -> PickleValue {
        var part = try take(count)
        // Bytes that only repeat the sign say nothing.
        while part.count > 8, let last = part.last, last == (part[part.endIndex - 2] < 0x80 ? 0 : 0xff) {
            part.removeLast()
        }
        guard part.count <= 8 else { return .bigInteger }
        var value: UInt64 = 0
        for (index, byte) in part.enumerated() { value |= UInt64(byte) << (8 * UInt64(index)) }
        let unused = 64 - 8 * part.count
        return .integer(part.isEmpty ? 0 : Int(Int64(bitPattern: value << UInt64(unused)) >> Int64(unused)))
    }

    // MARK: Stack

    mutating func push(_ value: PickleValue) throws {
        try spend(MemoryLayout<PickleValue>.stride)
        stack.append(value)
    }

    mutating func pop() throws -> PickleValue {
        guard stack.count > (marks.last ?? 0), let value = stack.popLast() else { throw damage() }
        budget += MemoryLayout<PickleValue>.stride
        return value
    }

    mutating func popToMark() throws -> [PickleValue] {
        guard let mark = marks.popLast() else { throw damage() }
        let values = Array(stack[mark...])
        stack.removeSubrange(mark...)
        budget += values.count * MemoryLayout<PickleValue>.stride
        return values
    }

    mutating func pushNode(_ node: PickleNode) throws {
        let values = node.items.count + 2 * node.entries.count
        try spend(MemoryLayout<PickleNode>.stride + values * MemoryLayout<PickleValue>.stride)
        graph.nodes.append(node)
        try push(.node(graph.nodes.count - 1))
    }

    mutating func pushTuple(_ count: Int) throws {
        var items: [PickleValue] = []
        for _ in 0..<count { items.insert(try pop(), at: 0) }
        try pushNode(PickleNode(kind: .tuple, items: items))
    }

    /// The node that the value on top of the stack stands for.
    func top() throws -> Int {
        guard stack.count > (marks.last ?? 0), case .node(let index) = stack.last else { throw damage() }
        return index
    }

    mutating func remember(_ key: Int) throws {
        guard let value = stack.last else { throw damage() }
        try spend(2 * (MemoryLayout<PickleValue>.stride + 8))
        memo[key] = value
    }

    mutating func recall(_ key: Int) throws {
        guard let value = memo[key] else { throw damage() }
        try push(value)
    }
}
