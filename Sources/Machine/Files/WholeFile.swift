import Glibc

/// Writes a file so that it stands under its name only when it is whole and stored.
///
/// - Parameters:
///   - path: The file's name.
///   - own: What may be replaced there; a new name, or one that only this program uses, needs none.
///   - body: Writes the file under the temporary name that it is given, and closes it.
/// - Throws: What the body throws, ``JobError`` with code 73 for what may not be replaced, or 74.
package func writeWhole(_ path: String, replacing own: OwnFile? = nil, _ body: (String) throws -> Void) throws {
    try own?.requireReplaceable(path)
    let slash = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
    let temporary = path[..<slash] + OutputFolder.inProgress + path[slash...]
    do {
        try body(String(temporary))
        try synchronise(String(temporary))
        // It was long ago that somebody looked.
        try own?.requireReplaceable(path)
        guard rename(String(temporary), path) == 0 else { throw systemFailure("\(path): cannot be written") }
    } catch {
        unlink(String(temporary))
        throw error
    }
}

/// Waits until a file or folder is on the disk.
///
/// - Throws: ``JobError`` with code 74.
package func synchronise(_ path: String) throws {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw systemFailure("\(path): cannot be opened") }
    defer { close(descriptor) }
    try synchronise(descriptor, path)
}

/// Writes a small file, replacing what is there.
///
/// - Throws: ``JobError`` with code 74.
package func writeFile(_ bytes: [UInt8], _ path: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw systemFailure("\(path): cannot be created") }
    defer { close(descriptor) }
    try writeAll(bytes, to: descriptor, path)
}

/// Writes all the bytes to an open file.
///
/// - Throws: ``JobError`` with code 74.
package func writeAll(_ bytes: [UInt8], to descriptor: Int32, _ path: String) throws {
    guard tryToWriteAll(bytes, to: descriptor) else { throw systemFailure("\(path): cannot be written") }
}

/// Writes all the bytes to an open file or stream, in one piece where the system takes them so.
///
/// - Returns: Whether it could; if not, `errno` says why.
@discardableResult
package func tryToWriteAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    bytes.withUnsafeBytes { tryToWriteAll($0, to: descriptor) }
}

/// The same of bytes in memory that is no array.
func tryToWriteAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
    var done = 0
    while done < bytes.count {
        let written = write(descriptor, bytes.baseAddress! + done, bytes.count - done)
        if written < 0, errno == EINTR { continue }
        guard written > 0 else { return false }
        done += written
    }
    return true
}

/// Writes all the bytes into an open file at a place, whatever else writes elsewhere in it.
///
/// - Throws: ``JobError`` with code 74.
package func writeAll(_ bytes: [UInt8], at place: Int, to descriptor: Int32, _ path: String) throws {
    var done = 0
    while done < bytes.count {
        let written = bytes.withUnsafeBytes {
            pwrite(descriptor, $0.baseAddress! + done, $0.count - done, off_t(place + done))
        }
        if written < 0, errno == EINTR { continue }
        guard written > 0 else { throw systemFailure("\(path): cannot be written") }
        done += written
    }
}

/// Waits until what was written to an open file is on the disk.
///
/// - Throws: ``JobError`` with code 74.
package func synchronise(_ descriptor: Int32, _ path: String) throws {
    // Some file systems cannot and say so; that is no failure of what was written.
    guard fsync(descriptor) == 0 || errno == EINVAL else { throw systemFailure("\(path): cannot be stored") }
}

/// A failure of the system's with its reason, code 74.
package func systemFailure(_ what: String) -> JobError {
    JobError(.inputOutput, "\(what): \(String(cString: strerror(errno))); check the free space and the permissions")
}
