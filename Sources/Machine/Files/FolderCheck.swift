import Collectives
import Glibc
import PhotozText

/// What a folder for results is like: its file system, and whether a lock of one rank keeps the others out.
package struct FolderCheck {
    /// What a lock is worth.
    package enum Lock: Int {
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

    package let path: String

    /// - Parameter path: The folder.
    package init(path: String) { self.path = path }

    /// Bytes that may be written there; nil when the system does not tell.
    package var room: Int? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        return Int(
            clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue)
    }

    /// The kind of file system, by the mounts of this process.
    package var fileSystem: String {
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
    package var isNetworked: Bool {
        let kind = fileSystem
        return ["nfs", "lustre", "gpfs", "beegfs", "ceph", "cifs", "smb", "fuse", "9p"].contains { kind.hasPrefix($0) }
    }

    /// Takes a lock on rank 0, as a run does in its output folder, and tries it on another rank and on every other host.
    /// Every rank calls it.
    ///
    /// - Throws: A communication error.
    package func lock(_ world: Communicator, node: Communicator) throws -> Lock {
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
        switch FolderLock.attempt(file, flags) {
        case .locked(let descriptor): (descriptor, .holds)
        case .withoutLocks(let descriptor): (descriptor, .missing)
        case .taken: (-1, .missing)
        case .unwritable: (-1, flags == 0 ? .notShared : .unwritable)
        }
    }

    /// What it is like to want a lock that another has.
    private func tryAgain(_ file: String) -> Lock {
        switch FolderLock.attempt(file, 0) {
        case .taken: return .holds
        case .unwritable: return .notShared
        case .locked(let descriptor):
            close(descriptor)
            return .perHost
        case .withoutLocks(let descriptor):
            close(descriptor)
            return .holds
        }
    }

    /// Refuses to write more than there is room for.
    ///
    /// - Parameters:
    ///   - bytes: What is to be written.
    ///   - what: What that is, in a word for several.
    /// - Throws: ``JobError`` with code 73.
    package func requireSpace(bytes: Int, for what: String) throws(JobError) {
        guard let room, room < bytes else { return }
        throw JobError(
            .outputRefused,
            "\(path): has \(megabytes(room)) free and the \(what) need \(megabytes(bytes)); make room or choose another folder"
        )
    }
}
