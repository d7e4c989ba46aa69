/// Which processes are launchers: of Open MPI 4 and 5, of MPICH and those that keep its interface, of Slurm, of Cray.
/// Names with something behind them, such as `mpirun.openmpi`, count too. The system keeps 15 bytes of a name.
enum LauncherPrograms {
    /// What a user starts; it passes on what ranks write.
    private static let first = ["mpirun", "mpiexec", "orterun", "prterun"]
    /// What is started on each host, and is the ranks' parent there.
    private static let onHosts = ["orted", "prte", "hydra_", "slurmstepd", "palsd"]

    /// Whether a process of this name starts ranks or those that do.
    static func isLauncher(_ name: Substring) -> Bool { isFirst(name) || onHosts.contains(where: name.hasPrefix) }

    /// Whether a user starts it: a chain of launchers ends there.
    static func isFirst(_ name: Substring) -> Bool { first.contains(where: name.hasPrefix) }
}
