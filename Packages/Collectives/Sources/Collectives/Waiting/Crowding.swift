import CMPI

/// Whether a node has more ranks than cores for them, where MPI's blocking calls keep the core meanwhile. Open MPI
/// leaves it to others when it finds so; MPICH does not, and ranks that wait would hold up the one that they wait for.
enum Crowding {
    /// The same on every rank: where some rank must not block, none may, since blocking and nonblocking calls do not
    /// meet.
    ///
    /// MPI is used by one thread at a time.
    nonisolated(unsafe) private(set) static var isThere = false

    /// Every rank calls it, once, when MPI is started.
    static func begin() throws(CollectiveError) {
        guard MPI.openMPIVersion == nil else { return }
        var node = cmpi_comm_null()
        try check(
            MPI_Comm_split_type(cmpi_comm_world(), Int32(MPI_COMM_TYPE_SHARED), 0, cmpi_info_null(), &node),
            "MPI_Comm_split_type")
        defer { MPI_Comm_free(&node) }
        var size: Int32 = 0
        try check(MPI_Comm_size(node, &size), "MPI_Comm_size")
        var isCrowded: Int32 = Int(size) > (try coreCount(of: node)) ? 1 : 0
        try check(
            MPI_Allreduce(cmpi_in_place(), &isCrowded, 1, cmpi_int32(), cmpi_max(), cmpi_comm_world()),
            "MPI_Allreduce")
        isThere = isCrowded != 0
    }

    /// Cores that any rank of a node may run on.
    private static func coreCount(of node: CommunicatorHandle) throws(CollectiveError) -> Int {
        // As many as Linux is built for at most.
        var cores = [UInt64](repeating: 0, count: 8192 / UInt64.bitWidth)
        // Where it cannot be known, nothing is held to be crowded.
        if cmpi_own_cores(&cores, 8192 / 8) < 0 { cores = cores.map { _ in .max } }
        let count = Int32(cores.count)
        try check(
            MPI_Allreduce(cmpi_in_place(), &cores, count, cmpi_uint64(), cmpi_or(), node), "MPI_Allreduce")
        return cores.reduce(0) { $0 + $1.nonzeroBitCount }
    }
}
