import AstroMAE
import Collectives
import Glibc
import HDF5

/// What a support person would ask about a machine, and what looks wrong.
public struct Doctor {
    private let world: Communicator
    private let node: Communicator
    private let version: String
    private let folder: String

    /// - Parameters:
    ///   - world: All ranks.
    ///   - node: The ranks of this node.
    ///   - version: The program's version.
    ///   - folder: Where results or data are, for its file system.
    public init(world: Communicator, node: Communicator, version: String, folder: String) {
        self.world = world
        self.node = node
        self.version = version
        self.folder = folder
    }

    /// Looks; every rank calls it.
    ///
    /// - Returns: On rank 0 a page of facts and warnings.
    /// - Throws: A communication error.
    public func run() throws -> String? {
        let cores = Host.cores()
        let hosts = try world.gatherStrings(MPI.processorName)
        let bindings = try world.gatherStrings("\(cores)")
        let levels = try world.gatherStrings("\(InstructionSet.widest)")
        let crowded = try world.allReduce(isCrowded(cores: cores) ? 1 : 0, .max) > 0
        let shared = try world.allReduce(Self.room("/dev/shm"), .min)
        guard let hosts, let bindings, let levels else { return nil }
        let facts = facts(hosts: hosts, bindings: bindings, levels: levels, shared: shared)
        let warnings = warnings(hosts: hosts, levels: levels, isCrowded: crowded, shared: shared)
        let width = facts.map(\.0.count).max() ?? 0
        var lines = facts.map { name, value in name + String(repeating: " ", count: width + 2 - name.count) + value }
        lines.append("")
        lines += warnings.isEmpty ? ["Nothing looks wrong."] : warnings.map { "warning: " + $0 }
        return lines.joined(separator: "\n")
    }

    // MARK: Facts

    private func facts(hosts: [String], bindings: [String], levels: [String], shared: Int) -> [(String, String)] {
        let processor = Host.processor()
        return [
            ("photoz", version),
            ("MPI", "\(MPI.libraryVersion); built with headers of \(MPI.headerVersion)"),
            ("HDF5", "\(Library.version); built with headers of \(Library.headerVersion)"),
            ("launcher", Launcher.isPresent ? Self.launcher : "none: a world of one"),
            (
                "ranks",
                "\(world.size) on \(Set(hosts).count) host\(Set(hosts).count == 1 ? "" : "s"): \(Self.counted(hosts))"
            ),
            ("cores of a rank", Self.counted(bindings)),
            ("cores of this host", "\(sysconf(Int32(_SC_NPROCESSORS_ONLN)))"),
            ("processor", processor.processor), ("system", processor.platform),
            ("memory", "\(Int(Host.memory().rounded())) GB"),
            (
                "instruction set",
                "\(Self.counted(levels)); all: \(InstructionSet.available.map(\.description).joined(separator: ", "))"
            ),
            ("limits", Self.limits),
            ("/dev/shm", "\(megabytes(shared)) free (the least of all hosts)"),
            (
                folder,
                "\(Self.fileSystem(folder)), \(megabytes(Self.room(folder))) free, locks \(locks ? "work" : "do not work")"
            ),
        ]
    }

    /// Different values with how many ranks have each.
    private static func counted(_ values: [String]) -> String {
        var order: [String] = []
        for value in values where !order.contains(value) { order.append(value) }
        if order.count == 1 { return order[0] }
        return order.prefix(8).map { value in "\(value) (\(values.count { $0 == value }))" }.joined(separator: ", ")
    }

    private static var launcher: String {
        let known = [
            ("OMPI_COMM_WORLD_SIZE", "Open MPI's mpirun"), ("SLURM_STEP_ID", "Slurm's srun"), ("PMIX_RANK", "PMIx"),
            ("PMI_RANK", "PMI"),
        ]
        let found = known.first { getenv($0.0) != nil }?.1 ?? "unknown"
        let job = getenv("SLURM_JOB_ID").map { ", Slurm job " + String(cString: $0) } ?? ""
        return found + job
    }

