/// What each opcode does.
extension PickleMachine {
    /// Runs one opcode; false after the last one.
    mutating func step() throws -> Bool {
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
        case UInt8(ascii: "1"): _ = try popToMark()  // POP_MARK
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
            if try !pushPlain(opcode), try !pushText(opcode), try !fill(opcode), try !build(opcode) {
                throw damage("has the opcode \(opcode), which files of tensors and modules do not have")
            }
        }
        return true
    }

    /// Opcodes that push a number or a plain value.
    private mutating func pushPlain(_ opcode: UInt8) throws -> Bool {
        switch opcode {
        case UInt8(ascii: "N"): try push(.none)
        case 0x88: try push(.boolean(true))
        case 0x89: try push(.boolean(false))
        case UInt8(ascii: "K"): try push(.integer(try number(1)))
        case UInt8(ascii: "M"): try push(.integer(try number(2)))
        case UInt8(ascii: "J"): try push(.integer(Int(Int32(truncatingIfNeeded: try number(4)))))
        case 0x8a: try push(try longInteger(try number(1)))
        case 0x8b: try push(try longInteger(try number(4)))
        case UInt8(ascii: "G"):
            let pattern = try take(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            try push(.number(Double(bitPattern: pattern)))
        default: return false
        }
        return true
    }

    /// Opcodes that push text or bytes.
    private mutating func pushText(_ opcode: UInt8) throws -> Bool {
        switch opcode {
        case UInt8(ascii: "X"), UInt8(ascii: "T"): try push(try text(try number(4)))
        case UInt8(ascii: "U"), 0x8c: try push(try text(try number(1)))
        case 0x8d: try push(try text(try number(8)))
        case UInt8(ascii: "C"): try push(try bytes(try number(1)))
        case UInt8(ascii: "B"): try push(try bytes(try number(4)))
        case 0x8e, 0x96: try push(try bytes(try number(8)))  // BINBYTES8, BYTEARRAY8
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
        case 0x91: try pushNode(PickleNode(kind: .set, items: try popToMark()))  // FROZENSET
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

    mutating func append(_ items: [PickleValue]) throws {
        let index = try top()
        switch graph.nodes[index].kind {
        case .list, .set:
            try spend(items.count * MemoryLayout<PickleValue>.stride)
            graph.nodes[index].items += items
        // An object of a class that is a list: its elements are not known to be what they were given as.
        case .record, .call: break
        case .tuple, .dictionary, .persistent: throw damage()
        }
    }

    mutating func set(_ items: [PickleValue]) throws {
        let index = try top()
        guard items.count % 2 == 0 else { throw damage() }
        switch graph.nodes[index].kind {
        case .dictionary, .record:
            try spend(2 * items.count * MemoryLayout<PickleValue>.stride)
            for place in stride(from: 0, to: items.count, by: 2) {
                graph.nodes[index].entries.append((items[place], items[place + 1]))
            }
        case .call: break
        case .list, .tuple, .set, .persistent: throw damage()
        }
    }

    /// Opcodes that in Python would make an object.
    private mutating func build(_ opcode: UInt8) throws -> Bool {
        switch opcode {
        case UInt8(ascii: "R"): try call()
        case 0x81: try makeObject(try pop())  // NEWOBJ
        case 0x92:  // NEWOBJ_EX
            let named = try pop()
            guard graph.entries(named)?.isEmpty == true else {
                _ = try pop()
                try pushCall(try name(of: try pop()), [named])
                return true
            }
            try makeObject(try pop())
        case UInt8(ascii: "b"):
            let state = try pop()
            let index = try top()
            graph.nodes[index].state = state
        case UInt8(ascii: "Q"): try pushNode(PickleNode(kind: .persistent, items: graph.items(try pop()) ?? []))
        default: return false
        }
        return true
    }

    /// The name of what would be called; it may itself be what a call would give.
    func name(of function: PickleValue) throws -> String {
        if case .global(let name) = function { return name }
        guard let node = graph.node(function) else { throw damage() }
        switch node.kind {
        case .call(let name): return name.hasPrefix("what ") ? name : "what \(name) gives"
        case .record(let name): return "what \(name) gives"
        default: throw damage()
        }
    }

    private mutating func call() throws {
        let arguments = try pop()
        let function = try pop()
        guard let items = graph.items(arguments) else { throw damage() }
        let name = try name(of: function)
        if Self.functions.contains(name) {
            try pushNode(PickleNode(kind: .record(name), items: items))
        } else if Self.dictionaries.contains(name), let entries = try entries(ofFirst: items) {
            try pushNode(PickleNode(kind: .dictionary, entries: entries))
        } else {
            try pushCall(name, items)
        }
    }

    /// An object is made empty, as modules are; with arguments its class could do anything.
    private mutating func makeObject(_ arguments: PickleValue) throws {
        let type = try pop()
        guard let items = graph.items(arguments) else { throw damage() }
        let name = try name(of: type)
        guard items.isEmpty else { return try pushCall(name, items) }
        try pushNode(PickleNode(kind: Self.dictionaries.contains(name) ? .dictionary : .record(name)))
    }

    private mutating func pushCall(_ name: String, _ items: [PickleValue]) throws {
        if !knownCalls.contains(name) {
            try spend(2 * (name.utf8.count + 64))
            knownCalls.insert(name)
            graph.calls.append(name)
        }
        try pushNode(PickleNode(kind: .call(name), items: items))
    }

    /// What a dictionary begins with when it is made of another, or of pairs; nil when it is made of anything else.
    mutating func entries(
        ofFirst items: [PickleValue]
    ) throws -> [(key: PickleValue, value: PickleValue)]? {
        // What a defaultdict makes of keys that it has not is of no use here.
        var items = items[...]
        if case .global = items.first { items = items.dropFirst() }
        if items.first == PickleValue.none { items = items.dropFirst() }
        guard let first = items.first else { return [] }
        guard items.count == 1, let node = graph.node(first) else { return nil }
        // The work is paid for: the same list can be given again and again.
        try spend((node.items.count + node.entries.count) * MemoryLayout<PickleValue>.stride)
        if let entries = graph.entries(first) { return entries }
        guard let items = graph.items(first) else { return nil }
        let pairs = items.compactMap { graph.items($0) }.filter { $0.count == 2 }
        return pairs.count == items.count ? pairs.map { ($0[0], $0[1]) } : nil
    }
}
