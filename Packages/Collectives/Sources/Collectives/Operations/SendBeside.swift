import CMPI

/// A message that is sent while another one is received.
extension Communicator {
    /// Sends a message, and meanwhile does `receive`, which receives one from `source`.
    ///
    /// - Parameter isKept: Whether the bytes stay for MPI when this throws and the communicator is given up. Where they
    ///   do not, it throws only when MPI no longer reads them.
    func send(
        _ bytes: UnsafeRawBufferPointer, isKept: Bool, to target: Int, _ tag: MessageTag, while source: Int,
        receive: () throws(CollectiveError) -> Void
    ) throws(CollectiveError) {
        guard target != rank, source != rank else {
            // Neither what goes to oneself nor what comes from there waits for anybody.
            if target == rank { try sendAnywhere(bytes, to: rank, tag) }
            try receive()
            if target != rank { try send(bytes, to: target, tag) }
            return
        }
        var requests: [RequestHandle] = []
        do throws(CollectiveError) {
            try start(&requests, bytes, to: Int32(target), tag)
            try receive()
            for place in requests.indices { try wait(for: &requests[place], to: Int32(target)) }
        } catch {
            end(requests, within: isKept ? Self.patience(after: error) : nil)
            throw error
        }
    }

    private func start(
        _ requests: inout [RequestHandle], _ bytes: UnsafeRawBufferPointer, to target: Int32, _ tag: MessageTag
    ) throws(CollectiveError) {
        try Turn.take("MPI_Isend")
        defer { Turn.give() }
        do throws(CollectiveError) {
            try startParts(of: bytes, to: target, tag) { start throws(CollectiveError) in
                var request = cmpi_request_null()
                try check(start(&request), "MPI_Isend")
                requests.append(request)
            }
        } catch {
            // What is sent next would be taken for the other parts.
            if !requests.isEmpty { waiting.abandon("MPI_Isend") }
            throw error
        }
    }

    private func wait(for request: inout RequestHandle, to target: Int32) throws(CollectiveError) {
        var started = request
        // Where the turn is not to be had, it stays as it was, and is waited for once more.
        defer { request = started }
        try exchange(
            "MPI_Isend", with: target, { MPI_Wait(&started, cmpi_status_ignore()) },
            {
                $0.pointee = started
                started = cmpi_request_null()
                return MPI_SUCCESS
            })
    }

    /// How long a message that is under way may take when this rank has failed, in nanoseconds: a second, since the
    /// other rank may be about to receive it, and no time when the waiting was ended.
    private static func patience(after error: CollectiveError) -> Int64 {
        switch error.kind {
        case .timedOut, .interrupted: 0
        default: 1_000_000_000
        }
    }

    /// Waits for what is sent beside something that has failed. What is still under way then leaves the communicator
    /// unusable.
    ///
    /// - Parameter limit: In nanoseconds; nil for any time.
    private func end(_ requests: [RequestHandle], within limit: Int64?) {
        let begin = Pace.nanoseconds()
        func repeatUntil(_ isDone: () -> Bool) -> Bool {
            while !isDone() {
                let waited = Pace.nanoseconds() - begin
                if let limit, waited >= limit { return false }
                Pace.leaveCore(after: waited)
            }
            return true
        }
        // Another thread's operation may have it.
        guard repeatUntil(Turn.takeIfFree) else { return waiting.abandon("MPI_Isend") }
        defer { Turn.give() }
        for var request in requests {
            var code = MPI_SUCCESS
            let isDone = repeatUntil {
                var isDone: Int32 = 0
                code = MPI_Test(&request, &isDone, cmpi_status_ignore())
                return isDone != 0 || code != MPI_SUCCESS
            }
            if !isDone || code != MPI_SUCCESS { waiting.abandon("MPI_Isend") }
        }
    }
}
