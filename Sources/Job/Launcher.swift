import Glibc

/// What the environment says of the launcher that started this process, before MPI is asked.
public enum Launcher {
    /// This process's rank, or nil when no launcher started it. First asked for before MPI starts: MPI then adds such
    /// variables itself.
    public static let rank: Int? = {
        for name in ["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "SLURM_PROCID"] {
            if let value = getenv(name), let rank = Int(String(cString: value)) { return rank }
        }
        return nil
    }()

    /// Whether a launcher started this process.
    public static var isPresent: Bool { rank != nil }
}
