import Glibc

/// What the fuzzer has made up this time.
public struct Input {
    /// All of it.
    public let bytes: [UInt8]

    /// - Parameters: As libFuzzer gives them.
    public init(_ data: UnsafePointer<UInt8>?, _ size: Int) {
        bytes = Array(UnsafeBufferPointer(start: data, count: size))
    }

    /// The bytes up to the first zero and those behind it, if there is one: two files from one input.
    public static func halves(_ bytes: [UInt8]) -> (first: [UInt8], second: [UInt8]?) {
        guard let middle = bytes.firstIndex(of: 0) else { return (bytes, nil) }
        return (Array(bytes[..<middle]), Array(bytes[(middle + 1)...]))
    }
}

/// A folder in memory, for readers that want one.
public struct MemoryFolder: Sendable {
    /// Its path.
    public let path: String

    /// An empty folder of this process.
    public init() {
        path = "/dev/shm/photoz-fuzz-\(getpid())"
        precondition(mkdir(path, 0o700) == 0 || errno == EEXIST, "no folder in memory")
    }

    /// The path of a file in it.
    public func file(_ name: String) -> String { path + "/" + name }

    /// Writes a file, or removes it.
    public func fill(_ name: String, _ bytes: [UInt8]?) {
        let file = file(name)
        guard let bytes else {
            unlink(file)
            return
        }
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        precondition(descriptor >= 0 && write(descriptor, bytes, bytes.count) == bytes.count)
        close(descriptor)
    }
}
