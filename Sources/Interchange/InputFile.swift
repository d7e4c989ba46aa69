import Glibc
import PhotozCheckedSizes

/// A file that is read at any place.
final class InputFile {
    let path: String
    /// Bytes of the file when it was opened.
    let size: Int
    private let descriptor: Int32

    init(_ path: String) throws {
        self.path = path
        var status = stat()
        // Looked at before it is opened: opening a device can do things, and opening a pipe waits for its writer.
        if stat(path, &status) == 0 { try Self.requireFile(status, path) }
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
            size = 0
            let reason = String(cString: strerror(errno))
            throw InterchangeError(.unreadable, file: path, "cannot be opened: \(reason)")
        }
        size = Int(status.st_size)
        try Self.requireFile(status, path)
    }

    private static func requireFile(_ status: stat, _ path: String) throws {
        let kind: String
        switch status.st_mode & S_IFMT {
        case S_IFREG: return
        case S_IFIFO: kind = "a pipe"
        case S_IFSOCK: kind = "a socket"
        case S_IFDIR: kind = "a folder"
        default: kind = "a device"
        }
        throw InterchangeError(
            .unreadable, file: path,
            "is no file but \(kind): files of PyTorch and NumPy are read back and forth; store it as a file first")
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
        guard CheckedSize.fits(count, from: place, in: size) else {
            throw InterchangeError(file: path, "ends early or is damaged; copy it again")
        }
        var bytes = [UInt8](repeating: 0, count: count)
        try bytes.withUnsafeMutableBytes { try read(at: place, into: $0) }
        return bytes
    }
}
