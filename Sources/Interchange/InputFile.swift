import Glibc

/// A file that is read at any place.
final class InputFile {
    let path: String
    /// Bytes of the file when it was opened.
    let size: Int
    private let descriptor: Int32

    init(_ path: String) throws {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        self.path = path
        var status = stat()
        guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
            size = 0
            let reason = String(cString: strerror(errno))
            throw InterchangeError(.unreadable, file: path, "cannot be opened: \(reason)")
        }
        size = Int(status.st_size)
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw InterchangeError(.unreadable, file: path, "is no file")
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Fills the buffer from a place of the file.
    func read(at place: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        var done = 0
        while done < buffer.count {
            let count = pread(descriptor, buffer.baseAddress! + done, buffer.count - done, place + done)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw InterchangeError(.unreadable, file: path, "cannot be read: \(String(cString: strerror(errno)))")
            }
            guard count > 0 else { throw InterchangeError(file: path, "ends early; copy it again") }
            done += count
        }
    }

    /// Some bytes of the file, which must be small.
    func bytes(at place: Int, count: Int) throws -> [UInt8] {
        guard place >= 0, count >= 0, place <= size, count <= size - place else {
            throw InterchangeError(file: path, "ends early or is damaged; copy it again")
        }
        var bytes = [UInt8](repeating: 0, count: count)
        try bytes.withUnsafeMutableBytes { try read(at: place, into: $0) }
        return bytes
    }
}
