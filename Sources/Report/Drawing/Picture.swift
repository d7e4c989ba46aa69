import CPhotozZlib
import FoundationEssentials
import PhotozRecords

/// A small picture of red, green and blue bytes.
struct Picture {
    let width: Int
    let height: Int
    /// [height, width, 3], from the upper left.
    let pixels: [UInt8]

    /// As a file of PNG, in letters.
    var base64: String { Data(png).base64EncodedString() }

    /// As a file of PNG.
    var png: [UInt8] {
        // Eight bits, colours, and no filter, which is the zero before each row.
        let head: [UInt8] = Self.bigEndian(width) + Self.bigEndian(height) + [8, 2, 0, 0, 0]
        var rows: [UInt8] = []
        for row in 0..<height {
            rows.append(0)
            rows += pixels[row * width * 3..<(row + 1) * width * 3]
        }
        let chunks = [Self.chunk("IHDR", head), Self.chunk("IDAT", compressed(rows)), Self.chunk("IEND", [])]
        return chunks.reduce(Self.signature, +)
    }

    /// How files of PNG begin.
    static let signature: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

    /// A part of a file of PNG.
    static func chunk(_ kind: String, _ content: [UInt8]) -> [UInt8] {
        let named = Array(kind.utf8) + content
        return bigEndian(content.count) + named + bigEndian(Int(named.withUnsafeBytes { checksum($0) }))
    }

    private static func bigEndian(_ number: Int) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    }
}

/// Bytes as zlib packs them.
func compressed(_ bytes: [UInt8]) -> [UInt8] {
    var size = compressBound(uLong(bytes.count))
    return [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, count in
        let code = compress2(buffer.baseAddress, &size, bytes, uLong(bytes.count), 6)
        precondition(code == Z_OK, "there is no memory to pack \(bytes.count) bytes")
        count = Int(size)
    }
}
