import AstroMAE
import Collectives
import Glibc
import HDF5
import PhotozMachine
import PhotozText

/// What a support person would ask about the ranks and their machines, and what looks wrong.
package struct Doctor {
    /// What every rank tells rank 0; ranks with the same words are counted together.
    private struct Place: Codable {
        let host: String
        let cores: String
        let instructionSet: String
        let processor: String
        let system: String
        let memory: String
        let limits: String
    }

    private let world: Communicator
    private let node: Communicator
    private let version: String
    private let folder: FolderCheck
    private let weights: String?

    /// - Parameters:
    ///   - world: All ranks.
    ///   - node: The ranks of this node.
    ///   - version: The program's version.
    ///   - folder: Where results will be written.
    ///   - weights: The network's file, whose size decides how much memory ranks share; nil stands for the published
    ///     network.
    package init(world: Communicator, node: Communicator, version: String, folder: String, weights: String?) {
        self.world = world
        self.node = node
        self.version = version
        self.folder = FolderCheck(path: folder)
        self.weights = weights
    }

    /// Looks; every rank calls it.
    ///
    /// - Returns: On rank 0 a page of facts and warnings.
    /// - Throws: A communication error, or what is wrong with the weights.
    package func run() throws -> String? {
        let needed = try world.broadcast(world.rank == 0 ? try weightsBytes() : 0, root: 0)
        let shared = FolderCheck(path: "/dev/shm").room ?? 0
        let leastRoom = try world.allReduce(shared, .min)
        let lacking = try world.allReduce(max(0, needed + node.size * Self.rankBytes - shared), .max)
        let cores = try Host.cores(of: node)
        let isCrowded = try world.allReduce(node.size > cores ? 1 : 0, .max) > 0
        let lock = try folder.lock(world, node: node)
        let sharedFile = try folder.sharedFile(world, hosts: world.split(node.rank == 0))
        guard let places = try world.gatherValues(Self.here()) else { return nil }

        let facts = facts(places, room: leastRoom, lock, sharedFile)
        var warnings: [String] = []
        if let separation = MPI.separation(of: world) { warnings.append("\(separation)") }
        warnings += self.warnings(places, isCrowded: isCrowded, lacking: lacking, lock)
        if let reason = sharedFile.fault, lock == .holds || lock == .missing || lock == .perHost {
            warnings.append(
                "\(folder.path): \(reason): rank 0 will write all predictions (--write collect), which takes longer")
        }
        let width = facts.map(\.0.count).max() ?? 0
        var lines = facts.map { name, value in name + String(repeating: " ", count: width + 2 - name.count) + value }
        lines.append("")
        lines += warnings.isEmpty ? ["Nothing looks wrong."] : warnings.map { "warning: " + $0 }
        return lines.joined(separator: "\n")
    }

    /// What Open MPI takes of /dev/shm for each rank at most, by its setting `btl_vader_segment_size`.
    private static let rankBytes = 4 << 20

    /// Bytes of the weights that the ranks of a node share, in the largest precision.
    private func weightsBytes() throws -> Int {
        // `photoz run` on the published network leaves 48.6 MB in /dev/shm.
        guard let weights else { return 50_000_000 }
        return PreparedNetwork.byteCount(of: try WeightsFile(weights).shape, .float32, for: .widest)
    }

    // MARK: Facts

    private static func here() -> Place {
        let processor = Host.processor()
        return Place(
            host: MPI.processorName, cores: Host.coreList(), instructionSet: "\(InstructionSet.widest)",
            processor: processor.processor, system: processor.platform, memory: "\(Int(Host.memory().rounded())) GB",
            limits: limits)
    }

    private func facts(
        _ places: [Place], room: Int, _ lock: FolderCheck.Lock, _ file: FolderCheck.SharedFile
    ) -> [(String, String)] {
        let hosts = Set(places.map(\.host)).count
        return [
            ("photoz", version),
            (
                "MPI",
                "\(MPI.libraryVersion); \(MPI.threadLevel); built with headers of \(MPI.headerVersion.isEmpty ? "another MPI" : MPI.headerVersion)"
            ),
            ("HDF5", "\(Library.version); \(Library.features); built with headers of \(Library.headerVersion)"),
            ("launcher", Launcher.name),
            ("ranks", "\(world.size) on \(hosts) host\(hosts == 1 ? "" : "s"): \(Self.counted(places.map(\.host)))"),
            ("bound to cores", Self.counted(places.map(\.cores))),
            ("cores of rank 0's host", "\(Host.processorCount)"),
            ("processor", Self.counted(places.map(\.processor))),
            ("instruction set", Self.counted(places.map(\.instructionSet))),
            (
                "rank 0 offers",
                (InstructionSet.available.map(\.description)
                    + InstructionSet.faulty.map { "\($0), which multiplies wrongly here and is left out" })
                    .joined(separator: ", ")
            ),
            ("system", Self.counted(places.map(\.system))),
            ("memory of a host", Self.counted(places.map(\.memory))),
            ("limits", Self.counted(places.map(\.limits))),
            ("/dev/shm", "\(megabytes(room)) free, the least of all hosts"),
            (
                "folder",
                "\(folder.path): \(folder.fileSystem), \(megabytes(folder.room ?? 0)) free, \(Self.words(lock))"
            ),
            ("predictions", Self.words(file)),
            ("packed weights", WeightsCache.state()),
        ]
    }

    /// Different values with how many ranks have each.
    private static func counted(_ values: [String]) -> String {
        var counts: [String: Int] = [:]
        var order: [String] = []
        for value in values {
            if counts[value] == nil { order.append(value) }
            counts[value, default: 0] += 1
        }
        if order.count == 1 { return order[0] }
        let shown = order.prefix(8).map { "\($0) (\(counts[$0] ?? 0) ranks)" }
        return (shown + (order.count > 8 ? ["and \(order.count - 8) more"] : [])).joined(separator: ", ")
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

    private static func words(_ lock: FolderCheck.Lock) -> String {
        switch lock {
        case .holds: "locks hold"
        case .missing: "no locks"
        case .perHost: "locks do not keep other ranks out"
        case .notShared: "not the same on every host"
        case .unwritable: "not writable"
        }
    }

    private static func words(_ file: FolderCheck.SharedFile) -> String {
        switch file {
        case .oneHost: "each rank writes its own (--write ranks): there is one host"
        case .whole: "each rank writes its own (--write ranks): what several hosts wrote into one file was there"
        case .torn, .unwritable: "rank 0 writes all (--write collect)"
        }
    }

    // MARK: Warnings

    private func warnings(
        _ places: [Place], isCrowded: Bool, lacking: Int, _ lock: FolderCheck.Lock
    ) -> [String] {
        var warnings: [String] = []
        if isCrowded {
            warnings.append(
                "a host has more ranks than cores for them: they wait for each other; start one rank a core, and let the launcher bind each to its own"
            )
        }
        if !isCrowded, world.size >= 4, places.allSatisfy({ Host.coreNumbers($0.cores).count >= node.size }) {
            warnings.append("ranks are not bound to cores; mpirun --bind-to core keeps each beside its memory")
        }
        if !MPI.headerVersion.isEmpty, !Self.agree(MPI.headerVersion, MPI.libraryVersion) {
            warnings.append(
                "the MPI library that runs is another than that of the headers photoz was built with; build it on this machine"
            )
        }
        if Library.headerVersion != Library.version {
            warnings.append(
                "the HDF5 library that runs is another than that of the headers photoz was built with; build it on this machine"
            )
        }
        if Set(places.map(\.instructionSet)).count > 1 {
            warnings.append("ranks have different instruction sets: all use the least of them")
        }
        if lacking > 0 {
            warnings.append(JobError.smallSharedMemory("/dev/shm", lacking: lacking, host: nil))
        }
        let path = folder.path
        switch lock {
        case .holds: break
        case .missing:
            warnings.append(
                "\(path): has no locks\(folder.isNetworked ? " (Lustre: mount it with flock)" : ""): nothing keeps two jobs from writing the same results"
            )
        case .perHost:
            warnings.append(
                "\(path): locks do not keep other ranks out (NFS, Lustre: mount it without local locks): two jobs could write the same results"
            )
        case .notShared:
            warnings.append(
                "\(path): a host has another folder of this name, or does not see new files; results and data must be on a file system that all hosts share"
            )
        case .unwritable: warnings.append("\(path): is not writable; choose another folder with --folder")
        }
        return warnings
    }

    /// Whether a library's own words hold the version of the headers, but for the last number, which changes no
    /// interface.
    private static func agree(_ header: String, _ library: String) -> Bool {
        let interface = header.split(separator: ".").prefix(2).joined(separator: ".") + "."
        // Such as "Open MPI v4.1.4, package: ..." and "MPICH Version:\t4.0.2".
        return library.split { !$0.isNumber && $0 != "." }.contains { $0.hasPrefix(interface) }
    }
}
