import Collectives
import Glibc

/// What a folder for results is like: its file system, and whether a lock of one rank keeps the others out.
struct FolderCheck {
    /// What a lock is worth.
    enum Lock: Int {
        /// It keeps all others out.
        case holds
        /// The file system has none.
        case missing
        /// Another rank takes it too: each host has locks of its own.
        case perHost
        /// Another host does not see the file.
        case notShared
        /// No file can be made there.
        case unwritable
    }

    let path: String

    /// Bytes that may be written there; nil when the system does not tell.
    var room: Int? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        return Int(
            clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue)
    }

    /// The kind of file system, by the mounts of this process.
    var fileSystem: String {
        guard let real = realpath(path, nil) else { return "not there" }
        defer { free(real) }
        let folder = String(cString: real)
        // Device, mount point, kind; the deepest mount point that the folder lies in, and the last of those.
        var (deepest, kind) = (0, "unknown")
        for line in Host.lines(of: "/proc/self/mounts") {
            let parts = line.split(separator: " ").map(String.init)
            guard parts.count > 2 else { continue }
            // The system writes spaces so.
            let mount = parts[1].split(separator: "\\040", omittingEmptySubsequences: false).joined(separator: " ")
            guard mount.count >= deepest, mount == "/" || folder == mount || folder.hasPrefix(mount + "/") else {
                continue
            }
            (deepest, kind) = (mount.count, parts[2])
        }
        return kind
    }

    /// Whether other hosts may have the file system too.
    var isNetworked: Bool {
        let kind = fileSystem
        return ["nfs", "lustre", "gpfs", "beegfs", "ceph", "cifs", "smb", "fuse", "9p"].contains { kind.hasPrefix($0) }
    }

    /// Takes a lock on rank 0, as a run does in its output folder, and tries it on another rank and on every other host.
    /// Every rank calls it.
    ///
    /// - Throws: A communication error.
    func lock(_ world: Communicator, node: Communicator) throws -> Lock {
        let file = "\(path)/.photoz-doctor-\(try world.broadcast(getpid(), root: 0))"
        var descriptor: Int32 = -1
        var found = Lock.holds
        if world.rank == 0 { (descriptor, found) = take(file, O_CREAT) }
        defer {
            if descriptor >= 0 {
                unlink(file)
                close(descriptor)
            }
        }
        // Nobody else may try before rank 0 has the lock.
        found = Lock(rawValue: try world.broadcast(found.rawValue, root: 0)) ?? .unwritable
        guard found == .holds else { return found }
        let isAlone = world.size == 1
        if isAlone || world.rank == 1 || world.rank > 0 && node.rank == 0 { found = tryAgain(file) }
        return Lock(rawValue: try world.allReduce(found.rawValue, .max)) ?? .unwritable
    }

    private func take(_ file: String, _ flags: Int32) -> (Int32, Lock) {
        let descriptor = open(file, O_RDWR | flags | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return (-1, flags == 0 ? .notShared : .unwritable) }
        return (descriptor, flock(descriptor, LOCK_EX | LOCK_NB) == 0 ? .holds : .missing)
    }

    /// What it is like to want a lock that another has.
    private func tryAgain(_ file: String) -> Lock {
        let (descriptor, lock) = take(file, 0)
        guard descriptor >= 0 else { return lock }
        close(descriptor)
        return lock == .holds ? .perHost : .holds
    }
}
