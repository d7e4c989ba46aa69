/// Python's pickler, as far as values go.
struct Pickler {
    private let version: UInt8
    private(set) var bytes: [UInt8]

    init(version: UInt8) {
        self.version = version
        bytes = [0x80, version]
    }

    private mutating func opcode(_ character: Character, _ operand: [UInt8] = []) {
        bytes += [character.asciiValue!] + operand
    }

    private mutating func text(_ text: String) {
        let utf8 = Array(text.utf8)
        if version >= 4, utf8.count < 256 {
            bytes += [0x8c, UInt8(utf8.count)] + utf8 + [0x94]  // SHORT_BINUNICODE, MEMOIZE
        } else {
            opcode("X", little(utf8.count, 4) + utf8)
        }
    }

    private mutating func global(_ module: String, _ name: String) {
        guard version >= 4 else { return opcode("c", Array("\(module)\n\(name)\n".utf8)) }
        text(module)
        text(name)
        bytes += [0x93]  // STACK_GLOBAL
    }

    private mutating func tuple(_ items: [PythonValue]) {
        opcode("(")
        for item in items { add(item) }
        opcode("t")
    }

    private mutating func entries(_ entries: [(PythonValue, PythonValue)]) {
        opcode("(")
        for (key, value) in entries {
            add(key)
            add(value)
        }
        opcode("u")
    }

    private func named(_ entries: [(String, PythonValue)]) -> [(PythonValue, PythonValue)] {
        entries.map { (.text($0.0), $0.1) }
    }

    mutating func add(_ value: PythonValue) {
        switch value {
        case .none: opcode("N")
        case .boolean(let flag): bytes.append(flag ? 0x88 : 0x89)
        case .integer(let number):
            if (0..<256).contains(number) { return opcode("K", [UInt8(number)]) }
            add(.long(little(number, 8)))
        case .long(let digits):
            bytes += digits.count < 256 ? [0x8a, UInt8(digits.count)] : [0x8b] + little(digits.count, 4)
            bytes += digits
        case .number(let number): opcode("G", little(Int(bitPattern: UInt(number.bitPattern)), 8).reversed())
        case .text(let words): text(words)
        case .bytes(let content):
            if version >= 3 {
                opcode("B", little(content.count, 4) + content)
            } else {
                let latin = String(String.UnicodeScalarView(content.map { Unicode.Scalar($0) }))
                add(.call("_codecs", "encode", [.text(latin), .text("latin1")], state: nil))
            }
        case .tuple(let items): tuple(items)
        case .list(let items):
            opcode("]")
            opcode("(")
            for item in items { add(item) }
            opcode("e")
        case .set(let items):
            guard version >= 4 else { return add(.call("__builtin__", "set", [.list(items)], state: nil)) }
            bytes += [0x8f]  // EMPTY_SET
            opcode("(")
            for item in items { add(item) }
            bytes += [0x90]  // ADDITEMS
        case .frozenset(let items):
            guard version >= 4 else { return add(.call("__builtin__", "frozenset", [.list(items)], state: nil)) }
            opcode("(")
            for item in items { add(item) }
            bytes += [0x91]  // FROZENSET
        case .dictionary(let content):
            opcode("}")
            entries(named(content))
        case .mapping(let content):
            opcode("}")
            entries(content)
        case .global(let module, let name): global(module, name)
        default: addObject(value)
        }
    }

    private mutating func addObject(_ value: PythonValue) {
        switch value {
        case .call(let module, let name, let arguments, let state):
            global(module, name)
            tuple(arguments)
            opcode("R")
            if let state {
                add(state)
                opcode("b")
            }
        case .object(let module, let name, let state):
            global(module, name)
            opcode(")")
            bytes.append(0x81)  // NEWOBJ
            add(state)
            opcode("b")
        case .filled(let module, let name, let arguments, let content):
            add(.call(module, name, arguments, state: nil))
            entries(named(content))
        case .tensor(let view): add(view)
        default: preconditionFailure("plain values are added elsewhere")
        }
    }

    private mutating func add(_ view: TorchView) {
        if view.isParameter {
            var inner = view
            inner.isParameter = false
            let arguments: [PythonValue] = [.tensor(inner), .boolean(true), .orderedDictionary([])]
            return add(.call("torch._utils", "_rebuild_parameter", arguments, state: nil))
        }
        global("torch._utils", "_rebuild_tensor_v2")
        opcode("(")
        tuple([
            .text("storage"), .global("torch", view.kind), .text(view.storage), .text("cpu"), .integer(view.count),
        ])
        opcode("Q")
        add(.integer(view.offset))
        tuple(view.shape.map { .integer($0) })
        tuple(view.strides.map { .integer($0) })
        add(.boolean(false))
        add(.orderedDictionary([]))
        if !view.metadata.isEmpty { add(.dictionary(view.metadata)) }
        opcode("t")
        opcode("R")
    }
}
