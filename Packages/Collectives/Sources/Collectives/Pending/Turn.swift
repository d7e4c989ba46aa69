import CMPI
import Glibc
import Synchronization

/// Whose turn it is to call MPI, which bears one thread of a process at a time. A second operation meanwhile is an
/// error of its caller. Tests, of tasks and of what may be left out, stand back for operations, and operations wait for
/// them: they are short.
///
/// An operation says so, and then looks for a test, without any instruction that waits for memory: in a sum of 8 bytes
/// one cost 3 to 10 %. The test has the kernel do that on all threads, where it can. Two operations that begin within
/// the same nanoseconds are not found.
enum Turn {
    private static let operations = Atomic<State>(.free)
    private static let tests = Atomic<Bool>(false)

    private enum State: UInt8, AtomicRepresentable {
        case free, taken
        /// To a caller that calls MPI itself, and may call this library meanwhile.
        case lent
    }

    /// What the turn becomes when an operation has ended.
    nonisolated(unsafe) private static var stateBetween = State.free
    /// To whom it is lent.
    private static let borrower = Atomic<UInt>(0)

    /// Whether the kernel can: otherwise operations wait for memory themselves.
    nonisolated(unsafe) private static var hasBarrier = false

    /// Once, when MPI is started.
    static func begin() { hasBarrier = cmpi_register_barrier() != 0 }

    /// For an operation.
    @inline(never)
    static func take(_ routine: String) throws(CollectiveError) { try takeInlined(routine) }

    /// The same where nanoseconds count: inlined everywhere it made the program longer by many kilobytes.
    @inline(__always)
    static func takeInlined(_ routine: String) throws(CollectiveError) {
        if !takeIfFree() { throw refusal(of: routine) }
    }

    /// Runs a few calls of MPI, none of which takes the turn itself.
    static func with<Result>(
        _ routine: String, _ body: () throws(CollectiveError) -> Result
    ) throws(CollectiveError) -> Result {
        try take(routine)
        defer { give() }
        return try body()
    }

    /// Runs what calls MPI itself: no other thread does meanwhile.
    static func lend<Result>(_ routine: String, _ body: () throws -> Result) throws -> Result {
        try take(routine)
        let (state, thread) = (stateBetween, borrower.load(ordering: .relaxed))
        borrower.store(UInt(pthread_self()), ordering: .relaxed)
        stateBetween = .lent
        give()
        defer {
            borrower.store(thread, ordering: .relaxed)
            stateBetween = state
            give()
        }
        return try body()
    }

    /// Whether anybody has it, as whoever calls MPI must.
    static var isTaken: Bool {
        operations.load(ordering: .relaxed) != .free || tests.load(ordering: .relaxed)
    }

    /// For an operation that can do without: false while another one is under way, and within a function that was given
    /// to a reduction, which would wait for itself where a test runs it.
    @inline(__always)
    static func takeIfFree() -> Bool {
        guard operations.load(ordering: .acquiring) == .free || isLentToCaller(), !Life.isCombining else {
            return false
        }
        operations.store(.taken, ordering: .relaxed)
        if hasBarrier { cmpi_compiler_barrier() } else { atomicMemoryFence(ordering: .sequentiallyConsistent) }
        if tests.load(ordering: .acquiring) { waitForTest() }
        return true
    }

    @inline(__always)
    static func give() { operations.store(stateBetween, ordering: .releasing) }

    @inline(never)
    private static func isLentToCaller() -> Bool {
        operations.load(ordering: .acquiring) == .lent
            && borrower.load(ordering: .relaxed) == UInt(pthread_self())
    }

    /// For a test: false when it is not to be had now. Nothing is called meanwhile that takes it itself.
    static func takeForTest() -> Bool {
        // Most often this tells, and costs the other thread nothing.
        guard operations.load(ordering: .relaxed) == .free || isLentToCaller(),
            tests.compareExchange(expected: false, desired: true, ordering: .sequentiallyConsistent).exchanged
        else { return false }
        if hasBarrier { cmpi_barrier_of_threads() }
        if operations.load(ordering: .sequentiallyConsistent) == .free || isLentToCaller() { return true }
        giveAfterTest()
        return false
    }

    static func giveAfterTest() { tests.store(false, ordering: .releasing) }

    @inline(never)
    private static func waitForTest() {
        while tests.load(ordering: .acquiring) { sched_yield() }
    }

    @inline(never)
    static func refusal(of routine: String) -> CollectiveError {
        CollectiveError(
            routine: routine,
            reason: """
                another operation is under way, of another thread or of the one that asks whether to interrupt it; \
                one thread at a time may call MPI
                """)
    }
}

/// Unchecked: it can be given to another thread, and where two threads are in operations at the same time one of them
/// throws: see ``Turn``.
extension Communicator: @unchecked Sendable {}
