import CMPI

/// Numbers that other ranks reach by one-sided calls at any time, until MPI is finished; every rank calls it.
func allocateWindow(
    count: Int, on communicator: Communicator, _ window: inout WindowHandle
) throws(CollectiveError) -> UnsafeMutablePointer<Int64>? {
    let size = MemoryLayout<Int64>.size
    // Whole cache lines: in memory that a node shares, MPICH 4.0 begins a rank's part where that of the rank before
    // ends, for others, but gives the rank itself the next multiple of 16 bytes. What others write comes out shifted.
    let line = 64
    let byteCount = (count * size + line - 1) / line * line
    var base: UnsafeMutableRawPointer?
    try communicator.awaitAll(before: "MPI_Win_allocate")
    try check(
        MPI_Win_allocate(
            MPI_Aint(byteCount), Int32(size), cmpi_info_null(), communicator.handle, &base, &window),
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
