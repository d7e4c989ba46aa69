import CMPI

/// Lets MPI do what it has to do for other ranks, while this one has nothing to ask of it.
enum Progress {
    /// All ranks, for messages that nobody sends. MPICH does nothing for others where a rank looks into a
    /// communicator of its own alone.
    ///
    /// MPI is used by one thread at a time.
    nonisolated(unsafe) private static var communicator = cmpi_comm_self()

    /// Every rank calls it, once, when MPI is started.
    static func begin() throws(CollectiveError) {
        var copy = cmpi_comm_null()
        try check(MPI_Comm_dup(cmpi_comm_world(), &copy), "MPI_Comm_dup")
        communicator = copy
        Belongings.add(communicator: copy)
    }

    /// Cheap, and never waits: not even for an operation of another thread, which does the same. One that begins
    /// meanwhile waits for this.
    static func make() {
        guard Turn.takeForTest() else { return }
        defer { Turn.giveAfterTest() }
        makeWithinTurn()
    }

    /// For an operation that waits.
    static func makeWithinTurn() {
        // Where a message is found, MPI may leave the rest of its work for later: here none ever is.
        guard Life.isRunning else { return }
        var isThere: Int32 = 0
        MPI_Iprobe(0, 0, communicator, &isThere, cmpi_status_ignore())
    }
}
