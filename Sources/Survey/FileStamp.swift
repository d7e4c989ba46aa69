import Glibc

/// What changes when a file is written: its size and the time of its last change. To compare the content would take as long
/// as the run.
public struct FileStamp: Codable, Equatable, Sendable {
    /// Bytes; -1 when there is no file.
    public let bytes: Int
    /// When it was last changed: whole seconds since 1970.
    public let seconds: Int
    /// Nanoseconds beside ``seconds``.
    public let nanoseconds: Int

    /// That of the file which stands at a path now.
    public init(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            (bytes, seconds, nanoseconds) = (-1, 0, 0)
            return
        }
        bytes = Int(status.st_size)
        (seconds, nanoseconds) = (Int(status.st_mtim.tv_sec), Int(status.st_mtim.tv_nsec))
    }
}
