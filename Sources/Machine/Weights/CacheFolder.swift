import Glibc

/// The folder in which the program keeps what would take time to make again.
///
/// What is read there decides what is computed, so that only a folder is used which belongs to this user and which
/// nobody else can write.
package final class CacheFolder: Sendable {
    /// Why there is no folder to use.
    package enum Refusal: Error, Equatable {
        /// Nothing says where it would be.
        case nowhere
        /// It is not there, and could be made.
        case absent
        /// What is wrong with it, as a sentence goes on behind its name.
        case unusable(String)
    }

    /// Its path.
    package let path: String
    let descriptor: Int32

    /// Where it is, by the rules of the XDG base directories; nil when the environment does not tell.
    package static var usualPath: String? {
        func folder(_ variable: String) -> String? {
            // A relative path is to be passed over, by those rules.
            getenv(variable).map { String(cString: $0) }.flatMap { $0.hasPrefix("/") ? $0 : nil }
        }
        return (folder("XDG_CACHE_HOME") ?? folder("HOME").map { $0 + "/.cache" }).map { $0 + "/photoz" }
    }

    /// Opens the folder.
    ///
    /// - Parameters:
    ///   - path: Where it is; nil when nothing tells.
    ///   - isMade: Whether it is made when it is missing, and the one above it.
    /// - Throws: ``Refusal``
    package init(_ path: String? = usualPath, isMade: Bool) throws(Refusal) {
        guard let path else { throw .nowhere }
        let above = folder(of: path)
        if isMade {
            mkdir(above, 0o700)
            mkdir(path, 0o700)
        }
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else {
            guard errno == ENOENT else { throw .unusable(errno == ENOTDIR ? "is not a folder" : Self.reason) }
            let nearest = isFolder(above) ? above : folder(of: above)
            throw access(nearest, W_OK | X_OK) == 0 && !isMade ? .absent : .unusable("cannot be made")
        }
        (self.path, self.descriptor) = (path, descriptor)
        if let fault = Self.fault(of: descriptor, kind: S_IFDIR) { throw .unusable(fault) }
    }

    deinit { close(descriptor) }

    /// Whether files can be made in it.
    package var isWritable: Bool { faccessat(descriptor, ".", W_OK | X_OK, 0) == 0 }

    /// Bytes that its file system has left; nil when the system does not tell.
    package var room: Int? { FolderCheck(path: path).room }

    /// Opens a file of the folder for reading; nil when there is none of this user alone.
    func openFile(_ name: String) -> Int32? {
        // Neither is a symbolic link followed nor a pipe waited for.
        let descriptor = openat(self.descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        return descriptor < 0 ? nil : trusted(descriptor)
    }

    /// Makes a file of the folder and opens it for writing; nil when that cannot be.
    func makeFile(_ name: String) -> Int32? {
        let descriptor = openat(self.descriptor, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        // Some file systems give what root makes to another user: it would never be read.
        if let descriptor = trusted(descriptor) { return descriptor }
        removeFile(name)
        return nil
    }

    /// Removes a file of the folder.
    func removeFile(_ name: String) { unlinkat(descriptor, name, 0) }

    /// Gives a file of the folder another name, in place of what has it.
    ///
    /// - Returns: Whether it could.
    func rename(_ name: String, to other: String) -> Bool { renameat(descriptor, name, descriptor, other) == 0 }

    /// The same open file, or nil when it is closed since others may have a hand in it.
    private func trusted(_ descriptor: Int32) -> Int32? {
        guard Self.fault(of: descriptor, kind: S_IFREG) == nil else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    private static func fault(of descriptor: Int32, kind: mode_t) -> String? {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return reason }
        guard status.st_mode & S_IFMT == kind else { return "is of another kind" }
        guard status.st_uid == geteuid() else { return "belongs to another user" }
        return status.st_mode & 0o022 == 0 ? nil : "can be written by other users; take that away with chmod go-w"
    }

    private static var reason: String { "cannot be opened: \(String(cString: strerror(errno)))" }
}
