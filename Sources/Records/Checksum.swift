import CPhotozZlib

/// CRC-32, as zip files and PNG have it.
///
/// - Parameters:
///   - bytes: What it is of.
///   - before: That of the bytes before these, when they are the rest of something.
package func checksum(_ bytes: UnsafeRawBufferPointer, after before: UInt32 = 0) -> UInt32 {
    UInt32(crc32_z(uLong(before), bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count))
}
