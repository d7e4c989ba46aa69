import Glibc

/// What the environment says of the launcher that started this process. It is looked at once, before MPI starts: Open
/// MPI sets the same variables in a process that is alone.
package enum Launcher {
    /// This process's rank, or nil when no launcher started it.
    package static let rank: Int? = {
        for name in ["OMPI_COMM_WORLD_RANK", "PALS_RANKID", "PMIX_RANK", "PMI_RANK", "SLURM_PROCID"] {
            if let value = getenv(name), let rank = Int(String(cString: value)) { return rank }
        }
        return nil
    }()

    /// The launcher, and the batch job it belongs to, in words.
    package static let name: String = {
        let known = [
            // Hydra goes by srun from host to host.
            ("OMPI_COMM_WORLD_SIZE", "Open MPI's mpirun"), ("PALS_RANKID", "PALS' mpiexec"),
            ("HYDI_CONTROL_FD", "Hydra's mpiexec"), ("SLURM_STEP_ID", "Slurm's srun"), ("PMIX_RANK", "PMIx"),
            ("PMI_RANK", "PMI"),
        ]
        let found = known.first { getenv($0.0) != nil }?.1 ?? "none: a world of one"
        let job = getenv("SLURM_JOB_ID").map { ", Slurm job " + String(cString: $0) } ?? ""
        return found + job
    }()

    /// How so many ranks are started again; nothing for a world of one without a launcher.
    package static func words(ranks: Int) -> [String] {
        guard isPresent else { return [] }
        let isByMpirun = getenv("OMPI_COMM_WORLD_SIZE") != nil || isHydra
        guard !isByMpirun, getenv("SLURM_STEP_ID") != nil else { return ["mpirun", "-np", "\(ranks)"] }
        // Slurm's own default may be another way, by which each of MPICH's ranks is alone.
        let way = getenv("PMI_FD") != nil ? ["--mpi=pmi2"] : []
        return ["srun"] + way + ["-n", "\(ranks)"]
    }

    /// Whether it was MPICH's, which leaves the other ranks alone where one ends before it has started MPI.
    package static var isHydra: Bool { getenv("HYDI_CONTROL_FD") != nil }

    /// Whether a launcher started this process.
    package static var isPresent: Bool { rank != nil }
}
