import Glibc
import Synchronization

/// Notices that the launcher has ended before its ranks, as when somebody kills it or the system runs out of memory.
/// Open MPI 5 then leaves ranks alone: they would go on computing, and keep the results' folder from being resumed.
package enum LauncherWatch {
    /// The launcher of this host, and its own launchers, such as MPICH's two; none where none is among the processes
    /// that have started this one. What stands between, such as a shell, may end before its programs do.
    private static let watched: [Ancestor] = {
        let isLauncher = { (ancestor: Ancestor) in LauncherPrograms.isLauncher(ancestor.name) }
        return Array(Ancestor.all.drop { !isLauncher($0) }.prefix(while: isLauncher))
    }()

    /// When to look again, in nanoseconds of the system's clock.
    private static let nextLook = Atomic<Int64>(0)
    private static let betweenLooks: Int64 = 100_000_000
    /// The place among ``watched`` of the one that has ended; -1 while all live.
    private static let ended = Atomic(-1)

    /// The launcher of this host; nil without one.
    static var launcher: Ancestor? { watched.first }

    /// Finds the launcher: to be called before MPI starts, while it certainly lives.
    package static func begin() { _ = watched.count }

    /// The name of the launcher that has ended; nil while it lives.
    /// Cheap: it looks ten times a second.
    package static var endedLauncher: String? {
        let known = ended.load(ordering: .relaxed)
        if known >= 0 { return String(watched[known].name) }
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let now = Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
        guard now >= nextLook.load(ordering: .relaxed) else { return nil }
        nextLook.store(now + betweenLooks, ordering: .relaxed)
        guard let place = watched.firstIndex(where: \.hasEnded) else { return nil }
        ended.store(place, ordering: .relaxed)
        return String(watched[place].name)
    }
}
