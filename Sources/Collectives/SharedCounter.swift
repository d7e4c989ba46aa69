import CMPI

/// A counter in one rank's memory from which every rank takes numbers: each number goes to one taker.
///
/// Where ranks share no memory, a request is answered only while the host makes MPI calls: see ``progress()``. The counter
/// lives until MPI is finished: freeing it is collective, and a rank that fails must not wait for the others.
///
/// Unchecked, because nothing here changes after the initializer, and MPI itself asks only that no two threads of a rank
/// call it at the same time (`MPI_THREAD_SERIALIZED`): whoever hands MPI from one thread to another must see to that.
public final class SharedCounter: @unchecked Sendable {
    private let communicator: Communicator
    private let host: Int32
    private let window: MPI_Win?

    /// Makes a counter that starts at 0; every rank calls it.
    ///
    /// - Parameter host: The rank that keeps it.
    /// - Throws: ``CollectiveError``
    public init(on communicator: Communicator, host: Int) throws(CollectiveError) {
        self.host = try communicator.requireRank(host, "SharedCounter")
        var window: MPI_Win?
        _ = try allocateWindow(count: communicator.rank == host ? 1 : 0, on: communicator, &window)
        (self.communicator, self.window) = (communicator, window)
        try communicator.barrier()
    }

    /// The next number, from 0.
    ///
    /// - Throws: ``CollectiveError``
    public func next() throws(CollectiveError) -> Int {
        // The number to add, and room for what was there.
        let numbers = try communicator.withRoom(SIMD2<Int64>(1, 0)) { room throws(CollectiveError) in
            let one = UnsafeMutableRawPointer(room)
            let number = one + MemoryLayout<Int64>.size
            try communicator.exchange(
                "MPI_Fetch_and_op", with: host,
                {
                    let code = MPI_Fetch_and_op(one, number, cmpi_int64(), host, 0, cmpi_sum(), window)
                    return code == MPI_SUCCESS ? MPI_Win_flush(host, window) : code
                },
                {
                    MPI_Rget_accumulate(
                        one, 1, cmpi_int64(), number, 1, cmpi_int64(), host, 0, 1, cmpi_int64(), cmpi_sum(), window, $0)
                })
        }
        return Int(numbers[1])
    }

    /// Lets MPI answer what other ranks ask of this one. Cheap, and never waits.
    public func progress() { driveMPI() }
}

/// Lets MPI do what it has to do for other ranks.
func driveMPI() {
    // Looks for a message that nobody sends: where one is found, MPI may leave the rest of its work for later.
    var isThere: Int32 = 0
    MPI_Iprobe(0, 0, cmpi_comm_self(), &isThere, cmpi_status_ignore())
}

/// Numbers that other ranks reach by one-sided calls at any time, until MPI is finished; every rank calls it.
func allocateWindow(
    count: Int, on communicator: Communicator, _ window: inout MPI_Win?
) throws(CollectiveError) -> UnsafeMutablePointer<Int64>? {
    let size = MemoryLayout<Int64>.size
    var base: UnsafeMutableRawPointer?
    try communicator.meet("MPI_Win_allocate")
    try check(
        MPI_Win_allocate(
            MPI_Aint(count * size), Int32(size), cmpi_info_null(), communicator.handle, &base, &window),
        "MPI_Win_allocate")
    try check(MPI_Win_set_errhandler(window, cmpi_errors_return()), "MPI_Win_set_errhandler")
    try check(MPI_Win_lock_all(Int32(MPI_MODE_NOCHECK), window), "MPI_Win_lock_all")
    Belongings.add(window: window)
    guard count > 0 else { return nil }
    let numbers = base?.bindMemory(to: Int64.self, capacity: count)
    numbers?.initialize(repeating: 0, count: count)
    try check(MPI_Win_sync(window), "MPI_Win_sync")
    return numbers
}
