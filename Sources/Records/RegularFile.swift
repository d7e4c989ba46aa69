import Glibc

/// A file that the program itself, or a plan, left under a known name, open for reading.
///
/// Nothing but a regular file is opened, and nothing is waited for: a pipe or a device under such a name would hang the
/// job.
package final class RegularFile {
    /// Its path.
    package let path: String
    /// Bytes that it had when it was opened.
    package let byteCount: Int
    private let descriptor: Int32

    /// - Parameter path: The file.
    /// - Returns: nil when there is no file of that name.
    /// - Throws: ``RecordError`` when it is no regular file, or cannot be read.
    package init?(_ path: String) throws(RecordError) {
        // A pipe is opened at once, not when somebody writes to it.
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw Self.failure(path, "cannot be opened")
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw RecordError(.unreadable, file: path, "is no regular file")
        }
        self.path = path
        self.descriptor = descriptor
        byteCount = Int(status.st_size)
    }

    deinit { close(descriptor) }

    /// Reads bytes at a place, as many as there are and have room.
    ///
    /// - Returns: How many.
    /// - Throws: ``RecordError``
    package func read(at place: Int, into room: UnsafeMutableRawBufferPointer) throws(RecordError) -> Int {
        var done = 0
        while done < room.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: room[done...])
            let count = pread(descriptor, rest.baseAddress, rest.count, off_t(place + done))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.failure(path, "cannot be read") }
            if count == 0 { break }
            done += count
        }
        return done
    }

    /// Bytes at a place, fewer where the file ends before.
    ///
    /// - Throws: ``RecordError``
    package func bytes(at place: Int, count: Int) throws(RecordError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let read: Result<Int, RecordError> = bytes.withUnsafeMutableBytes { room in
            Result { () throws(RecordError) in try self.read(at: place, into: room) }
        }
        bytes.removeLast(count - (try read.get()))
        return bytes
    }

    private static func failure(_ path: String, _ what: String) -> RecordError {
        RecordError(.unreadable, file: path, "\(what): \(String(cString: strerror(errno)))")
    }
}

/// Reads all of a file that the program itself, or a plan, left under a known name; one that is not regular is refused,
/// as by ``RegularFile``.
///
/// - Parameters:
///   - path: The file.
///   - limit: Bytes that no such file exceeds.
/// - Returns: nil when there is no file of that name.
/// - Throws: ``RecordError`` when it is no regular file, is larger, or cannot be read.
package func contents(ofFile path: String, limit: Int) throws(RecordError) -> [UInt8]? {
    guard let file = try RegularFile(path) else { return nil }
    guard file.byteCount <= limit else {
        throw RecordError(file: path, "has \(file.byteCount) bytes, more than any such file (\(limit))")
    }
    // It may be shorter or longer meanwhile; what was there first is what is read.
    return try file.bytes(at: 0, count: file.byteCount)
}
