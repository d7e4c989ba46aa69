import Foundation

/// A value of Python's, to be pickled.
public indirect enum PythonValue: Sendable {
    case none
    case boolean(Bool)
    case integer(Int)
    /// An integer of any size: two's complement, the lowest byte first.
    case long([UInt8])
    case number(Double)
    case text(String)
    case bytes([UInt8])
    case tuple([PythonValue])
    case list([PythonValue])
    case set([PythonValue])
    case frozenset([PythonValue])
    case dictionary([(String, PythonValue)])
    /// Keys of any kind.
    case mapping([(PythonValue, PythonValue)])
    /// A class or function by its module and name.
    case global(String, String)
    /// What a function gives for some arguments, and what it is told to be made of.
    case call(String, String, [PythonValue], state: PythonValue?)
    /// An empty object of a class, and what it is told to be made of.
    case object(String, String, state: PythonValue)
    /// Numbers of a storage, by its key, seen through a shape and strides.
    case tensor(TorchView)

    /// A dictionary that remembers its order, as state dicts are.
    public static func orderedDictionary(_ entries: [(String, PythonValue)]) -> PythonValue {
        .filled("collections", "OrderedDict", [], entries)
    }

    /// A dictionary with values for keys that it has not.
    public static func defaultDictionary(_ entries: [(String, PythonValue)]) -> PythonValue {
        .filled("collections", "defaultdict", [.global("builtins", "list")], entries)
    }

    /// What a function gives, and then is filled as dictionaries are.
    case filled(String, String, [PythonValue], [(String, PythonValue)])
}

/// How a tensor looks at its storage.
public struct TorchView: Sendable {
    /// The storage's key.
    public var storage: String
    /// Elements of the storage.
    public var count: Int
    /// PyTorch's name of the storage's type.
    public var kind = "FloatStorage"
    /// Elements along each axis.
    public var shape: [Int]
    /// Elements between neighbours along each axis.
    public var strides: [Int]
    /// The first element's place in the storage.
    public var offset = 0
    /// What stands beside the tensor, such as the negative bit.
    public var metadata: [(String, PythonValue)] = []
    /// Whether it is pickled as a parameter.
    public var isParameter = false

    /// The whole storage, in C order.
    public init(_ storage: String, shape: [Int], kind: String = "FloatStorage") {
        (self.storage, self.shape, self.kind) = (storage, shape, kind)
        count = shape.reduce(1, *)
        strides = shape.indices.map { shape[($0 + 1)...].reduce(1, *) }
    }

    /// A part of a storage.
    public init(_ storage: String, of count: Int, shape: [Int], strides: [Int], offset: Int = 0) {
        (self.storage, self.count, self.shape, self.strides, self.offset) = (storage, count, shape, strides, offset)
    }
}

/// A file as `torch.save` writes it.
public struct TorchArchive {
    private var storages: [(name: String, bytes: [UInt8])] = []

    /// An empty one.
    public init() {}

    /// Stores bytes and returns their key.
    public mutating func store(_ bytes: [UInt8]) -> String {
        storages.append(("\(storages.count)", bytes))
        return storages[storages.count - 1].name
    }

    /// Stores numbers and returns their key.
    public mutating func store<T: BitwiseCopyable>(_ numbers: [T]) -> String {
        store(numbers.withUnsafeBytes { [UInt8]($0) })
    }

    /// Writes the file.
    ///
    /// - Parameters:
    ///   - path: Where.
    ///   - root: What is pickled.
    ///   - protocol: 2 to 5, which differ in their opcodes.
    ///   - more: Further entries.
    public func write(
        _ path: String, _ root: PythonValue, protocol version: UInt8 = 2, more: [(name: String, bytes: [UInt8])] = []
    ) throws {
        var pickler = Pickler(version: version)
        pickler.add(root)
        let entries =
            [(name: "archive/data.pkl", bytes: pickler.bytes + [UInt8(ascii: ".")])]
            + storages.map { ("archive/data/" + $0.name, $0.bytes) } + [("archive/version", Array("3\n".utf8))] + more
        try ZipArchiveBytes(entries).data.write(to: URL(fileURLWithPath: path))
    }
}

/// Python's pickler, as far as values go.
private struct Pickler {
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

/// A zip file of stored entries, without checksums, as `torch.save` can be told to write, or with them.
public struct ZipArchiveBytes {
    private let entries: [(name: String, bytes: [UInt8])]
    private let hasChecksums: Bool

    /// Entries in this order, names may repeat.
    public init(_ entries: [(name: String, bytes: [UInt8])], hasChecksums: Bool = false) {
        self.entries = entries
        self.hasChecksums = hasChecksums
    }

    /// CRC-32, bit by bit.
    private func checksum(_ bytes: [UInt8]) -> Int {
        var crc = ~UInt32(0)
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 {
                let isOdd = crc & 1 == 1
                crc >>= 1
                if isOdd { crc ^= 0xedb8_8320 }
            }
        }
        return Int(~crc)
    }

    /// The whole file.
    public var data: Data {
        var (local, central) = ([UInt8](), [UInt8]())
        for (name, content) in entries {
            let size = little(content.count, 4)
            let sum = little(hasChecksums ? checksum(content) : 0, 4)
            let start: [UInt8] = [20, 0] + [UInt8](repeating: 0, count: 8) + sum
            let common: [UInt8] = start + size + size + little(name.utf8.count, 2)
            central += [0x50, 0x4b, 1, 2, 20, 0] + common + [UInt8](repeating: 0, count: 12) + little(local.count, 4)
            central += Array(name.utf8)
            local += [0x50, 0x4b, 3, 4] + common + [0, 0] + Array(name.utf8) + content
        }
        let count = little(entries.count, 2)
        return Data(
            local + central + [0x50, 0x4b, 5, 6, 0, 0, 0, 0] + count + count + little(central.count, 4)
                + little(local.count, 4) + [0, 0])
    }
}

private func little(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}
