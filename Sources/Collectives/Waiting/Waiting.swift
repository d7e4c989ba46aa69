import CMPI
import Glibc

/// The one place where operations wait for other ranks.
///
/// An operation that throws after it was started may still be pending, and what it reads and writes must then stay
/// allocated for nobody knows how long: it is never freed. Such a job is about to end.
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
        Combination.requireNone(routine)
        waiting.counter?.entered.pointee &+= 1
        if !waiting.mayBlock { return try wait(routine, for: nil, start) }
        if isExact { return try check(blocking(), routine) }
        var request = cmpi_request_null()
        try check(start(&request), routine)
        try check(MPI_Wait(&request, cmpi_status_ignore()), routine)
    }

    /// The same for an operation between this rank and another.
    @inline(__always)
    func exchange(
        _ routine: String, with peer: Int32, _ blocking: () -> Int32,
        _ start: (UnsafeMutablePointer<RequestHandle>) -> Int32
    ) throws(CollectiveError) {
        Combination.requireNone(routine)
        if waiting.mayBlock { return try check(blocking(), routine) }
        try wait(routine, for: Int(peer), start)
    }

    @inline(never)
    private func wait(
        _ routine: String, for peer: Int?, _ start: (UnsafeMutablePointer<RequestHandle>) -> Int32
    ) throws(CollectiveError) {
        var request = cmpi_request_null()
        try check(start(&request), routine)
        if try isDone(&request, tests: Pace.testsBetweenLooks, routine) { return }
        let (patience, begin) = (patience, Pace.nanoseconds())
        let isCheap = patience.wait == .cheap || Crowding.isThere
        var (waited, nextQuestion) = (Int64(0), Pace.betweenQuestions)
        while true {
            if isCheap { Pace.leaveCore(after: waited) }
            if try isDone(&request, tests: isCheap ? 1 : Pace.testsBetweenLooks, routine) {
                patience.board?.noteDone()
                return
            }
            waited = Pace.nanoseconds() - begin
            guard waited >= nextQuestion else { continue }
            nextQuestion = waited + Pace.betweenQuestions
            try endWhenDue(patience, routine, for: peer, since: begin, waited: .nanoseconds(waited))
        }
    }

    /// Throws when the waiting must end.
    private func endWhenDue(
        _ patience: Patience, _ routine: String, for peer: Int?, since begin: Int64, waited: Duration
    ) throws(CollectiveError) {
        if let cause = patience.interrupt?() {
            throw CollectiveError(.interrupted, routine: routine, reason: "interrupted: \(cause)", cause: cause)
        }
        guard let deadline = patience.deadline else { return }
        if waited >= min(Pace.beforeNotice, deadline / 4) { patience.board?.noteWaiting() }
        // Whoever came in the last moment gets time to say so.
        if waited >= deadline + Pace.grace { throw timeout(routine, of: peer, deadline, since: begin) }
    }

    @inline(__always)
    private func isDone(
        _ request: inout RequestHandle, tests: Int, _ routine: String
    ) throws(CollectiveError) -> Bool {
        var isDone: Int32 = 0
        for _ in 0..<tests {
            try check(MPI_Test(&request, &isDone, cmpi_status_ignore()), routine)
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

    /// A clock that costs less to read than Swift's.
    static func nanoseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Lets other threads and processes have the core, longer the longer it has lasted: never more than an eighth of
    /// that, and at most a millisecond.
    static func leaveCore(after waited: Int64) {
        if waited < 100_000 { sched_yield() } else { usleep(UInt32(min(waited / 8000, 1000))) }
    }
}

extension Duration {
    /// As a whole number, for ``Pace/nanoseconds()``.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
