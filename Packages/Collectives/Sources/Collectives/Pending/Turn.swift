import CMPI
import Glibc
import Synchronization

/// Whose turn it is to call MPI, which bears one thread of a process at a time. A second operation meanwhile is an
/// error of its caller. Tasks that test what is under way stand back for operations, and operations wait for their
/// tests, which are short.
///
/// An operation says so, and then looks for a test, without any instruction that waits for memory: in a sum of 8 bytes
/// one cost 3 to 10 %. The test has the kernel do that on all threads, where it can. Two operations that begin within
/// the same nanoseconds are not found.
enum Turn {
    private static let operations = Atomic<Bool>(false)
    private static let tests = Atomic<Bool>(false)

    /// Whether the kernel can: otherwise operations wait for memory themselves.
    nonisolated(unsafe) private static var hasBarrier = false

    /// Once, when MPI is started.
    static func begin() { hasBarrier = cmpi_register_barrier() != 0 }

    /// For an operation.
    @inline(__always)
    static func take(_ routine: String) throws(CollectiveError) {
        if !takeIfFree() { throw refusal(of: routine) }
    }

    /// For an operation that can be left out: false while another one is under way.
    @inline(__always)
    static func takeIfFree() -> Bool {
        guard !operations.load(ordering: .acquiring) else { return false }
        operations.store(true, ordering: .relaxed)
        if hasBarrier { cmpi_compiler_barrier() } else { atomicMemoryFence(ordering: .sequentiallyConsistent) }
        if tests.load(ordering: .acquiring) { waitForTest() }
        return true
    }

    @inline(__always)
    static func give() { operations.store(false, ordering: .releasing) }

    /// For a task's test: false when it is not to be had now. Nothing is called meanwhile that takes it itself.
    static func takeForTest() -> Bool {
        guard tests.compareExchange(expected: false, desired: true, ordering: .sequentiallyConsistent).exchanged else {
            return false
        }
        if hasBarrier { cmpi_barrier_of_threads() }
        guard operations.load(ordering: .sequentiallyConsistent) else { return true }
        giveAfterTest()
        return false
    }

    static func giveAfterTest() { tests.store(false, ordering: .releasing) }

    @inline(never)
    private static func waitForTest() {
        while tests.load(ordering: .acquiring) { sched_yield() }
    }

    @inline(never)
    private static func refusal(of routine: String) -> CollectiveError {
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
