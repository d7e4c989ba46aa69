import CMPI

/// Ranks that talk to each other. Every rank calls each collective operation, all in the same order, with values of one
/// type. Of arrays the lengths and the sizes of the elements are compared; of single values they are not.
public struct Communicator {
    let handle: CommunicatorHandle
    /// This process's number, from 0.
    public let rank: Int
    /// The number of ranks.
    public let size: Int

    /// How its operations wait, and where they are counted: one object for all copies, so that none of them waits or
    /// counts in its own way.
    let waiting: WaitingManner

    /// How its operations wait: see ``setPatience(_:)``.
    public var patience: Patience { waiting.patience }

    init(_ handle: CommunicatorHandle, rank: Int, size: Int, waiting: WaitingManner) {
        (self.handle, self.rank, self.size, self.waiting) = (handle, rank, size, waiting)
    }

    /// All ranks of `handle`, patient without end; every rank calls it, in its turn.
    init(_ handle: CommunicatorHandle) throws(CollectiveError) {
        var (rank, size): (Int32, Int32) = (0, 0)
        try check(MPI_Comm_rank(handle, &rank), "MPI_Comm_rank")
        try check(MPI_Comm_size(handle, &size), "MPI_Comm_size")
        try check(MPI_Comm_set_errhandler(handle, cmpi_errors_return()), "MPI_Comm_set_errhandler")
        self.init(
            handle, rank: Int(rank), size: Int(size),
            waiting: WaitingManner(messageHandle: try Self.messageHandle(beside: handle, size: size)))
    }

    /// A communicator of the same ranks for callers' messages: whoever receives any message meets none of a collective.
    private static func messageHandle(
        beside handle: CommunicatorHandle, size: Int32
    ) throws(CollectiveError) -> CommunicatorHandle {
        // MPI gets none of what a rank sends to itself.
        guard size > 1 else { return handle }
        var copy = cmpi_comm_null()
        try check(MPI_Comm_dup(handle, &copy), "MPI_Comm_dup")
        Belongings.add(communicator: copy)
        return copy
    }

    /// Waits until every rank has come here.
    ///
    /// - Throws: ``CollectiveError``
    public func barrier() throws(CollectiveError) {
        try collective("MPI_Barrier", { MPI_Barrier(handle) }, { MPI_Ibarrier(handle, $0) })
    }

    /// Makes a call that MPI offers in its blocking form only, where neither a deadline nor an interruption would be
    /// heeded: waits for all ranks before, as patiently as the others. Nothing is left to wait for then but MPI itself.
    func callTogether(_ routine: String, _ body: () -> Int32) throws(CollectiveError) {
        try awaitAll(before: routine)
        try Turn.with(routine) { () throws(CollectiveError) in try check(body(), routine) }
    }

    /// Waits until every rank has come.
    func awaitAll(before routine: String) throws(CollectiveError) {
        try collective(routine, { MPI_SUCCESS }, { MPI_Ibarrier(handle, $0) })
    }

    /// Gives a communicator that was split off back to MPI; every rank of it calls this, when nothing is under way on
    /// it. It and its copies can be used no more, nor can a ``Window`` of it, not even to be freed: free that before.
    /// Communicators that were split from it can still be used.
    ///
    /// - Throws: ``CollectiveError``, also for the communicator of all ranks, which is MPI's own.
    public func free() throws(CollectiveError) {
        guard handle != cmpi_comm_world() else {
            throw CollectiveError(routine: "free", reason: "the communicator of all ranks cannot be freed")
        }
        try awaitAll(before: "MPI_Comm_free")
        try Turn.with("free") { () throws(CollectiveError) in
            var (handle, messages) = (handle, waiting.messageHandle)
            guard Belongings.remove(communicator: handle) else { return }
            waiting.obstacle = .freed
            if Belongings.remove(communicator: messages) { try check(MPI_Comm_free(&messages), "MPI_Comm_free") }
            try check(MPI_Comm_free(&handle), "MPI_Comm_free")
        }
    }

    /// Requires that `root` is a rank, before anything is sent.
    func requireRank(_ root: Int, _ routine: String) throws(CollectiveError) -> Int32 {
        guard (0..<size).contains(root) else {
            throw CollectiveError(routine: routine, reason: "there is no rank \(root) among \(size) ranks")
        }
        return Int32(root)
    }

    /// Requires that an operation can be begun.
    @inline(never)
    func requireUsable(_ routine: String) throws(CollectiveError) {
        if !Life.isRunning || waiting.obstacle != nil { throw refusal(of: routine) }
    }

    @inline(never)
    private func refusal(of routine: String) -> CollectiveError {
        guard Life.isRunning, let obstacle = waiting.obstacle else { return Life.refusal(of: routine) }
        switch obstacle {
        case .freed: return CollectiveError(routine: routine, reason: "the communicator was freed")
        case .abandoned(let operation):
            return CollectiveError(
                .abandoned, routine: routine,
                reason: "\(operation) was abandoned on this communicator, which takes no other operation")
        }
    }
}

/// How long buffers go in several MPI calls.
package enum Parts {
    /// The most elements of one MPI call, and the most bytes where ranks have parts of one array. Tests make it small,
    /// on all ranks.
    nonisolated(unsafe) package static var largest = 1 << 30
}

extension Communicator: CustomStringConvertible {
    /// Such as `rank 1 of 4`.
    public var description: String { "rank \(rank) of \(size)" }
}

/// Calls `body` with each part of `count` elements that one MPI call is to take: its first element and its length.
@inline(__always)
func forEachPart(
    of count: Int, atMost limit: Int = Parts.largest, _ body: (Int, Int32) throws(CollectiveError) -> Void
) throws(CollectiveError) {
    var first = 0
    while first < count {
        let part = min(count - first, limit)
        try body(first, Int32(part))
        first += part
    }
}
