import Glibc

/// Where MPI keeps the memory that ranks of a node share.
enum SharedFolder {
    static let path = getenv("OMPI_MCA_osc_sm_backing_store").map { String(cString: $0) } ?? "/dev/shm"

    /// How many bytes it has room for; any number where there is no such folder, and MPI finds another place.
    static var free: Int {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return .max }
        let (bytes, isLarger) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return isLarger ? .max : Int(clamping: bytes)
    }

    /// A page of MPI's own for the ranks' places in shared memory.
    static func ownBytes(of ranks: Int) -> Int { 4096 * (1 + ranks / 32) }

    /// The error of ranks that want more.
    static func refusal(of bytes: Int, free: Int, _ routine: String) -> CollectiveError {
        CollectiveError(
            .noRoom(folder: path, bytes: bytes, free: free), routine: routine,
            reason: "\(path) has \(free) bytes free and the ranks of a node share \(bytes) there")
    }
}
