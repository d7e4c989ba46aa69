import Glibc

/// The lock of a folder that one command writes into: a file that the system locks, and that is free again when the
/// process is gone, however it ends.
package struct FolderLock {
    /// The file's name.
    package static let name = ".photoz.lock"

    private let path: String
    private let descriptor: Int32

    /// What became of an attempt to lock a file.
    enum Attempt {
        case locked(Int32)
        case taken
        /// The file system has no locks; the file is open.
        case withoutLocks(Int32)
        case unwritable
    }

    /// Takes the lock of a folder.
    ///
    /// - Throws: ``JobError`` with code 73 when another command has it, or the folder cannot be written.
    package init(of folder: String) throws(JobError) {
        path = folder + "/" + Self.name
        var looks = 0
        while true {
            switch Self.attempt(path, O_CREAT, mode: 0o644) {
            case .unwritable:
                throw JobError(
                    .outputRefused,
                    "\(folder): cannot be written: \(String(cString: strerror(errno))); choose another folder")
            case .taken where looks < 10:
                // Perhaps somebody only looks whether it is taken.
                looks += 1
                usleep(20_000)
            case .taken:
                throw JobError(
                    .outputRefused,
                    "\(folder): another photoz job is writing here; wait for it or choose another folder")
            case .withoutLocks(let descriptor):
                // Some network file systems have no locks; most jobs are alone all the same.
                warn(
                    "\(folder): cannot be locked (\(String(cString: strerror(errno)))): do not start another job with this output"
                )
                self.descriptor = descriptor
                return
            case .locked(let descriptor):
                // The job before may have removed the file between the opening and the locking.
                var (opened, current) = (stat(), stat())
                if fstat(descriptor, &opened) == 0, stat(path, &current) == 0, opened.st_ino == current.st_ino {
                    self.descriptor = descriptor
                    return
                }
                close(descriptor)
            }
        }
    }

    /// Whether a command has the lock of a folder at this moment.
    package static func isTaken(of folder: String) -> Bool {
        switch attempt(folder + "/" + name, 0) {
        case .taken: return true
        case .locked(let descriptor), .withoutLocks(let descriptor):
            close(descriptor)
            return false
        case .unwritable:
            // Somebody else's folder may be one that this user may only read.
            let descriptor = open(folder + "/" + name, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return false }
            defer { close(descriptor) }
            return flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
        }
    }

    /// Lets others have the folder.
    package func release() {
        unlink(path)
        close(descriptor)
    }

    /// Opens a file and tries to lock it, without waiting.
    static func attempt(_ path: String, _ flags: Int32, mode: mode_t = 0o600) -> Attempt {
        let descriptor = open(path, O_RDWR | flags | O_CLOEXEC, mode)
        guard descriptor >= 0 else { return .unwritable }
        guard flock(descriptor, LOCK_EX | LOCK_NB) != 0 else { return .locked(descriptor) }
        guard errno == EWOULDBLOCK else { return .withoutLocks(descriptor) }
        close(descriptor)
        return .taken
    }
}
