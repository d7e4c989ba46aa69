import CMPI

/// MPI's part of a ``Pending``: the requests, one after another, and what must stay while they are under way.
final class UnderWay {
    let communicator: Communicator
    let routine: String
    /// Only receives have lengths, and can be cancelled.
    private let isReceive: Bool
    /// The only rank that is waited for; nil for all.
    let peer: Int?
    /// Memory that MPI uses.
    private var memory: Any?
    /// Called when a request is done, with its number and how many bytes it has received.
    private let partDone: (Int, Int) throws(CollectiveError) -> Void
    private var requests: [RequestHandle] = []
    private var doneCount = 0
    /// What this rank is to receive from itself.
    var ownReceive: OwnReceive?

    init(
        on communicator: Communicator, _ routine: String, isReceive: Bool = false, peer: Int? = nil, memory: Any,
        partDone: @escaping (Int, Int) throws(CollectiveError) -> Void = { _, _ in }
    ) {
        (self.communicator, self.routine, self.peer) = (communicator, routine, peer)
        (self.isReceive, self.memory, self.partDone) = (isReceive, memory, partDone)
    }

    /// Frees the memory: all is done.
    func end() { memory = nil }

    /// Whether MPI may be at work on the memory.
    private(set) var isInUse = false

    /// Begins a request.
    func add(_ start: (UnsafeMutablePointer<RequestHandle>) -> Int32) throws(CollectiveError) {
        var request = cmpi_request_null()
        isInUse = true
        try check(start(&request), routine)
        requests.append(request)
    }

    /// Whether all is done.
    func isDone() throws(CollectiveError) -> Bool {
        while doneCount < requests.count {
            var (isDone, status) = (Int32(0), MPI_Status())
            do throws(CollectiveError) {
                try check(MPI_Test(&requests[doneCount], &isDone, &status), routine)
                guard isDone != 0 else { return false }
                try partDone(doneCount, receivedBytes(status))
            } catch {
                try endEarly(error)
            }
            doneCount += 1
        }
        isInUse = false
        return ownReceive?.isEnded ?? true
    }

    private func endEarly(_ error: CollectiveError) throws(CollectiveError) -> Never {
        let isLeft = !areOthersCancelled(after: error)
        if isLeft { communicator.waiting.abandon(routine) }
        if case .mpi = error.kind {} else { isInUse = isLeft }
        throw error
    }

    private func receivedBytes(_ status: MPI_Status) throws(CollectiveError) -> Int {
        guard isReceive else { return 0 }
        var (status, isCancelled, length) = (status, Int32(0), Int32(0))
        try check(MPI_Test_cancelled(&status, &isCancelled), "MPI_Test_cancelled")
        guard isCancelled == 0 else { throw cancellation() }
        try check(MPI_Get_count(&status, cmpi_byte(), &length), "MPI_Get_count")
        return Int(length)
    }

    /// Whether nothing is left of the other requests when one has failed: there is none, or all were cancelled before
    /// a part of a message came.
    private func areOthersCancelled(after error: CollectiveError) -> Bool {
        guard requests.count > 1 else { return true }
        guard error.kind == .cancelled, doneCount == 0 else { return false }
        return requests.indices.dropFirst().allSatisfy { place in
            var (isDone, isCancelled, status) = (Int32(0), Int32(0), MPI_Status())
            return MPI_Test(&requests[place], &isDone, &status) == MPI_SUCCESS && isDone != 0
                && MPI_Test_cancelled(&status, &isCancelled) == MPI_SUCCESS && isCancelled != 0
        }
    }

    func requireReceive() throws(CollectiveError) {
        guard !isReceive else { return }
        throw CollectiveError(routine: "cancel", reason: "\(routine) cannot be taken back: receives can")
    }

    func cancel() throws(CollectiveError) {
        if let ownReceive { return communicator.waiting.ownMessages.cancel(ownReceive) }
        // The parts of a message come in order: none of them comes before the first.
        for place in requests.indices.dropFirst(doneCount).reversed() {
            try check(MPI_Cancel(&requests[place]), "MPI_Cancel")
        }
    }

    /// For a task that waits: throws when it is cancelled, or somebody interrupts it.
    func endWhenInterrupted() throws(CollectiveError) {
        if Task.isCancelled {
            let cause = CancellationError()
            throw CollectiveError(.interrupted, routine: routine, reason: "interrupted: \(cause)", cause: cause)
        }
        try communicator.endWhenInterrupted(communicator.patience, routine)
    }

    /// For a task that waits: throws when that has lasted too long.
    func endWhenLate(since begin: Int64, waited: Int64) throws(CollectiveError) {
        do throws(CollectiveError) {
            try communicator.endWhenLate(
                communicator.patience, routine, for: peer, false, since: begin, waited: .nanoseconds(waited))
        } catch {
            endWaiting()
            throw error
        }
    }

    /// If this rank has said that it waits, it does so no longer.
    func endWaiting() { communicator.waiting.board?.noteDone() }

    func cancellation() -> CollectiveError {
        CollectiveError(.cancelled, routine: routine, reason: "the receive was cancelled")
    }

    /// A thread that waits for what it has not sent itself does so for ever.
    func requireWorthWaiting() throws(CollectiveError) {
        if ownReceive != nil { throw communicator.ownMessageMissing() }
    }
}
