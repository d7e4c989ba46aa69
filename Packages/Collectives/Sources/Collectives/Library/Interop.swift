import CMPI

/// Other code that calls MPI, beside this library. It needs the product `CMPI` of this package, or C.
extension Communicator {
    /// A duplicate of a communicator that other code has made: messages and collectives of the two do not meet, and
    /// that code keeps its own. Every rank of it calls this, when this library has started MPI. It is kept until it is
    /// freed or MPI is finished.
    ///
    /// - Throws: ``CollectiveError``, also for a communicator between two groups.
    public init(adopting communicator: MPI_Comm) throws(CollectiveError) {
        guard Life.isRunning else { throw Life.refusal(of: "adopting") }
        try Turn.take("adopting")
        defer { Turn.give() }
        var isBetweenGroups: Int32 = 0
        try check(MPI_Comm_test_inter(communicator, &isBetweenGroups), "MPI_Comm_test_inter")
        guard isBetweenGroups == 0 else {
            throw CollectiveError(routine: "adopting", reason: "the communicator is one between two groups")
        }
        var copy = cmpi_comm_null()
        try check(MPI_Comm_dup(communicator, &copy), "MPI_Comm_dup")
        try self.init(copy)
        Belongings.add(communicator: copy)
    }

    /// Lends MPI's handle of this communicator, on which MPI returns errors as codes. `body` must leave nothing under
    /// way there, must neither free it nor keep it, and is bound by MPI's rules: all ranks call collectives in the same
    /// order. Nobody watches over deadlines meanwhile. For messages it takes a duplicate: this library's may be under
    /// way here. No other thread can begin an operation of this library meanwhile; `body` itself can.
    ///
    /// - Throws: ``CollectiveError`` when the communicator cannot be used, or what `body` throws.
    public func withMPIComm<Result>(_ body: (MPI_Comm) throws -> Result) throws -> Result {
        try requireUsable("withMPIComm")
        return try Turn.lend("withMPIComm") { try body(present(handle)) }
    }
}

/// A handle that is there: some libraries' may be null.
private func present<Handle>(_ handle: Handle?) -> Handle {
    guard let handle else { preconditionFailure("a communicator without a handle") }
    return handle
}