    private static var limits: String {
        let kinds: [(String, __rlimit_resource, UInt64)] = [
            ("open files", RLIMIT_NOFILE, 1), ("address space", RLIMIT_AS, 1 << 20),
            ("file size", RLIMIT_FSIZE, 1 << 20),
            ("locked memory", __RLIMIT_MEMLOCK, 1 << 20), ("stack", RLIMIT_STACK, 1 << 20),
        ]
        return kinds.map { name, kind, unit in
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(kind.rawValue), &limit)
            let isFree = UInt64(limit.rlim_cur) >= UInt64(Int64.max)
            return "\(name) " + (isFree ? "unlimited" : "\(UInt64(limit.rlim_cur) / unit)\(unit == 1 ? "" : " MB")")
        }.joined(separator: ", ")
    }

    /// Bytes that may be written in a folder.
    private static func room(_ path: String) -> Int {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return 0 }
        return Int(
            clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue)
    }

    private static let networked = ["nfs", "lustre", "gpfs", "beegfs", "ceph", "cifs", "smb", "fuse"]

    /// The kind of file system that a folder is on, by the mounts of this process.
    private static func fileSystem(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return "not there" }
        defer { free(real) }
        let folder = String(cString: real)
        // Device, mount point, kind; the deepest mount point that the folder lies in.
        var (deepest, kind) = (0, "unknown")
        for line in Host.lines(of: "/proc/self/mounts") {
            let parts = line.split(separator: " ").map(String.init)
            guard parts.count > 2, parts[1].count >= deepest else { continue }
            guard parts[1] == "/" || folder == parts[1] || folder.hasPrefix(parts[1] + "/") else { continue }
            (deepest, kind) = (parts[1].count, parts[2])
        }
        return kind
    }

    /// Whether a lock can be taken in the folder, as a run takes one in its output folder.
    private var locks: Bool {
        let path = "\(folder)/.photoz-doctor-\(getpid())"
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { return false }
        defer {
            unlink(path)
            close(file)
        }
        return flock(file, LOCK_EX | LOCK_NB) == 0
    }

    // MARK: Warnings

    private var isNetworked: Bool {
        let kind = Self.fileSystem(folder)
        return Self.networked.contains { kind.hasPrefix($0) }
    }

    private func isCrowded(cores: Int) -> Bool { node.size > sysconf(Int32(_SC_NPROCESSORS_ONLN)) || cores < 1 }

    private func warnings(hosts: [String], levels: [String], isCrowded: Bool, shared: Int) -> [String] {
        var warnings: [String] = []
        if isCrowded {
            warnings.append("a host has more ranks than cores: they wait for each other; start one rank a core")
        }
        if world.size > 1, Host.cores() == sysconf(Int32(_SC_NPROCESSORS_ONLN)), world.size >= 4 {
            warnings.append("ranks are not bound to cores; mpirun --bind-to core keeps them where their memory is")
        }
        if !MPI.headerVersion.isEmpty, !Self.agree(MPI.headerVersion, MPI.libraryVersion) {
            warnings.append(
                "the MPI library that runs is another than the one of the headers; build photoz on this machine")
        }
        if Library.headerVersion != Library.version {
            warnings.append(
                "the HDF5 library that runs is another than the one of the headers; build photoz on this machine")
        }
        if Set(levels).count > 1 {
            warnings.append("ranks have different instruction sets: all use the least of them")
        }
        if shared < 256 << 20 {
            warnings.append(
                "/dev/shm has less than 256 MB free on a host, and ranks share the weights there; enlarge it (containers: --shm-size)"
            )
        }
        if isNetworked, !locks {
            warnings.append(
                "\(folder): is on a network file system without locks: two jobs could write the same results")
        }
        return warnings
    }

    /// Whether a library's own words hold the version of the headers, but for the last number, which changes no interface.
    private static func agree(_ header: String, _ library: String) -> Bool {
        library.contains("v" + header.split(separator: ".").prefix(2).joined(separator: ".") + ".")
    }
}
