import Glibc
import Synchronization

/// Whose turn it is to call MPI, which bears one thread of a process at a time. A second operation meanwhile is an
/// error of its caller; tests of what is under way stand back for operations, and operations wait for tests, which are
/// short.
enum Turn {
    private enum Holder { static let nobody: UInt8 = 0, operation: UInt8 = 1, test: UInt8 = 2 }

    private static let holder = Atomic<UInt8>(0)

    /// For an operation.
    @inline(__always)
    static func take(_ routine: String) throws(CollectiveError) {
        let attempt = holder.compareExchange(expected: Holder.nobody, desired: Holder.operation, ordering: .acquiring)
        if !attempt.exchanged { try takeAfterTest(routine) }
    }

    /// For a test: false when it is not to be had now. Nothing is called meanwhile that takes it itself.
    static func takeForTest() -> Bool {
        holder.compareExchange(expected: Holder.nobody, desired: Holder.test, ordering: .acquiring).exchanged
    }

    @inline(__always)
    static func give() { holder.store(Holder.nobody, ordering: .releasing) }

    @inline(never)
    private static func takeAfterTest(_ routine: String) throws(CollectiveError) {
        while true {
            let attempt = holder.compareExchange(
                expected: Holder.nobody, desired: Holder.operation, ordering: .acquiring)
            if attempt.exchanged { return }
            guard attempt.original == Holder.test else { break }
            sched_yield()
        }
        throw CollectiveError(
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
