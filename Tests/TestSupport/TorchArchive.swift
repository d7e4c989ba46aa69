import Foundation

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
