import CMPI

/// MPI's part of a ``Pending``: the requests, one after another, and what must stay while they are under way.
final class UnderWay {
    let communicator: Communicator
    let routine: String
    /// What a receive is for. Only receives have lengths, and can be cancelled.
    private let message: ExpectedMessage?
    /// The only rank that is waited for; nil for all.
    let peer: Int?
    /// Memory that MPI uses.
    private var memory: Any?
    /// Called when a request is done, with its number.
    private let partDone: (Int) throws(CollectiveError) -> Void
    private var requests: [RequestHandle] = []
    private var doneCount = 0
    /// What this rank is to receive from itself.
    var ownReceive: OwnReceive?

    init(
        on communicator: Communicator, _ routine: String, receiving message: ExpectedMessage? = nil, peer: Int? = nil,
        memory: Any, partDone: @escaping (Int) throws(CollectiveError) -> Void = { _ in }
    ) {
        (self.communicator, self.routine, self.peer) = (communicator, routine, message?.source ?? peer)
        (self.message, self.memory, self.partDone) = (message, memory, partDone)
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
                let code = MPI_Test(&requests[doneCount], &isDone, &status)
                guard code == MPI_SUCCESS else { throw partFailure(code, status) }
                guard isDone != 0 else { return false }
                if let message { try message.requirePart(doneCount, of: receivedBytes(status)) }
                try partDone(doneCount)
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

    private func partFailure(_ code: Int32, _ status: MPI_Status) -> CollectiveError {
        let error = failure(code, routine)
        guard let message, error.kind == .mpi(errorClass: Int(MPI_ERR_TRUNCATE)) else { return error }
        // Open MPI says here how long the part was, and MPICH anything.
        var (status, length) = (status, Int32(0))
        if MPI.openMPIVersion != nil { MPI_Get_count(&status, cmpi_byte(), &length) }
        return message.tooLong(doneCount, Int(length), error.kind)
    }

    private func receivedBytes(_ status: MPI_Status) throws(CollectiveError) -> Int {
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
        guard message == nil else { return }
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
