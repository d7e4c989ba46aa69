import Glibc
import PhotozDigest

/// What stands behind the last byte of a small file that nobody may change unnoticed: eight bytes that mark it, and the
/// SHA-256 of all bytes before them. HDF5 reads a file that has more bytes than it knows of.
///
/// It finds damage and later changes, before a library has to make sense of them. It does not say who wrote the file.
package enum FileSeal {
    private static let mark = Array("photozC1".utf8)
    private static let size = mark.count + SHA256.size

    /// What a look at a file's seal has found.
    package enum State: Equatable, Sendable {
        /// The file is as it was sealed; its own SHA-256, seal included, in hexadecimal digits.
        case whole(hash: String)
        /// It has no seal.
        case missing
        /// It has one, and is not what was sealed.
        case broken
    }

    /// Seals a file that is written and closed.
    ///
    /// - Throws: ``JobError`` with code 74.
    package static func append(to path: String) throws {
        let descriptor = open(path, O_RDWR | O_APPEND | O_CLOEXEC)
        guard descriptor >= 0 else { throw systemFailure("\(path): cannot be opened") }
        defer { close(descriptor) }
        let (body, _) = try hashes(of: descriptor, path, bytes: try length(of: descriptor, path), tail: [])
        try writeAll(mark + body, to: descriptor, path)
    }

    /// Looks at a file, all of which is read.
    ///
    /// - Throws: ``JobError`` with code 66 when it cannot be read.
    package static func state(of path: String) throws -> State {
        guard isRegular(path) else {
            throw JobError(.inputMissing, "\(path): is not a file that can be read; check the path and its permissions")
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw JobError(.inputMissing, "\(path): cannot be opened: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        let length = try length(of: descriptor, path)
        guard length >= size else { return .missing }
        var tail = [UInt8](repeating: 0, count: size)
        guard pread(descriptor, &tail, size, off_t(length - size)) == size, tail.starts(with: mark) else {
            return .missing
        }
        let (body, whole) = try hashes(of: descriptor, path, bytes: length - size, tail: tail)
        return tail.dropFirst(mark.count).elementsEqual(body) ? .whole(hash: hexadecimal(whole)) : .broken
    }

    private static func isRegular(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG
    }

    private static func length(of descriptor: Int32, _ path: String) throws -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw systemFailure("\(path): cannot be looked at") }
        return Int(status.st_size)
    }

    /// SHA-256 of the first bytes of a file, and of these with others behind them.
    private static func hashes(
        of descriptor: Int32, _ path: String, bytes: Int, tail: [UInt8]
    ) throws -> (body: [UInt8], whole: [UInt8]) {
        var hash = SHA256()
        var block = [UInt8](repeating: 0, count: 1 << 18)
        var place = 0
        while place < bytes {
            let count = pread(descriptor, &block, min(block.count, bytes - place), off_t(place))
            guard count > 0 else { throw systemFailure("\(path): cannot be read") }
            block.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            place += count
        }
        var whole = hash.copy()
        tail.withUnsafeBytes { whole.update($0) }
        return (hash.finalize(), whole.finalize())
    }
}
