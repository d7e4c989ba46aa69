import Glibc

/// What changes when a file is written: its size and the time of its last change. To compare the content would take as
/// long as the run.
public struct FileStamp: BitwiseCopyable, Codable, Equatable, Sendable {
    /// Bytes; -1 when there is no file.
    public let bytes: Int
    /// When it was last changed: whole seconds since 1970.
    public let seconds: Int
    /// Nanoseconds beside ``seconds``.
    public let nanoseconds: Int
    /// Sum over the same of the files that it leads to; absent when there are none.
    public let linked: UInt64?

    /// One that was noted before.
    ///
    /// - Parameters: As the properties.
    public init(bytes: Int, seconds: Int, nanoseconds: Int, linked: UInt64?) {
        (self.bytes, self.seconds, self.nanoseconds) = (bytes, seconds, nanoseconds)
        self.linked = linked
    }

    /// That of the file which stands at a path now.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - others: Real paths of the files that are read with it.
    public init(_ path: String, linked others: [String] = []) {
        linked =
            others.isEmpty
            ? nil
            : others.reduce(0xcbf2_9ce4_8422_2325) { sum, other in
                let stamp = FileStamp(other)
                let text = "\(other) \(stamp.bytes) \(stamp.seconds) \(stamp.nanoseconds) "
                // FNV-1a: the same on every machine.
                return text.utf8.reduce(sum) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
            }
        var status = stat()
        guard stat(path, &status) == 0 else {
            (bytes, seconds, nanoseconds) = (-1, 0, 0)
            return
        }
        bytes = Int(status.st_size)
        (seconds, nanoseconds) = (Int(status.st_mtim.tv_sec), Int(status.st_mtim.tv_nsec))
    }
}
