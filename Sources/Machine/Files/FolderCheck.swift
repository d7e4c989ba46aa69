import Collectives
import FoundationEssentials
import Glibc
import PhotozText

/// Who writes the predictions.
package enum WriteWay: String, CaseIterable, Sendable {
    /// Every rank writes its own galaxies.
    case ranks
    /// Rank 0 writes what the others send it.
    case collect
}

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

    /// Takes a lock on rank 0, as a run does in its output folder, and tries it on another rank and on every other
    /// host. Every rank calls it.
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

    // MARK: Files that several hosts write

    /// What becomes of a file that several hosts write at a time, each its own bytes.
    package enum SharedFile: Int {
        /// There is one host, whose ranks see the same file at any moment.
        case oneHost
        /// All bytes are there.
        case whole
        /// Bytes are missing or older: hosts keep parts of the file for themselves, as over NFS.
        case torn
        /// A host cannot write there, or does not see the file.
        case unwritable

        /// What is wrong with it, as a sentence begins; nil when nothing is.
        package var fault: String? {
            switch self {
            case .oneHost, .whole: nil
            case .torn: "what several hosts write into one file gets lost (NFS: mount it with noac, or sync)"
            case .unwritable: "a host cannot write into a file that rank 0 has made"
            }
        }
    }

    /// Bytes that a host writes at a time in the test: neighbours of different hosts share a page.
    private static let testBytes = 1000
    private static let testRounds = 5

    /// Lets a rank of each host write its bytes into a small file, in turns with those of others as results are
    /// written, and all of them read it. Every rank calls it.
    ///
    /// - Parameters:
    ///   - world: All ranks.
    ///   - hosts: The first rank of each host; nil on the others.
    /// - Throws: A communication error.
    package func sharedFile(_ world: Communicator, hosts: Communicator?) throws -> SharedFile {
        guard let hosts else {
            return SharedFile(rawValue: try world.allReduce(0, .max)) ?? .unwritable
        }
        guard hosts.size > 1 else {
            return SharedFile(rawValue: try world.allReduce(SharedFile.oneHost.rawValue, .max)) ?? .unwritable
        }
        let file = "\(path)/.photoz-write-test-\(try hosts.broadcast(getpid(), root: 0))"
        defer { if hosts.rank == 0 { unlink(file) } }
        var isWritten = true
        if hosts.rank == 0 { isWritten = Self.make(file, bytes: hosts.size * Self.testBytes * Self.testRounds) }
        try hosts.barrier()
        isWritten = writeTest(file, hosts) && isWritten
        try hosts.barrier()
        let found: SharedFile = isWritten ? (readTest(file, hosts) ? .whole : .torn) : .unwritable
        // Nobody may still read when the file goes.
        return SharedFile(rawValue: try world.allReduce(found.rawValue, .max)) ?? .unwritable
    }

    private static func make(_ file: String, bytes: Int) -> Bool {
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        let isLong = ftruncate(descriptor, off_t(bytes)) == 0
        return close(descriptor) == 0 && isLong
    }

    private static func pattern(_ host: Int, _ round: Int) -> [UInt8] {
        [UInt8](repeating: UInt8(truncatingIfNeeded: 1 + (37 * host + 11 * round) % 255), count: testBytes)
    }

    private func writeTest(_ file: String, _ hosts: Communicator) -> Bool {
        let descriptor = open(file, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        let isWritten = (0..<Self.testRounds).allSatisfy { round in
            let place = (round * hosts.size + hosts.rank) * Self.testBytes
            return (try? writeAll(Self.pattern(hosts.rank, round), at: place, to: descriptor, file)) != nil
        }
        let isStored = (try? synchronise(descriptor, file)) != nil
        return close(descriptor) == 0 && isWritten && isStored
    }

    private func readTest(_ file: String, _ hosts: Communicator) -> Bool {
        let all = (0..<Self.testRounds).flatMap { round in
            (0..<hosts.size).flatMap { Self.pattern($0, round) }
        }
        return FileManager.default.contents(atPath: file).map { $0.elementsEqual(all) } ?? false
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
