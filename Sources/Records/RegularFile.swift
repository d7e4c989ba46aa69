import Glibc

/// Reads all of a file that the program itself, or a plan, left under a known name.
///
/// Nothing but a regular file is read, and nothing is waited for: a pipe or a device under such a name would hang the job.
///
/// - Parameters:
///   - path: The file.
///   - limit: Bytes that no such file exceeds.
/// - Returns: nil when there is no file of that name.
/// - Throws: ``RecordError`` when it is no regular file, is larger, or cannot be read.
package func contents(ofFile path: String, limit: Int) throws(RecordError) -> [UInt8]? {
    func failure(_ what: String) -> RecordError {
        RecordError(.unreadable, file: path, "\(what): \(String(cString: strerror(errno)))")
    }
    // A pipe is opened at once, not when somebody writes to it.
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
        if errno == ENOENT || errno == ENOTDIR { return nil }
        throw failure("cannot be opened")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure("cannot be read") }
    guard status.st_mode & S_IFMT == S_IFREG else {
        throw RecordError(.unreadable, file: path, "is no regular file")
    }
    guard status.st_size <= limit else {
        throw RecordError(file: path, "has \(status.st_size) bytes, more than any such file (\(limit))")
    }
    // It may be shorter or longer meanwhile; what was there first is what is read.
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    var done = 0
    while done < bytes.count {
        let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress! + done, $0.count - done, done) }
        if count < 0, errno == EINTR { continue }
        guard count >= 0 else { throw failure("cannot be read") }
        if count == 0 { break }
        done += count
    }
    bytes.removeLast(bytes.count - done)
    return bytes
}
