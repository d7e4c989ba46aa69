import Foundation

/// A pickle put together by hand, byte by byte.
struct Pickle {
    var bytes: [UInt8] = [0x80, 2]

    mutating func opcode(_ character: Character, _ operand: [UInt8] = []) {
        bytes += [character.asciiValue!] + operand
    }

    mutating func global(_ module: String, _ name: String) { opcode("c", Array("\(module)\n\(name)\n".utf8)) }

    /// The same pickle and its end in a zip file as `torch.save` makes it, without checksums.
    func write(_ path: String) throws {
        try Zip(name: "archive/data.pkl", content: bytes + [UInt8(ascii: ".")]).bytes.write(
            to: URL(fileURLWithPath: path))
    }
}

/// A zip file of one stored entry.
struct Zip {
    let name: String
    let content: [UInt8]

    var bytes: Data {
        let size = little(content.count, 4)
        let common: [UInt8] = [20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] + size + size + little(name.utf8.count, 2)
        let local = [0x50, 0x4b, 3, 4] + common + [0, 0] + Array(name.utf8) + content
        let central = [0x50, 0x4b, 1, 2, 20, 0] + common + [UInt8](repeating: 0, count: 16) + Array(name.utf8)
        let end =
            [0x50, 0x4b, 5, 6, 0, 0, 0, 0, 1, 0, 1, 0] + little(central.count, 4) + little(local.count, 4) + [0, 0]
        return Data(local + central + end)
    }

    private func little(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}
