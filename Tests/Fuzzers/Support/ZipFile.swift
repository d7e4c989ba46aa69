/// A zip file of stored entries without checksums, as `torch.save` may write it.
public struct ZipFile {
    private var local: [UInt8] = []
    private var directory: [UInt8] = []
    private var count = 0

    /// No entries yet.
    public init() {}

    /// Adds an entry.
    public mutating func add(_ name: String, _ content: [UInt8]) {
        let size = little(content.count, 4)
        let common: [UInt8] = [20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] + size + size + little(name.utf8.count, 2)
        directory += [0x50, 0x4b, 1, 2, 20, 0] + common + [UInt8](repeating: 0, count: 12) + little(local.count, 4)
        directory += Array(name.utf8)
        local += [0x50, 0x4b, 3, 4] + common + [0, 0] + Array(name.utf8) + content
        count += 1
    }

    /// The file.
    public var bytes: [UInt8] {
        let number = little(count, 2)
        return local + directory + [0x50, 0x4b, 5, 6, 0, 0, 0, 0] + number + number + little(directory.count, 4)
            + little(local.count, 4) + [0, 0]
    }

    private func little(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}
