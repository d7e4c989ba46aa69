import CHDF5
import Glibc

/// Files as the system sees them.
enum SystemFile {
    /// Checks that the system gives the file, so that a missing one is told from a damaged one.
    ///
    /// - Throws: ``HDF5Error`` of kind `unreadable` with the system's words.
    static func require(_ path: String, _ mode: Int32) throws(HDF5Error) {
        // Without waiting: a pipe without a writer would block for ever.
        let descriptor = Glibc.open(path, mode | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw HDF5Error(.unreadable, file: path, "cannot be opened: \(String(cString: strerror(errno)))")
        }
        defer { Glibc.close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw HDF5Error(.unreadable, file: path, "is not a file")
        }
    }

    /// Whether another program has the file open for writing, as HDF5 marks it by a lock where the file system has any.
    static func isBeingWritten(_ path: String) -> Bool {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return false }
        // Closing gives the lock back.
        defer { Glibc.close(descriptor) }
        return flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
    }

    /// Whether there is something at a path, symbolic links followed.
    static func exists(_ path: String) -> Bool { size(path) != nil }

    /// Whether there is a file, not a folder, a pipe or a device.
    static func isRegular(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// Bytes; nil when there is nothing.
    static func size(_ path: String) -> Int? {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : nil
    }

    /// Takes room on the disk.
    ///
    /// - Returns: Why there is none; nil also where the file system cannot take any.
    static func takeRoom(_ bytes: Int, for path: String) -> String? {
        let descriptor = Glibc.open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return String(cString: strerror(errno)) }
        defer { Glibc.close(descriptor) }
        guard bytes > 0 else { return nil }
        while ch5_take_room(descriptor, off_t(bytes)) != 0 {
            if errno == EINTR { continue }
            return [ENOSPC, EDQUOT, EFBIG].contains(errno) ? String(cString: strerror(errno)) : nil
        }
        return nil
    }

    /// The path without symbolic links; nil when there is nothing.
    static func realPath(_ path: String) -> String? {
        guard let real = realpath(path.isEmpty ? "." : path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }

    /// The folder of a file; empty for the one that the process is in.
    static func folder(_ path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "" }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// A path below a folder; the empty one is that which the process is in.
    static func join(_ folder: String, _ path: String) -> String {
        folder.isEmpty ? path : folder.hasSuffix("/") ? folder + path : folder + "/" + path
    }
}
