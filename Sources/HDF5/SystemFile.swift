import Glibc

/// The file as the system sees it.
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
}
