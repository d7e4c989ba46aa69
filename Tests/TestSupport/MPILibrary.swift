/// The MPI whose launcher is the first on the PATH, which is the one that the tests were built for. Few tests ask: what
/// photoz promises holds under all of them, and these are the differences that launchers make.
public enum MPILibrary: Equatable, Sendable {
    case openMPI(version: Int)
    /// MPICH and those that keep its interface.
    case mpich

    /// - Throws: When there is no launcher, or one that no test was written for.
    public static func current() async throws -> MPILibrary { try await found.value }

    private static let found = Task {
        let outcome = try await Launch.run("mpirun", ["--version"], limit: 20)
        if outcome.output.contains("HYDRA") { return MPILibrary.mpich }
        let version = outcome.output.split(separator: ") ").dropFirst().first?.prefix { $0 != "." }
        guard outcome.output.contains("Open MPI"), let version = version.flatMap({ Int($0) }) else {
            throw Unknown(text: outcome.report)
        }
        return .openMPI(version: version)
    }

    /// Makes ranks of one host talk, and reach windows, as those of several do.
    public var byMessages: [String: String] {
        switch self {
        case .openMPI(let version): ["OMPI_MCA_btl": "self,tcp", "OMPI_MCA_osc": version < 5 ? "pt2pt" : "rdma"]
        case .mpich: ["MPIR_CVAR_NOLOCAL": "1"]
        }
    }

    struct Unknown: Error { let text: String }

    /// Whether a program of this name is a launcher, perhaps with a library's name behind it, such as `mpirun.mpich`.
    /// Open MPI 5 replaces mpirun by prterun.
    public static func isLauncher(_ program: String) -> Bool {
        ["mpirun", "mpiexec", "prterun", "orterun"].contains(program.prefix { $0 != "." })
    }

    /// Variables that give a process its rank.
    public static let rankVariables = ["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"]
}
