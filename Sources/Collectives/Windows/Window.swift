import CMPI

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
    try communicator.awaitAll(before: "MPI_Win_allocate")
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
