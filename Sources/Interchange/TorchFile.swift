/// A file that `torch.save` wrote: a zip archive of a pickle and the storages of its tensors.
public final class TorchFile {
    /// What a file holds.
    public enum Content {
        /// The tensors of a pickled `TensorDataset`, in order, or of a plain tuple or list of tensors.
        case dataSet([TorchTensor])
        /// A pickled module or state dict.
        case model(TorchModel)
    }

    let path: String
    let graph: PickleGraph
    private let archive: ZipArchive
    /// The archive's folder, with a slash.
    private let folder: String
    private let isBigEndian: Bool
    /// Storages that have been compared with their checksums, and where they begin.
    private var starts: [String: Int] = [:]

    /// Opens a file and reads its pickle; numbers are read when they are asked for.
    ///
    /// - Throws: ``InterchangeError`` when the file cannot be read, is damaged, is no zip file, or asks to run something.
    public init(_ path: String) throws {
        self.path = path
        let file = try InputFile(path)
        guard try ZipArchive.begins(file) else { throw Self.strange(file) }
        archive = try ZipArchive(file)
        guard let pickle = archive.entries.values.first(where: { $0.name.hasSuffix("/data.pkl") }) else {
            throw InterchangeError(file: path, "is a zip file without data.pkl: torch.save did not write it")
        }
        folder = String(pickle.name.dropLast("data.pkl".count))
        guard !pickle.isDeflated else { throw Self.packed(pickle, path) }
        let start = try archive.verify(pickle)
        graph = try PickleMachine.run(
            try file.bytes(at: start, count: pickle.size), path: path, budget: file.size + Self.allowance)
        isBigEndian = try Self.isBigEndian(archive, folder)
    }

    private static func isBigEndian(_ archive: ZipArchive, _ folder: String) throws -> Bool {
        guard let entry = archive.entries[folder + "byteorder"], !entry.isDeflated else { return false }
        return try archive.file.bytes(at: archive.start(of: entry), count: entry.size).starts(with: "big".utf8)
    }

    /// Memory that a description may take beside its file's size: the pickle of a small file is most of it.
    private static let allowance = 4 << 20

    private static func strange(_ file: InputFile) -> InterchangeError {
        let head = (try? file.bytes(at: 0, count: min(file.size, 2))) ?? []
        guard head.first == 0x80 else {
            return InterchangeError(file: file.path, "is no file of torch.save, whose files are zip archives")
        }
        return InterchangeError(
            file: file.path,
            "is a legacy (non-zip) PyTorch file; load it where you trust it and save it again with PyTorch 1.6 or newer: torch.save(torch.load(\"old.pt\"), \"new.pt\")"
        )
    }

    private static func packed(_ entry: ZipArchive.Entry, _ path: String) -> InterchangeError {
        InterchangeError(
            file: path,
            "\(entry.name) is compressed, which torch.save never does; unpack the archive and zip it again with zip -0")
    }

    /// What the file holds, found from its content.
    ///
    /// - Throws: ``InterchangeError`` when it is neither a data set nor a model, and for damaged tensors.
    public func content() throws -> Content {
        if let node = graph.node(graph.root), case .record(let name) = node.kind {
            if name == "torch.utils.data.dataset.TensorDataset" {
                return .dataSet(try tensors(graph.entry("tensors", of: node.state), of: "the TensorDataset"))
            }
            if graph.entry("_modules", of: node.state) != nil { return .model(try TorchModel(self)) }
            throw InterchangeError(
                file: path,
                "holds a \(name), which is neither a TensorDataset nor a module; save one of these, or a state dict")
        }
        if graph.items(graph.root) != nil {
            return .dataSet(try tensors(graph.root, of: "the file"))
        }
        guard graph.entries(graph.root) != nil else {
            throw InterchangeError(file: path, "holds neither a TensorDataset nor a module nor a state dict")
        }
        return .model(try TorchModel(self))
    }

    private func tensors(_ value: PickleValue?, of holder: String) throws -> [TorchTensor] {
        guard let items = graph.items(value) else { throw InterchangeError(file: path, "\(holder) has no tensors") }
        return try items.enumerated().map { index, item in
            guard let tensor = try tensor(item, name: "tensor \(index)") else {
                throw InterchangeError(file: path, "item \(index) of \(holder) is no tensor")
            }
            return tensor
        }
    }

    /// The tensor or parameter that a value stands for; nil when it is something else.
    func tensor(_ value: PickleValue?, name: String) throws -> TorchTensor? {
        guard let node = graph.node(value), case .record(let function) = node.kind else { return nil }
        switch function {
        case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state":
            // One step only: a parameter holds a tensor, and a tensor no parameter.
            guard let inner = graph.node(node.items.first), inner.kind == .record("torch._utils._rebuild_tensor_v2")
            else {
                throw InterchangeError(file: path, "\(name) is a parameter without a tensor")
            }
            return try tensor(inner, name: name)
        case "torch._utils._rebuild_tensor_v2": return try tensor(node, name: name)
        default: return nil
        }
    }

    private func tensor(_ node: PickleNode, name: String) throws -> TorchTensor {
        guard node.items.count >= 4, let storage = try storage(node.items[0], name: name),
            case .integer(let offset) = node.items[1], let shape = graph.integers(node.items[2]),
            let strides = graph.integers(node.items[3]),
            let tensor = TorchTensor(
                shape: shape, strides: strides, offset: offset, storage: storage, file: archive.file)
        else {
            throw InterchangeError(file: path, "\(name) does not fit its storage; the file is damaged, copy it again")
        }
        return tensor
    }

    private func storage(_ value: PickleValue, name: String) throws -> TorchTensor.Storage? {
        guard let node = graph.node(value), node.kind == .persistent, node.items.count >= 5,
            node.items[0] == .text("storage"), case .global(let kind) = node.items[1],
            case .text(let key) = node.items[2], case .integer(let count) = node.items[4], count >= 0
        else { return nil }
        guard let type = NumberType(torchStorage: kind) else {
            throw InterchangeError(
                file: path,
                "\(name) holds numbers of \(kind), which is not supported; convert it, for example with .float()")
        }
        guard let entry = archive.entries[folder + "data/" + key] else {
            throw InterchangeError(file: path, "\(name): data/\(key) is missing from the archive; copy the file again")
        }
        guard !entry.isDeflated else { throw Self.packed(entry, path) }
        guard entry.size / type.storedSize >= count else { return nil }
        let start = try starts[entry.name] ?? archive.verify(entry)
        starts[entry.name] = start
        return TorchTensor.Storage(start: start, count: count, type: type, isSwapped: isBigEndian)
    }
}
