import HDF5
import TestSupport

/// The small network as PyTorch would store it, to be written in the ways that people have it.
struct TorchNetwork {
    private var archive = TorchArchive()
    /// Its tensors by their state-dict names.
    private(set) var tensors: [(String, PythonValue)] = []

    init() throws {
        let file = try File.open(Repository.fixture("small-weights.h5"))
        for member in try file.members() {
            let dataset = try file.dataset(member.name)
            if member.name.hasSuffix("num_batches_tracked") { continue }
            let key = archive.store(try dataset.readAll(as: Float.self))
            tensors.append((member.name, .tensor(TorchView(key, shape: dataset.shape))))
        }
    }

    /// A state dict with something before each name.
    func stateDictionary(_ prefix: String = "", _ more: [(String, PythonValue)] = []) -> PythonValue {
        .orderedDictionary(tensors.map { (prefix + $0.0, $0.1) } + more)
    }

    /// A tensor of some numbers, all the same.
    mutating func tensor(_ shape: [Int], _ value: Float = 1) -> PythonValue {
        .tensor(TorchView(archive.store([Float](repeating: value, count: shape.reduce(1, *))), shape: shape))
    }

    func write(_ path: String, _ root: PythonValue, protocol version: UInt8 = 2) throws {
        try archive.write(path, root, protocol: version)
    }

    /// Faults of a weights file that was made of it: tensors that are missing or have other numbers.
    static func differences(_ path: String) throws -> [String] {
        let (found, expected) = (try File.open(path), try File.open(Repository.fixture("small-weights.h5")))
        return try expected.members().map(\.name).filter { name in
            if name.hasSuffix("num_batches_tracked") { return false }
            guard let dataset = try? found.dataset(name) else { return true }
            let (a, b): ([Float], [Float]) = (try dataset.readAll(), try expected.dataset(name).readAll())
            return try dataset.shape != expected.dataset(name).shape || a.map(\.bitPattern) != b.map(\.bitPattern)
        }
    }

    /// A module as PyTorch pickles one.
    static func module(
        _ type: String, _ attributes: [(String, PythonValue)] = [], parameters: [(String, PythonValue)] = [],
        buffers: [(String, PythonValue)] = [], modules: [(String, PythonValue)] = []
    ) -> PythonValue {
        let parts = type.split(separator: ".")
        return .object(
            parts.dropLast().joined(separator: "."), String(parts.last ?? ""),
            state: .dictionary(
                attributes + [
                    ("_parameters", .orderedDictionary(parameters)), ("_buffers", .orderedDictionary(buffers)),
                    ("_forward_hooks", .orderedDictionary([])), ("_modules", .orderedDictionary(modules)),
                ]))
    }

    /// A tree of modules around its tensors, with the classes and attributes that are given for their names, and
    /// `Module` for the others.
    func module(_ described: [String: (type: String, attributes: [(String, PythonValue)])]) -> PythonValue {
        build("", tensors, described)
    }

    private func build(
        _ name: String, _ tensors: [(String, PythonValue)],
        _ described: [String: (type: String, attributes: [(String, PythonValue)])]
    ) -> PythonValue {
        var (own, inner, order) = ([(String, PythonValue)](), [String: [(String, PythonValue)]](), [String]())
        func add(_ key: String) {
            guard inner.updateValue(inner[key] ?? [], forKey: key) == nil else { return }
            order.append(key)
        }
        for (path, tensor) in tensors {
            guard let dot = path.firstIndex(of: ".") else {
                own.append((path, tensor))
                continue
            }
            add(String(path[..<dot]))
            inner[String(path[..<dot])]?.append((String(path[path.index(after: dot)...]), tensor))
        }
        // Modules without tensors, such as activations.
        let start = name.isEmpty ? "" : name + "."
        for path in described.keys.sorted() where path.hasPrefix(start) && path.count > start.count {
            add(String(path.dropFirst(start.count).prefix { $0 != "." }))
        }
        let modules = order.map { ($0, build(start + $0, inner[$0] ?? [], described)) }
        let (type, attributes) = described[name] ?? ("mine.Module", [])
        return Self.module(
            type, attributes, parameters: own.filter { !$0.0.hasPrefix("running_") },
            buffers: own.filter { $0.0.hasPrefix("running_") }, modules: modules)
    }
}
