import PhotozCheckedSizes

/// A file that `torch.save` wrote: a zip archive of a pickle and the storages of its tensors.
public final class TorchFile {
    let path: String
    let graph: PickleGraph
    private let archive: ZipArchive
    /// The archive's folder, with a slash.
    private let folder: String
    private let isBigEndian: Bool
    /// Storages that have been compared with their checksums, and where they begin.
    private var starts: [String: Int] = [:]

    /// What the file asks to call when it is loaded, by name. Nothing of it was called: it stays a placeholder, and a
    /// tensor that is needed and depends on one is refused.
    public var calls: [String] { graph.calls }

    /// Bytes of the file.
    public var size: Int { archive.file.size }

    /// Opens a file and reads its pickle; numbers are read when they are asked for.
    ///
    /// - Throws: ``InterchangeError`` when the file cannot be read, is damaged, or is no such zip file.
    public init(_ path: String) throws {
        self.path = path
        let file = try InputFile(path)
        guard try ZipArchive.begins(file) else { throw Self.strange(file) }
        archive = try ZipArchive(file)
        let pickle = try Self.pickle(of: archive)
        folder = String(pickle.name.dropLast("data.pkl".count))
        guard !pickle.isDeflated else { throw Self.packed(pickle, path) }
        let start = try archive.verify(pickle)
        guard pickle.size <= Self.largestPickle else {
            throw InterchangeError(
                file: path,
                "\(pickle.name) has \(pickle.size) bytes; such a description holds more than tensors, save the state dict"
            )
        }
        graph = try PickleMachine.run(
            try file.bytes(at: start, count: pickle.size), path: path,
            budget: min(file.size, Self.largestPickle) + Self.allowance)
        isBigEndian = try Self.isBigEndian(archive, folder)
    }

    /// The one pickle of an archive.
    private static func pickle(of archive: ZipArchive) throws -> ZipArchive.Entry {
        let path = archive.file.path
        let pickles = archive.entries.values.filter { $0.name.hasSuffix("/data.pkl") }.sorted { $0.name < $1.name }
        guard let pickle = pickles.first else {
            throw InterchangeError(file: path, "is a zip file without data.pkl: torch.save did not write it")
        }
        guard pickles.count == 1 else {
            throw InterchangeError(
                file: path,
                "has \(pickles.count) pickles, \(pickles[0].name) and \(pickles[1].name), and does not say which of them counts; save it again"
            )
        }
        let folder = pickle.name.dropLast("data.pkl".count)
        let isScript = archive.entries.keys.contains {
            $0.hasPrefix(folder + "code/") || $0 == folder + "constants.pkl"
        }
        guard !isScript else {
            throw InterchangeError(
                file: path,
                "is TorchScript, which is not supported: save the state dict, torch.save(torch.jit.load(\"FILE\").state_dict(), \"weights.pt\")"
            )
        }
        return pickle
    }

    private static func isBigEndian(_ archive: ZipArchive, _ folder: String) throws -> Bool {
        guard let entry = archive.entries[folder + "byteorder"] else { return false }
        guard !entry.isDeflated else { throw packed(entry, archive.file.path) }
        switch String(
            decoding: try archive.file.bytes(at: archive.start(of: entry), count: min(entry.size, 16)), as: UTF8.self)
        {
        case "little": return false
        case "big": return true
        case let order:
            throw InterchangeError(file: archive.file.path, "\(entry.name) is \"\(order)\", which is no order of bytes")
        }
    }

    /// Memory that a description may take beside its file's size: the pickle of a small file is most of it.
    private static let allowance = 4 << 20
    /// Bytes of a pickle, which is in memory as a whole. Tensors stand outside of it.
    private static let largestPickle = 1 << 30

    private static func strange(_ file: InputFile) -> InterchangeError {
        let head = (try? file.bytes(at: 0, count: min(file.size, 2))) ?? []
        guard head.first == 0x80 else {
            return InterchangeError(file: file.path, "is no file of torch.save, whose files are zip archives")
        }
        return InterchangeError(
            file: file.path,
            "is a legacy (non-zip) PyTorch file, or another pickle; load it where you trust it and save it again with PyTorch 1.6 or newer: torch.save(torch.load(\"old.pt\"), \"new.pt\")"
        )
    }

    private static func packed(_ entry: ZipArchive.Entry, _ path: String) -> InterchangeError {
        InterchangeError(
            file: path,
            "\(entry.name) is compressed, which torch.save never does; unpack the archive and zip it again with zip -0")
    }

    // MARK: Tensors

    /// Functions that make a tensor of a storage.
    private static let builders: Set<String> = [
        "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor_v3",
    ]

    /// Whether a value is described as a tensor or parameter.
    func isTensor(_ value: PickleValue?) -> Bool {
        guard let node = graph.node(value), case .record(let function) = node.kind else { return false }
        return Self.builders.contains(function) || function.hasPrefix("torch._utils._rebuild_parameter")
            || function == "torch._tensor._rebuild_from_type_v2"
    }

