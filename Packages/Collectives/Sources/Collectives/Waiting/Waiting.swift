import CMPI
import Glibc

/// The one place where operations wait for other ranks, one thread at a time: see ``Turn``.
///
/// An operation that throws after it was started may still be pending, and what it reads and writes must then stay
/// allocated for nobody knows how long: it is never freed. Its communicator takes no other operation.
extension Communicator {
    /// Runs a collective: as a blocking call, or as a nonblocking one whose completion is tested.
    ///
    /// - Parameter isExact: Whether no order of evaluation changes a bit of the result. MPI's blocking calls have
    ///   another order than its nonblocking ones: where it matters, the nonblocking call is made in any case.
    @inline(__always)
    func collective(
        _ routine: String, isExact: Bool = true, _ blocking: () -> Int32,
        _ start: (UnsafeMutablePointer<RequestHandle>) -> Int32
    ) throws(CollectiveError) {
        try requireUsable(routine)
        if !waiting.mayBlock { return try wait(routine, for: nil, isCounted: true, start) }
        try Turn.takeInlined(routine)
        defer { Turn.give() }
        waiting.counter?.entered.pointee &+= 1
        if isExact { return try check(blocking(), routine) }
        var request = cmpi_request_null()
        try check(start(&request), routine)
        try check(MPI_Wait(&request, cmpi_status_ignore()), routine)
    }

    /// One message of a collective that is made of messages, and that is counted once: all ranks are waited for.
    func step(
        _ routine: String, _ blocking: () -> Int32, _ start: (UnsafeMutablePointer<RequestHandle>) -> Int32
    ) throws(CollectiveError) {
        try requireUsable(routine)
        if !waiting.mayBlock { return try wait(routine, for: nil, isCounted: false, start) }
        try Turn.takeInlined(routine)
        defer { Turn.give() }
        try check(blocking(), routine)
    }

    /// Counts such a collective.
    func countCollective(_ routine: String) throws(CollectiveError) {
        try requireUsable(routine)
        waiting.counter?.entered.pointee &+= 1
    }

    /// The same for an operation between this rank and another.
    @inline(__always)
    func exchange(
        _ routine: String, with peer: Int32, _ blocking: () -> Int32,
        _ start: (UnsafeMutablePointer<RequestHandle>) -> Int32
    ) throws(CollectiveError) {
        try requireUsable(routine)
        if !waiting.mayBlock { return try wait(routine, for: Int(peer), isCounted: false, start) }
        try Turn.takeInlined(routine)
        defer { Turn.give() }
        try check(blocking(), routine)
    }

    @inline(never)
    private func wait(
        _ routine: String, for peer: Int?, isCounted: Bool, _ start: (UnsafeMutablePointer<RequestHandle>) -> Int32
    ) throws(CollectiveError) {
        try Turn.take(routine)
        defer { Turn.give() }
        if isCounted { waiting.counter?.entered.pointee &+= 1 }
        var request = cmpi_request_null()
        try check(start(&request), routine)
        try wait(routine, for: peer, request)
    }

    /// Apart, since the compiler makes a function of its own for each operation of what is above.
    @inline(never)
    private func wait(_ routine: String, for peer: Int?, _ request: RequestHandle) throws(CollectiveError) {
        var request = request
        try wait(routine, for: peer, abandons: true) { MPI_Test(&request, &$0, cmpi_status_ignore()) }
    }

    /// Waits until MPI has seen to something that it has not begun: nothing is left of it when the waiting ends early.
    ///
    /// - Parameters:
    ///   - peer: The only rank that is waited for; nil for all, or any of them.
    ///   - test: MPI's return code; sets its argument when there is nothing more to wait for.
    @inline(never)
    func poll(
        _ routine: String, from peer: Int?, _ test: (inout Int32) -> Int32
    ) throws(CollectiveError) {
        try requireUsable(routine)
        try Turn.take(routine)
        defer { Turn.give() }
        try wait(routine, for: peer, abandons: false, test)
    }

    /// Waits for what was begun before, and stays under way when the waiting ends early; the turn is taken.
    func wait(for work: UnderWay, isDone: () -> Bool) throws(CollectiveError) {
        try wait(work.routine, for: work.peer, abandons: false) {
            $0 = isDone() ? 1 : 0
            return MPI_SUCCESS
        }
    }

