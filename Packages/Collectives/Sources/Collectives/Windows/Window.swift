import CMPI

/// Memory of every rank that all ranks read and change without the help of its owner: one-sided communication.
///
/// Elements are numbers or plain structs, and are reached by their rank and their place there. `put` and `get` copy
/// some of them, `accumulate` and what is named after it changes them as one step that nobody else comes between. What
/// a call does is done when it comes back. When the others may count on it is for the ranks to agree on: by
/// ``synchronize()``, or by a message that is sent after it.
///
/// Between ranks that share no memory a call is answered only while its target makes calls of this library, whichever;
/// a target that computes for long calls ``progress()`` meanwhile. A deadline counts until the target answers. Among
/// more than 64 ranks that holds from the second call to a target on: nothing ends the first, before it has answered.
public final class Window<Element: BitwiseCopyable> {
    /// How many elements each rank has.
    public let counts: [Int]

    let communicator: Communicator
    private(set) var window: WindowHandle
    private let own: UnsafeMutableBufferPointer<Element>
    /// Where the elements of each rank begin in its memory, in bytes.
    private let starts: [Int]
    /// Whether MPI would crash in ``compareAndSwap(expected:desired:on:at:)``.
    let crashesInSwaps: Bool

    /// Makes a window; every rank calls it. It lives until it is freed or MPI is finished.
    ///
    /// - Parameters:
    ///   - count: How many elements this rank has: any number, and another one on each rank. Their bytes are zero at
    ///     first.
    ///   - communicator: The ranks that reach them.
    /// - Throws: ``CollectiveError``, on every rank when the elements differ in size, or a rank cannot have so many;
    ///   ``CollectiveError/Kind/noRoom(folder:bytes:free:)`` when the ranks of a node cannot share so many.
    public init(count: Int, on communicator: Communicator) throws(CollectiveError) {
        let stride = MemoryLayout<Element>.stride
        let rooms = try communicator.allGather(WindowRoom(count: count, stride: stride).numbers).map(WindowRoom.init)
        try WindowRoom.require(rooms)
        counts = rooms.map(\.count)
        // MPI promises no alignment.
        let spare = MemoryLayout<Element>.alignment
        var (window, memory) = (cmpi_win_null(), UnsafeMutableRawPointer?.none)
        var crashesInSwaps = false
        let subject = "a window of \(count) elements here"
        try communicator.shareFault("Window", of: subject) { () throws(CollectiveError) in
            memory = try communicator.makeWindow(byteCount: count * stride + spare, unit: 1, &window)
            crashesInSwaps = try communicator.crashesInSwaps(window)
        }
        // Only one that every rank has is given back.
        try Turn.with("Window") { () throws(CollectiveError) in Belongings.add(window: window) }
        let start = memory?.alignedUp(toMultipleOf: spare)
        own = UnsafeMutableBufferPointer(start: start?.bindMemory(to: Element.self, capacity: count), count: count)
        (self.communicator, self.window, self.crashesInSwaps) = (communicator, window, crashesInSwaps)
        starts = try communicator.allGather(memory.flatMap { memory in start.map { $0 - memory } } ?? 0)
        let (rank, size) = (communicator.rank, communicator.size)
        // Each with another one first. Thousands of connections from each rank would be too many.
        if size <= 64 { try communicator.meet((0..<size).lazy.map { (rank + $0) % size }, in: window) }
    }

    /// Gives `body` this rank's own elements, to read and to change: with what others have changed before, and others
    /// get what it has changed afterwards. Nothing keeps them from their calls meanwhile.
    ///
    /// - Parameter body: Must not keep the elements.
    /// - Throws: ``CollectiveError`` when the window cannot be used, or what `body` throws.
    public func withOwnElements<Result>(
        _ body: (UnsafeMutableBufferPointer<Element>) throws -> Result
    ) throws -> Result {
        try orderMemory("withOwnElements")
        let result = Swift.Result { try body(own) }
        try orderMemory("withOwnElements")
        return try result.get()
    }

    /// Waits until every rank has come here: what any of them has changed before, by calls or in its own elements,
    /// every rank finds after it. Every rank calls it.
    ///
    /// - Throws: ``CollectiveError``
    public func synchronize() throws(CollectiveError) {
        try orderMemory("synchronize")
        try communicator.barrier()
        try orderMemory("synchronize")
    }

    /// Lets MPI answer what other ranks ask of this one. Cheap, and never waits.
    public func progress() { Progress.make() }

    /// Gives the memory back; every rank calls it, and waits for all. The window can be used no more.
    ///
    /// - Throws: ``CollectiveError``, also when its communicator was freed: then the window lives until MPI is
    ///   finished.
    public func free() throws(CollectiveError) {
        try requireOpen("free")
        try communicator.awaitAll(before: "MPI_Win_free")
        try Turn.take("free")
        defer { Turn.give() }
        Belongings.remove(window: window)
        try check(MPI_Win_unlock_all(window), "MPI_Win_unlock_all")
        try check(MPI_Win_free(&window), "MPI_Win_free")
        window = cmpi_win_null()
    }

    /// Processors and compilers may hold back what a rank has written, and what it reads: not past this.
    private func orderMemory(_ routine: String) throws(CollectiveError) {
        try requireOpen(routine)
        try Turn.take(routine)
        defer { Turn.give() }
        try check(MPI_Win_sync(window), "MPI_Win_sync")
    }

    private func requireOpen(_ routine: String) throws(CollectiveError) {
        try communicator.requireUsable(routine)
        guard window != cmpi_win_null() else {
            throw CollectiveError(routine: routine, reason: "the window was freed")
        }
    }

    /// Where elements are, as MPI takes it.
    struct Place {
        let rank: Int32
        /// In bytes.
        let start: MPI_Aint
    }

    /// The place of elements that a rank must have, before MPI writes or reads elsewhere.
    func place(
        of count: Int, at offset: Int, on rank: Int, _ routine: String
    ) throws(CollectiveError) -> Place {
        try requireOpen(routine)
        let target = try communicator.requireRank(rank, routine)
        guard offset >= 0, count >= 0, offset <= counts[rank], count <= counts[rank] - offset else {
            throw CollectiveError(
                routine: routine,
                reason: "\(count) elements from \(offset) on are none of rank \(rank), which has \(counts[rank])")
        }
        return Place(rank: target, start: MPI_Aint(starts[rank] + offset * MemoryLayout<Element>.stride))
    }
}
