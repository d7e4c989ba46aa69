import CMPI

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
    /// Knows which ranks did not arrive, and what they were at. Where none is given beside a deadline, the communicator
    /// has one of its own, which knows only who did not come: that of the communicator that it was split from, if that
    /// has one.
    public let board: ProgressBoard?
    /// Asked about every millisecond while a rank waits; an error ends the waiting.
    public let interrupt: (@Sendable () -> (any Error)?)?
    /// Nothing can end the waiting early and spinning is wanted: MPI's own blocking calls do that best.
    let mayBlock: Bool

    /// Whether an operation may be given up before it is done.
    var mayEndEarly: Bool { deadline != nil || interrupt != nil }

    /// A way of waiting.
    ///
    /// - Parameters:
    ///   - deadline: Longer than zero. Past it an operation throws ``CollectiveError/Kind/timedOut(missing:)``.
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
        mayBlock = deadline == nil && wait == .fast && interrupt == nil
    }
}

extension Communicator {
    /// Changes how the ranks wait for each other, here and in every copy of this communicator, made before or after.
    /// Every rank calls it, and comes back when all have called it: from then on the operations of all ranks are
    /// counted on the same board, or on none.
    ///
    /// Communicators that are split from this one later wait like it, too; those that were split before stay as they
    /// are.
    ///
    /// - Parameter patience: All ranks give the board of this communicator, or all none; and all give something to heed
    ///   (a deadline, an interruption, the core), or all nothing. What they give may differ.
    /// - Throws: ``CollectiveError``, on every rank when it is otherwise.
    public func setPatience(_ patience: Patience) throws(CollectiveError) {
        try requireUsable("setPatience")
        // The others are waited for in the new way already, but nothing is counted before all have come.
        waiting.tally = nil
        let isPast = patience.deadline.map { $0 <= .zero } ?? false
        if !isPast { waiting.patience = patience }
        let tally = patience.board?.tally(of: handle)
        let (hasBoard, isForeign) = (patience.board != nil, patience.board != nil && tally == nil)
        let sums = try sumsNonblocking(
            [hasBoard, isForeign, patience.mayBlock, patience.deadline != nil, isPast].map { $0 ? 1 : 0 })
        let complaints = [
            sums[4] > 0 ? "\(sums[4]) of \(size) ranks give a deadline that is not longer than zero" : nil,
            sums[1] > 0 ? "a rank gives the board of another communicator" : nil,
            sums[0] % Int64(size) > 0 ? "\(sums[0]) of \(size) ranks give a board" : nil,
            sums[2] % Int64(size) > 0 ? "\(sums[2]) of \(size) ranks have nothing to heed while they wait" : nil,
        ]
        if let complaint = complaints.compactMap(\.self).first {
            throw CollectiveError(routine: "setPatience", reason: complaint)
        }
        if patience.board != nil {
            waiting.tally = tally
        } else if sums[3] > 0 {
            if waiting.ownTally == nil { waiting.ownTally = try ProgressBoard(on: self, phases: []).tally(of: handle) }
            waiting.tally = waiting.ownTally
        }
    }

    /// Sums over ranks of which some may block and some may not: MPI knows one kind of call only where both must meet.
    private func sumsNonblocking(_ numbers: [Int64]) throws(CollectiveError) -> [Int64] {
        let (count, handle) = (Int32(numbers.count), handle)
        return try exchangedArray(numbers) { memory throws(CollectiveError) in
            try collective(
                "MPI_Iallreduce", isExact: false,
                { MPI_SUCCESS },
                { MPI_Iallreduce(cmpi_in_place(), memory, count, cmpi_int64(), cmpi_sum(), handle, $0) })
        }
    }
}

/// How a communicator waits, and where its operations are counted.
final class WaitingManner {
    var patience = Patience() {
        didSet { mayBlock = patience.mayBlock && !Crowding.isThere }
    }
    /// As the patience says, where the cores suffice; here, since it is looked at in each operation.
    private(set) var mayBlock = !Crowding.isThere
    /// Where operations are counted now: on the patience's board, or on the communicator's own; nil where nowhere.
    var tally: Tally?
    /// For patience without a board.
    var ownTally: Tally?
    var counter: OperationCounter? { tally?.counter }
    /// Knows who is late.
    var board: ProgressBoard? { tally?.board }
    /// Why nothing can be begun any more; nil as long as it can.
    var obstacle: Obstacle?
    /// What this rank has sent to itself.
    let ownMessages = OwnMessages()
    /// MPI's communicator for callers' messages.
    let messageHandle: CommunicatorHandle

    init(messageHandle: CommunicatorHandle) { self.messageHandle = messageHandle }

    enum Obstacle {
        case freed
        /// A routine of MPI that was begun and given up.
        case abandoned(String)
    }

    /// From now on nothing can be begun: a routine was given up.
    func abandon(_ routine: String) {
        obstacle = .abandoned(routine)
        Life.abandoned = routine
    }
}

/// A board, and what counts the operations of one communicator there.
struct Tally {
    let board: ProgressBoard
    let counter: OperationCounter
}
