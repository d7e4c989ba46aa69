import Glibc
import Synchronization

/// Notices that the launcher has ended before its ranks, as when somebody kills it or the system runs out of memory.
/// Open MPI 5 then leaves ranks alone: they would go on computing, and keep the results' folder from being resumed.
package enum LauncherWatch {
    /// Launchers of Open MPI 4 and 5, of MPICH and those that keep its interface, of Slurm and of Cray, and what they
    /// start on each host. Names with something behind them, such as `mpirun.openmpi`, count too.
    private static let launchers = [
        "mpirun", "mpiexec", "orterun", "orted", "prterun", "prte", "hydra_", "slurmstepd", "palsd",
    ]

    /// The processes from this one's parent up to the launcher; none where no launcher is among them. Who else starts
    /// a program may end before it.
    private static let watched: [Ancestor] = {
        var chain = Array(Ancestor.all)
        let isLauncher = { (ancestor: Ancestor) in launchers.contains { ancestor.name.hasPrefix($0) } }
        guard let first = chain.firstIndex(where: isLauncher) else { return [] }
        // What a launcher starts on a host is a launcher to its ranks, and its own parent one to it.
        let last = chain[first...].firstIndex { !isLauncher($0) } ?? chain.endIndex
        chain.removeSubrange(last...)
        return chain
    }()

    /// When to look again, in nanoseconds of the system's clock.
    private static let nextLook = Atomic<Int64>(0)
    private static let betweenLooks: Int64 = 100_000_000
    /// The place among ``watched`` of the one that has ended; -1 while all live.
    private static let ended = Atomic(-1)

    /// Finds the launcher: to be called before MPI starts, while it certainly lives.
    package static func begin() { _ = watched.count }

    /// The name of the launcher that has ended, or of what stood between it and this process; nil while they live.
    /// Cheap: it looks ten times a second.
    package static var endedLauncher: String? {
        let known = ended.load(ordering: .relaxed)
        if known >= 0 { return String(watched[known].name) }
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let now = Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
        guard now >= nextLook.load(ordering: .relaxed) else { return nil }
        nextLook.store(now + betweenLooks, ordering: .relaxed)
        guard let place = watched.firstIndex(where: { !$0.lives }) else { return nil }
        ended.store(place, ordering: .relaxed)
        return String(watched[place].name)
    }
}
