import Foundation

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

/// The lowest bytes of a number, the lowest first.
func little(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}
