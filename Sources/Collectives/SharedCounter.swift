import CMPI

/// A counter in one rank's memory from which every rank takes numbers: each number goes to one taker.
///
/// Where ranks share no memory, a request is answered only while the host makes MPI calls: see ``progress()``. The counter
/// lives until the process ends: freeing it is collective, and a rank that fails must not wait for the others.
///
/// Unchecked, because nothing here changes after the initializer, and MPI itself asks only that no two threads of a rank
/// call it at the same time (`MPI_THREAD_SERIALIZED`): whoever hands MPI from one thread to another must see to that.
public final class SharedCounter: @unchecked Sendable {
    private let host: Int32
    private let window: MPI_Win?

    /// Makes a counter that starts at 0; every rank calls it.
    ///
    /// - Parameter host: The rank that keeps it.
    /// - Throws: ``CollectiveError``
    public init(on communicator: Communicator, host: Int) throws(CollectiveError) {
        self.host = try communicator.requireRank(host, "SharedCounter")
        let isHost = communicator.rank == host
        let size = MemoryLayout<Int64>.size
        var window: MPI_Win?
        let base = try allocateWindow(byteCount: isHost ? size : 0, on: communicator, &window)
        self.window = window
        if isHost { base?.storeBytes(of: 0, as: Int64.self) }
        try check(MPI_Win_sync(window), "MPI_Win_sync")
        try communicator.barrier()
    }

    /// The next number, from 0.
    ///
    /// - Throws: ``CollectiveError``
    public func next() throws(CollectiveError) -> Int {
        var (one, number): (Int64, Int64) = (1, 0)
        try check(
            MPI_Fetch_and_op(&one, &number, cmpi_int64(), host, 0, cmpi_sum(), window), "MPI_Fetch_and_op")
        try check(MPI_Win_flush(host, window), "MPI_Win_flush")
        return Int(number)
    }

    /// Lets MPI answer what other ranks ask of this one. Cheap, and never waits.
    public func progress() {
        // Looks for a message that nobody sends: where one is found, MPI may leave the rest of its work for later.
        var isThere: Int32 = 0
        MPI_Iprobe(0, 0, cmpi_comm_self(), &isThere, cmpi_status_ignore())
    }
}

/// Memory that other ranks reach by one-sided calls at any time, until the process ends; every rank calls it.
func allocateWindow(
    byteCount: Int, on communicator: Communicator, _ window: inout MPI_Win?
) throws(CollectiveError) -> UnsafeMutableRawPointer? {
    var base: UnsafeMutableRawPointer?
    try check(
        MPI_Win_allocate(MPI_Aint(byteCount), 1, cmpi_info_null(), communicator.handle, &base, &window),
        "MPI_Win_allocate")
    try check(MPI_Win_set_errhandler(window, cmpi_errors_return()), "MPI_Win_set_errhandler")
    try check(MPI_Win_lock_all(Int32(MPI_MODE_NOCHECK), window), "MPI_Win_lock_all")
    return base
}
