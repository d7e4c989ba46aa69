import CMPI

/// An operation that is under way while the rank does something else: of the functions of ``Communicator`` whose names
/// begin with `start`. It has the memory that MPI reads and writes meanwhile.
///
/// Every one must come to its end before MPI is finished: wait for it, or cancel it. One that is dropped before keeps
/// its memory for ever, and ``MPI/finish()`` throws. MPI may go on with it only while the rank is in calls of this
/// library.
///
/// It belongs, like all of MPI, to one thread at a time; only ``value`` may be awaited at any time, by any task.
public final class Pending<Value> {
    private let work: UnderWay
    /// Nil when it was asked.
    private var result: (() throws(CollectiveError) -> Value)?
    private var outcome: Result<Value, CollectiveError>?

    /// - Parameter result: What has come of it, when all is done.
    init(_ work: UnderWay, result: @escaping () throws(CollectiveError) -> Value) {
        (self.work, self.result) = (work, result)
    }

    deinit { if work.isInUse { _ = Unmanaged.passRetained(work) } }

    /// Whether it has come to its end, well or not. Does not wait; false, too, when another operation asks meanwhile
    /// whether to be interrupted, and while a task tests what it waits for.
    public var isDone: Bool {
        guard Turn.takeForTest() else { return false }
        defer { Turn.giveAfterTest() }
        return isSettled()
    }

    /// Waits until it is done, as its communicator waits for others: ``Patience``.
    ///
    /// - Returns: What has come of it, each time.
    /// - Throws: ``CollectiveError``. After ``CollectiveError/Kind/timedOut(missing:)`` and
    ///   ``CollectiveError/Kind/interrupted`` it is still under way, and may be waited for again.
    public func wait() throws(CollectiveError) -> Value {
        try takeTurn()
        defer { Turn.give() }
        if !isSettled() {
            try work.requireWorthWaiting()
            try work.communicator.wait(for: work, isDone: isSettled)
        }
        return try settled()
    }

    /// Takes a receive back for which no message has come: waiting for it throws
    /// ``CollectiveError/Kind/cancelled``. Where a message is there already, or comes in this moment, nothing changes.
    ///
    /// - Throws: ``CollectiveError``, also for what is no receive: MPI takes nothing else back.
    public func cancel() throws(CollectiveError) {
        try takeTurn()
        defer { Turn.give() }
        try work.requireReceive()
        if isSettled() { return }
        try work.cancel()
        _ = isSettled()
    }

    /// What has come of it; waits without keeping the thread. While a thread is in an operation it is not tested, and
    /// waits for that too.
    ///
    /// - Throws: ``CollectiveError``, as ``wait()``, and ``CollectiveError/Kind/interrupted`` when the task is
    ///   cancelled: the operation is still under way then.
    public var value: Value {
        get async throws(CollectiveError) {
            var clock = Clock()
            while true {
                let isTimeToAsk = clock.isTimeToAsk()
                if isTimeToAsk { try work.endWhenInterrupted() }
                if Turn.takeForTest() {
                    defer { Turn.giveAfterTest() }
                    if isSettled() {
                        work.endWaiting()
                        return try settled()
                    }
                    if isTimeToAsk { try work.endWhenLate(since: clock.begin, waited: clock.waited) }
                }
                await Pace.rest(after: clock.waited)
                clock.look()
            }
        }
    }

    private func takeTurn() throws(CollectiveError) {
        // MPI is not finished beside what is under way.
        if Life.isCombining { throw Life.refusal(of: work.routine) }
        try Turn.take(work.routine)
    }

    /// Whether it is done; what has come of it is kept then.
    private func isSettled() -> Bool {
        if outcome != nil { return true }
        do throws(CollectiveError) {
            guard try work.isDone(), let result else { return false }
            outcome = .success(try result())
            // The memory is no longer needed.
            self.result = nil
            work.end()
        } catch { outcome = .failure(error) }
        Life.underWay -= 1
        return true
    }

    private func settled() throws(CollectiveError) -> Value {
        guard let outcome else { preconditionFailure("waited for, and not done") }
        return try outcome.get()
    }
}

/// Unchecked: what changes is looked at by one thread at a time.
extension Pending: @unchecked Sendable where Value: Sendable {}

/// When a waiting task began, and when it was last asked whether it should go on.
private struct Clock {
    let begin = Pace.nanoseconds()
    private(set) var waited = Int64(0)
    private var nextQuestion = Pace.betweenQuestions

    mutating func look() { waited = Pace.nanoseconds() - begin }

    mutating func isTimeToAsk() -> Bool {
        guard waited >= nextQuestion else { return false }
        nextQuestion = waited + Pace.betweenQuestions
        return true
    }
}
