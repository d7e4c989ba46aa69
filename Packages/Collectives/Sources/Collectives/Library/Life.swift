/// Whether MPI may be called: between its start and its end, and not by a function that a reduction runs.
enum Life {
    enum State {
        case notStarted, running, finished
        /// A function that was given to a reduction runs.
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

    static var isRunning: Bool { state == .running }

    /// The error of a routine that is called when it must not be.
    static func refusal(of routine: String) -> CollectiveError {
        switch state {
        case .combining: Combination.refuse(routine)
        case .finished: CollectiveError(routine: routine, reason: "MPI is finished")
        case .notStarted, .running: CollectiveError(routine: routine, reason: "MPI is not started")
        }
    }
}
