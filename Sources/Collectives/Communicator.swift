import CMPI

/// Ranks that talk to each other. Every rank calls each collective operation, all in the same order.
public struct Communicator {
    let handle: MPI_Comm?
    /// This process's number, from 0.
    public let rank: Int
    /// The number of ranks.
    public let size: Int

    init(_ handle: MPI_Comm?) throws(CollectiveError) {
        var (rank, size): (Int32, Int32) = (0, 0)
        try check(MPI_Comm_rank(handle, &rank), "MPI_Comm_rank")
        try check(MPI_Comm_size(handle, &size), "MPI_Comm_size")
        self.handle = handle
        self.rank = Int(rank)
        self.size = Int(size)
    }

    /// Waits until every rank has come here.
    ///
    /// - Throws: ``CollectiveError``
    public func barrier() throws(CollectiveError) {
        try check(MPI_Barrier(handle), "MPI_Barrier")
    }

    /// The ranks of this node, in the order of their ranks here. Kept for the life of the process.
    ///
    /// - Throws: ``CollectiveError``
    public func splitByNode() throws(CollectiveError) -> Communicator {
        var node: MPI_Comm?
        try check(
            MPI_Comm_split_type(handle, Int32(MPI_COMM_TYPE_SHARED), Int32(rank), cmpi_info_null(), &node),
            "MPI_Comm_split_type")
        try check(MPI_Comm_set_errhandler(node, cmpi_errors_return()), "MPI_Comm_set_errhandler")
        return try Communicator(node)
    }

    /// The ranks that say they belong to it, in the order of their ranks here; nil on the others. Kept for the life of the
    /// process.
    ///
    /// - Throws: ``CollectiveError``
    public func split(_ belongs: Bool) throws(CollectiveError) -> Communicator? {
        var part: MPI_Comm?
        try check(
            MPI_Comm_split(handle, belongs ? 0 : Int32(MPI_UNDEFINED), Int32(rank), &part), "MPI_Comm_split")
        guard belongs else { return nil }
        try check(MPI_Comm_set_errhandler(part, cmpi_errors_return()), "MPI_Comm_set_errhandler")
        return try Communicator(part)
    }

    /// Requires that `root` is a rank, before anything is sent.
    func requireRank(_ root: Int, _ routine: String) throws(CollectiveError) -> Int32 {
        guard (0..<size).contains(root) else {
            throw CollectiveError(routine: routine, reason: "there is no rank \(root) among \(size) ranks")
        }
        return Int32(root)
    }

    /// Requires that every rank comes with the same length; throws on all of them when they do not.
    func agree(onLength length: Int, _ routine: String) throws(CollectiveError) {
        var bounds = [Int64(length), Int64(-length)]
        try check(
            MPI_Allreduce(cmpi_in_place(), &bounds, 2, cmpi_int64(), cmpi_max(), handle), "MPI_Allreduce")
        let (longest, shortest) = (Int(bounds[0]), Int(-bounds[1]))
        guard longest != shortest else { return }
        let lengths = try allGather(length)
        let (low, high) = (lengths.firstIndex(of: shortest) ?? 0, lengths.firstIndex(of: longest) ?? 0)
        throw CollectiveError(
            .lengthsDiffer(shortest: shortest, rankOfShortest: low, longest: longest, rankOfLongest: high),
            routine: routine,
            reason: "lengths differ between ranks: \(shortest) on rank \(low), \(longest) on rank \(high)")
    }
}

/// The most elements of one MPI call; longer buffers go in several.
let largestCount = 1 << 30

/// Calls `body` with each part of `count` elements that one MPI call can take: its first element and its length.
func forEachPart(
    of count: Int, _ body: (Int, Int32) throws(CollectiveError) -> Void
) throws(CollectiveError) {
    var first = 0
    while first < count {
        let part = min(count - first, largestCount)
        try body(first, Int32(part))
        first += part
    }
}