    /// - Parameter abandons: Whether something is under way that is given up when the waiting ends early.
    @inline(__always)
    private func wait(
        _ routine: String, for peer: Int?, abandons: Bool, _ test: (inout Int32) -> Int32
    ) throws(CollectiveError) {
        if try isDone(test, tests: Pace.testsBetweenLooks, routine) { return }
        let (patience, begin) = (patience, Pace.nanoseconds())
        let isCheap = patience.wait == .cheap || Crowding.isThere
        var (waited, nextQuestion) = (Int64(0), Pace.betweenQuestions)
        while true {
            if isCheap { Pace.leaveCore(after: waited) }
            if try isDone(test, tests: isCheap ? 1 : Pace.testsBetweenLooks, routine) {
                waiting.board?.noteDone()
                return
            }
            waited = Pace.nanoseconds() - begin
            guard waited >= nextQuestion else { continue }
            nextQuestion = waited + Pace.betweenQuestions
            do throws(CollectiveError) {
                try endWhenInterrupted(patience, routine)
                try endWhenLate(patience, routine, for: peer, abandons, since: begin, waited: .nanoseconds(waited))
            } catch {
                if abandons { waiting.abandon(routine) } else { waiting.board?.noteDone() }
                throw error
            }
        }
    }

    /// Throws when somebody interrupts the waiting.
    func endWhenInterrupted(_ patience: Patience, _ routine: String) throws(CollectiveError) {
        guard let cause = patience.interrupt?() else { return }
        throw CollectiveError(.interrupted, routine: routine, reason: "interrupted: \(cause)", cause: cause)
    }

    /// Throws when the waiting has lasted too long.
    func endWhenLate(
        _ patience: Patience, _ routine: String, for peer: Int?, _ abandons: Bool, since begin: Int64, waited: Duration
    ) throws(CollectiveError) {
        guard let deadline = patience.deadline else { return }
        if waited >= min(Pace.beforeNotice, deadline / 4) { waiting.board?.noteWaiting() }
        // Whoever came in the last moment gets time to say so.
        if waited >= deadline + Pace.grace {
            throw timeout(routine, of: peer, deadline, since: begin, endsJob: abandons)
        }
    }

    @inline(__always)
    private func isDone(
        _ test: (inout Int32) -> Int32, tests: Int, _ routine: String
    ) throws(CollectiveError) -> Bool {
        var isDone: Int32 = 0
        for _ in 0..<tests {
            try check(test(&isDone), routine)
            if isDone != 0 { return true }
        }
        return false
    }
}

/// How often a waiting rank does what.
enum Pace {
    /// Tests without a look at the clock, which costs as much as one of them.
    static let testsBetweenLooks = 64
    /// Nanoseconds between two questions whether the waiting should end.
    static let betweenQuestions: Int64 = 1_000_000
    /// A rank that waits longer puts that on the board.
    static let beforeNotice = Duration.milliseconds(50)
    /// How long past the deadline the last ranks may come.
    static let grace = Duration.milliseconds(100)
    /// A rank that waits says so every second; one that was not heard of for so long does no longer.
    static let silence = Duration.seconds(4)
    /// How long a holder of the board may take to show it.
    static let boardAnswer = Duration.seconds(1)
    /// A rank that asks a holder for its node says that it lives as often as it looks for the answer; one that was not
    /// heard of for so long asks no more.
    static let silenceOfAsker = Duration.milliseconds(150)

    /// As ``leaveCore(after:)``, for a task: its thread is left to others.
    static func rest(after waited: Int64) async {
        guard let length = lengthOfRest(after: waited) else { return await Task.yield() }
        // A cancelled task does not sleep, and is found before the next rest.
        try? await Task.sleep(nanoseconds: UInt64(length))
    }

    /// A clock that costs less to read than Swift's.
    static func nanoseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Lets other threads and processes have the core, longer the longer it has lasted: never more than an eighth of
    /// that, and at most a millisecond.
    static func leaveCore(after waited: Int64) {
        if let length = lengthOfRest(after: waited) { usleep(UInt32(length / 1000)) } else { sched_yield() }
    }

    /// In nanoseconds; nil for a moment.
    private static func lengthOfRest(after waited: Int64) -> Int64? {
        waited < 100_000 ? nil : min(waited / 8, 1_000_000)
    }
}

extension Duration {
    /// As a whole number, for ``Pace/nanoseconds()``.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
