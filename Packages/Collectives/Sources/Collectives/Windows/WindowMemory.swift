import CMPI

/// Numbers that other ranks reach by one-sided calls at any time, until MPI is finished; every rank calls it.
func allocateWindow(
    count: Int, on communicator: Communicator, _ window: inout WindowHandle
) throws(CollectiveError) -> UnsafeMutablePointer<Int64>? {
    let size = MemoryLayout<Int64>.size
    try communicator.awaitAll(before: "MPI_Win_allocate")
    let start = try Turn.with("MPI_Win_allocate") { () throws(CollectiveError) in
        let start = try communicator.makeWindow(byteCount: count * size, unit: size, &window)
        Belongings.add(window: window)
        return start
    }
    return count > 0 ? start?.bindMemory(to: Int64.self, capacity: count) : nil
}

extension Communicator {
    /// Memory of zeros that other ranks reach by one-sided calls at any time, on a boundary of 8 bytes. Every rank
    /// calls it in its turn, with any number of bytes; nothing interrupts it. It is not among the ``Belongings`` yet:
    /// where another rank has failed, giving it back would wait for that one without end.
    ///
    /// - Parameter unit: In what places are counted there, in bytes.
    func makeWindow(
        byteCount: Int, unit: Int, _ window: inout WindowHandle
    ) throws(CollectiveError) -> UnsafeMutableRawPointer? {
        // Whole cache lines: in memory that a node shares, MPICH 4.0 begins a rank's part where that of the rank before
        // ends, for others, but gives the rank itself the next multiple of 16 bytes. What others write comes out
        // shifted.
        let line = 64
        let byteCount = (byteCount + line - 1) / line * line
        var start: UnsafeMutableRawPointer?
        try check(
            MPI_Win_allocate(MPI_Aint(byteCount), Int32(unit), cmpi_info_null(), handle, &start, &window),
            "MPI_Win_allocate")
        try check(MPI_Win_set_errhandler(window, cmpi_errors_return()), "MPI_Win_set_errhandler")
        try check(MPI_Win_lock_all(Int32(MPI_MODE_NOCHECK), window), "MPI_Win_lock_all")
        guard byteCount > 0 else { return nil }
        start?.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
        try check(MPI_Win_sync(window), "MPI_Win_sync")
        return start
    }

    /// Whether MPI crashes where an element of the window is compared and swapped; called in its turn. Open MPI 4.1
    /// does where it makes windows by its component `rdma`, which this library turns off unless somebody has chosen
    /// it.
    func crashesInSwaps(_ window: WindowHandle) throws(CollectiveError) -> Bool {
        guard MPI.openMPIVersion == 4 else { return false }
        var code = Int32(MPI_SUCCESS)
        let name = MPI.text(Int(MPI_MAX_OBJECT_NAME)) {
            code = MPI_Win_get_name(window, $0, $1)
            return code
        }
        try check(code, "MPI_Win_get_name")
        return name.hasPrefix("rdma")
    }

    /// Has MPI contact ranks for the first time in a window, while they are in MPI themselves: it may need their help
    /// then, and would wait for it within a call that nothing interrupts. Every rank calls it.
    func meet(_ ranks: some Sequence<Int>, in window: WindowHandle) throws(CollectiveError) {
        try Turn.with("MPI_Get") { () throws(CollectiveError) in
            let byte = cmpi_byte()
            var answer = UInt8(0)
            for rank in ranks {
                try check(MPI_Get(&answer, 1, byte, Int32(rank), 0, 1, byte, window), "MPI_Get")
                try check(MPI_Win_flush(Int32(rank), window), "MPI_Win_flush")
            }
        }
        try barrier()
    }
}
