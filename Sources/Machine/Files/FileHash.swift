import FoundationEssentials
import Glibc
import PhotozDigest

/// SHA-256 of a file, in hexadecimal digits.
///
/// - Throws: ``JobError`` with code 66 when the file cannot be read.
package func fileHash(_ path: String) throws -> String {
    guard let file = fopen(path, "r") else {
        throw JobError(.inputMissing, "\(path): cannot be opened: \(String(cString: strerror(errno)))")
    }
    defer { fclose(file) }
    var hash = SHA256()
    var block = [UInt8](repeating: 0, count: 1 << 18)
    while case let count = fread(&block, 1, block.count, file), count > 0 {
        block.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }
    guard ferror(file) == 0 else { throw JobError(.inputMissing, "\(path): cannot be read") }
    return hexadecimal(hash.finalize())
}

/// Two digits for each byte.
package func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
}
