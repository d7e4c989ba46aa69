import CMPI

/// Memory that the ranks of one node share: the first rank's, seen by all of them. They read and write it as their own,
/// at places that they agree on; what one of them writes, the others find after ``synchronize()``. Across nodes there
/// is ``Window``.
///
/// It lives until MPI is finished: freeing it is collective, and a rank that fails must not wait for the others.
public final class SharedMemory {
    /// The memory, zero at first, on a 64-byte boundary. Its address may differ between ranks.
    public let bytes: UnsafeMutableRawBufferPointer

    private let node: Communicator
    private let window: WindowHandle

    /// Makes `byteCount` bytes of shared memory; every rank of the node calls it.
    ///
    /// - Parameters:
    ///   - byteCount: The same on every rank.
    ///   - node: Ranks of one node, from ``Communicator/splitByNode()``.
    /// - Throws: ``CollectiveError``, on every rank of the node when the numbers of bytes differ or are negative;
    ///   ``CollectiveError/Kind/noRoom(folder:bytes:free:)`` when /dev/shm is too small.
    public init(byteCount: Int, on node: Communicator) throws(CollectiveError) {
        try node.agree(onLength: byteCount, of: UInt8.self, "SharedMemory")
        // No address space is so large; with what is added below it must be a number.
        guard byteCount < 1 << 62 else {
            throw CollectiveError(routine: "SharedMemory", reason: "there is no memory for \(byteCount) bytes")
        }
        // MPI promises no alignment; the spare bytes make room for a 64-byte boundary.
        let spare = 64
        try Self.requireRoom(byteCount + spare, on: node)
        let (window, base) = try Self.allocate(byteCount + spare, on: node)
        // Pages are 64-byte aligned everywhere, so this moves by the same amount on every rank.
        let misalignment = UInt(bitPattern: base) % UInt(spare)
        bytes = UnsafeMutableRawBufferPointer(
            start: base + (misalignment == 0 ? 0 : spare - Int(misalignment)), count: byteCount)
        self.node = node
        self.window = window
        if node.rank == 0 { bytes.initializeMemory(as: UInt8.self, repeating: 0) }
        try synchronize()
    }

    private static func allocate(
        _ byteCount: Int, on node: Communicator
    ) throws(CollectiveError) -> (WindowHandle, UnsafeMutableRawPointer) {
        try Turn.take("MPI_Win_allocate_shared")
        defer { Turn.give() }
        var base: UnsafeMutableRawPointer?
        var window = cmpi_win_null()
        try check(
            MPI_Win_allocate_shared(
                node.rank == 0 ? MPI_Aint(byteCount) : 0, 1, cmpi_info_null(), node.handle, &base, &window),
            "MPI_Win_allocate_shared")
        try check(MPI_Win_set_errhandler(window, cmpi_errors_return()), "MPI_Win_set_errhandler")
        var (size, unit): (MPI_Aint, Int32) = (0, 0)
        try check(MPI_Win_shared_query(window, 0, &size, &unit, &base), "MPI_Win_shared_query")
        guard let base else {
            throw CollectiveError(routine: "MPI_Win_shared_query", reason: "the node's memory has no address")
        }
        try check(MPI_Win_lock_all(Int32(MPI_MODE_NOCHECK), window), "MPI_Win_lock_all")
        Belongings.add(window: window)
        return (window, base)
    }

    /// MPI's own error would name neither the place nor the size, and what it does not notice ends in a bus error.
    private static func requireRoom(_ byteCount: Int, on node: Communicator) throws(CollectiveError) {
        // A rank alone has it in memory of its own.
        guard node.size > 1 else { return }
        let free = try node.broadcast(node.rank == 0 ? SharedFolder.free : 0, root: 0)
        let bytes = byteCount + SharedFolder.ownBytes(of: node.size)
        if free < bytes { throw SharedFolder.refusal(of: bytes, free: free, "SharedMemory") }
    }

    /// What any rank wrote before this call, every rank reads after it. Every rank of the node calls it.
    ///
    /// - Throws: ``CollectiveError``
    public func synchronize() throws(CollectiveError) {
        try node.requireUsable("synchronize")
        try synchronizeOwn()
        try node.barrier()
        try synchronizeOwn()
    }

    private func synchronizeOwn() throws(CollectiveError) {
        try Turn.with("synchronize") { () throws(CollectiveError) in try check(MPI_Win_sync(window), "MPI_Win_sync") }
    }
}

/// Lets one rank of a node speak when several fail at once.
public final class FirstFailure {
    private let memory: SharedMemory

    /// Every rank of the node calls it, before anything can fail.
    ///
    /// - Throws: ``CollectiveError``
    public init(on node: Communicator) throws(CollectiveError) {
        memory = try SharedMemory(byteCount: MemoryLayout<Int32>.size, on: node)
    }

    /// True for the first caller on the node and false for every other, without any communication; true for all when
    /// MPI is finished, and nobody knows of others.
    public func claim() -> Bool {
        guard Life.state != .finished, let flag = memory.bytes.baseAddress?.assumingMemoryBound(to: Int32.self) else {
            return true
        }
        return cmpi_claim(flag) != 0
    }
}
