/// How a communicator waits for other ranks, and how long.
public struct Patience: Sendable {
    /// What a rank does with its core while it waits; FMI's hint.
    public enum Wait: Sendable {
        /// It spins: the answer is seen at once.
        case fast
        /// After a moment it leaves the core to others, and looks at most a millisecond late.
        case cheap
    }

    /// The longest that one operation may wait; nil for any time. What takes several MPI calls has it for each of them.
    public let deadline: Duration?
    /// What a rank does with its core.
    public let wait: Wait
    /// Knows which ranks did not arrive.
    public let board: ProgressBoard?
    /// Asked about every millisecond while a rank waits; an error ends the waiting.
    public let interrupt: (@Sendable () -> (any Error)?)?
    /// Nothing can end the waiting early and spinning is wanted: MPI's own blocking calls do that best.
    let isBlind: Bool

    /// A way of waiting.
    ///
    /// - Parameters:
    ///   - deadline: Past it an operation throws ``CollectiveError/Kind/timedOut(missing:)``.
    ///   - wait: Spinning or leaving the core.
    ///   - board: A board on the communicator that gets this patience.
    ///   - interrupt: May end the waiting: ``CollectiveError/Kind/interrupted``, with this error as its cause.
    public init(
        deadline: Duration? = nil, wait: Wait = .fast, board: ProgressBoard? = nil,
        interrupt: (@Sendable () -> (any Error)?)? = nil
    ) {
        self.deadline = deadline
        self.wait = wait
        self.board = board
        self.interrupt = interrupt
        isBlind = deadline == nil && wait == .fast && interrupt == nil
    }
}

extension Communicator {
    /// The same ranks, waiting in another way. Communicators that are split from it wait like it.
    ///
    /// Only operations of what is returned are counted on the patience's board: use it on every rank, and no other copy.
    public func with(_ patience: Patience) -> Communicator {
        Communicator(handle, rank: rank, size: size, patience: patience, seat: patience.board?.seat(of: handle))
    }
}
