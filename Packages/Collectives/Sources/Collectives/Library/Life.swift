/// Whether MPI may be called: between its start and its end, and not by a function that a reduction runs. While one
/// runs, other threads come to ``Turn``, which knows whether they wait for it.
enum Life {
    enum State {
        case notStarted, running, finished
        /// A function that was given to a reduction runs, in this thread or another.
        case combining
    }

    /// MPI is used by one thread at a time.
    nonisolated(unsafe) static var state = State.notStarted

    /// An operation that was abandoned: MPI's end would wait for it.
    nonisolated(unsafe) static var abandoned: String?

    /// How many operations are under way that somebody has to wait for.
    nonisolated(unsafe) static var underWay = 0

    /// Where this process is among all ranks, for the line that ends it; empty when it is alone, and before the start.
    nonisolated(unsafe) static var place = ""

    static var isRunning: Bool { state == .running || isCombinedElsewhere() }

    /// Whether this thread is in a function that was given to a reduction.
    static var isCombining: Bool { state == .combining && Combination.isOnThisThread }

    /// Another thread's function may have come to its end since it was found.
    @inline(never)
    private static func isCombinedElsewhere() -> Bool {
        switch state {
        case .notStarted, .finished: false
        case .running, .combining: !Combination.isOnThisThread
        }
    }

    /// The error of a routine that is called when it must not be.
    static func refusal(of routine: String) -> CollectiveError {
        switch state {
        case .combining: Combination.refuse(routine)
        case .finished: CollectiveError(routine: routine, reason: "MPI is finished")
        case .notStarted, .running: CollectiveError(routine: routine, reason: "MPI is not started")
        }
    }
}