    /// The tensor or parameter that a value stands for.
    ///
    /// - Throws: ``InterchangeError`` when it is something else, what a call would give, or does not fit its storage.
    func tensor(_ value: PickleValue?, name: String) throws -> TorchTensor {
        if let call = graph.call(value) { throw refusal(of: call, for: name) }
        guard let node = graph.node(value), case .record(let function) = node.kind else {
            throw InterchangeError(file: path, "\(name) is no tensor")
        }
        switch function {
        case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state":
            return try inner(node.items.first, of: "a parameter", name: name)
        case "torch._tensor._rebuild_from_type_v2":
            // A tensor with attributes of its own, or of a class of its own, which may mean something else by its
            // numbers.
            guard node.items.count >= 3, case .global(let builder) = node.items[0],
                case .global(let type) = node.items[1], let arguments = graph.items(node.items[2])
            else { throw InterchangeError(file: path, "\(name) is no tensor that can be read") }
            let plain = [
                "torch.Tensor", "torch._tensor.Tensor", "torch.nn.parameter.Parameter", "torch.nn.parameter.Buffer",
            ]
            guard plain.contains(type) else { throw refusal(of: type, for: name) }
            guard Self.builders.contains(builder) else { throw refusal(of: builder, for: name) }
            return try tensor(PickleNode(kind: .record(builder), items: arguments), name: name)
        case let builder where Self.builders.contains(builder): return try tensor(node, name: name)
        default: throw InterchangeError(file: path, "\(name) is no tensor")
        }
    }

    /// The tensor inside of something: one step only, a parameter holds a tensor, and a tensor no parameter.
    private func inner(_ value: PickleValue?, of holder: String, name: String) throws -> TorchTensor {
        if let call = graph.call(value) { throw refusal(of: call, for: name) }
        guard let node = graph.node(value), case .record(let builder) = node.kind, Self.builders.contains(builder)
        else {
            throw InterchangeError(file: path, "\(name) is \(holder) without a tensor")
        }
        return try tensor(node, name: name)
    }

    private func tensor(_ node: PickleNode, name: String) throws -> TorchTensor {
        let hasType = node.kind == .record("torch._utils._rebuild_tensor_v3")
        var type: String?
        if hasType, node.items.count > 6 {
            guard case .global(let name) = node.items[6] else { throw misfit(name) }
            type = name
        }
        guard node.items.count >= 4, let storage = try storage(node.items[0], type: type, name: name),
            case .integer(let offset) = node.items[1], let shape = graph.integers(node.items[2]),
            let strides = graph.integers(node.items[3]),
            let tensor = TorchTensor(
                shape: shape, strides: strides, offset: offset,
                isNegated: try isNegated(node.items.dropFirst(hasType ? 7 : 6).first, name: name), storage: storage,
                file: archive.file)
        else { throw misfit(name) }
        return tensor
    }

    private func misfit(_ name: String) -> InterchangeError {
        InterchangeError(file: path, "\(name) does not fit its storage; the file is damaged, copy it again")
    }

    /// What stands beside a tensor says that its numbers are stored with the other sign.
    private func isNegated(_ value: PickleValue?, name: String) throws -> Bool {
        guard let value, value != .none else { return false }
        guard let entries = graph.entries(value) else {
            throw InterchangeError(file: path, "\(name) is described by something that this program does not know")
        }
        var isNegated = false
        for (key, value) in entries {
            switch (key, value) {
            case (.text("neg"), .boolean(let flag)): isNegated = flag
            // Real numbers are their own conjugates.
            case (.text("conj"), .boolean): break
            case (_, .boolean(false)): break
            default:
                throw InterchangeError(
                    file: path,
                    "\(name) has the property \(words(key)), which this program does not know; save tensor.clone() instead"
                )
            }
        }
        return isNegated
    }

    func refusal(of call: String, for name: String) -> InterchangeError {
        InterchangeError(
            file: path,
            "asks to run \(call) for \(name) when it is loaded; nothing was run, so that tensor is not known. Save plain tensors: model.state_dict(). Do not load this file with PyTorch unless you trust who made it"
        )
    }

    private func storage(_ value: PickleValue, type: String?, name: String) throws -> TorchTensor.Storage? {
        if let call = graph.call(value) { throw refusal(of: call, for: name) }
        guard let node = graph.node(value), node.kind == .persistent, node.items.count >= 5,
            node.items[0] == .text("storage"), case .global(let kind) = node.items[1],
            case .text(let key) = node.items[2], case .integer(let length) = node.items[4], length >= 0
        else { return nil }
        guard let number = type.map({ NumberType(torchType: $0) }) ?? NumberType(torchStorage: kind) else {
            throw InterchangeError(
                file: path,
                "\(name) holds numbers of \(type ?? kind), which is not supported; convert it, for example with .float()"
            )
        }
        guard let entry = archive.entries[folder + "data/" + key] else {
            throw InterchangeError(file: path, "\(name): data/\(key) is missing from the archive; copy the file again")
        }
        guard !entry.isDeflated else { throw Self.packed(entry, path) }
        // Storages without a type of their own count bytes.
        let count = type == nil ? length : length / number.storedSize
        guard entry.size / number.storedSize >= count else { return nil }
        let start = try starts[entry.name] ?? archive.verify(entry)
        starts[entry.name] = start
        return TorchTensor.Storage(start: start, count: count, type: number, isSwapped: isBigEndian)
    }
}

/// A key of a dictionary, for messages.
func words(_ key: PickleValue) -> String {
    switch key {
    case .text(let text): text
    case .integer(let number): "\(number)"
    case .number(let number): "\(number)"
    case .boolean(let flag): flag ? "True" : "False"
    case .global(let name): name
    case .none: "None"
    default: "a key that is no name"
    }
}
