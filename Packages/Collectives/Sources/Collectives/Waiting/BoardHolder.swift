import CMPI

/// The way to a rank that has a copy of the board. Nobody waits for what is under way; MPI keeps it in order.
final class BoardHolder {
    let rank: Int32
    private let messages = [Message(), Message()]

    init(rank: Int) { self.rank = Int32(rank) }

    /// The last line could not be sent.
    private(set) var isBehind = false

    /// Sends a line, unless two others are under way. What fails is told by the operation that waits, if it is told at
    /// all: news of this rank stay away.
    func send(_ line: UnsafeMutablePointer<Int64>, of sender: Int, _ window: WindowHandle) {
        isBehind = true
        guard let message = messages.first(where: \.isFree) else { return }
        message.line.update(from: line, count: Line.length)
        isBehind = message.start(at: sender * Line.length, on: rank, window) != MPI_SUCCESS
    }

    func finish() throws(CollectiveError) {
        for message in messages { try message.finish() }
    }

    private final class Message {
        /// What is sent, and behind it room for an answer.
        let line = UnsafeMutablePointer<Int64>.allocate(capacity: Line.length + 1)
        private var sending = cmpi_request_null()
        private var answering = cmpi_request_null()

        /// MPI_Rput alone is kept back until a flush, which would wait for a holder that may have stopped: it is
        /// followed by an MPI_Rget, which makes it go. MPI_Rget_accumulate would do in one call, but leaves the
        /// holder's window locked where the answer cannot be delivered.
        func start(at place: Int, on holder: Int32, _ window: WindowHandle) -> Int32 {
            let (place, length, number) = (MPI_Aint(place), Int32(Line.length), cmpi_int64())
            let code = MPI_Rput(line, length, number, holder, place, length, number, window, &sending)
            guard code == MPI_SUCCESS else { return code }
            return MPI_Rget(line + Line.length, 1, number, holder, place, 1, number, window, &answering)
        }

        var isFree: Bool {
            var (isSent, isAnswered): (Int32, Int32) = (1, 1)
            MPI_Test(&sending, &isSent, cmpi_status_ignore())
            MPI_Test(&answering, &isAnswered, cmpi_status_ignore())
            return isSent != 0 && isAnswered != 0
        }

        func finish() throws(CollectiveError) {
            try check(MPI_Wait(&sending, cmpi_status_ignore()), "MPI_Rput")
            try check(MPI_Wait(&answering, cmpi_status_ignore()), "MPI_Rget")
        }
    }
}

/// A question to the holders of a board: what all ranks last said. The first answer will do.
final class BoardQuestion {
    /// When it was asked.
    let time = Pace.nanoseconds()
    /// Never freed: an answer may still come.
    private var answers: [UnsafeMutablePointer<Int64>] = []
    private var requests: [RequestHandle] = []

    /// Asks.
    ///
    /// - Parameter count: How many numbers there are on the board.
    init(_ holders: [BoardHolder], count: Int, _ window: WindowHandle) throws(CollectiveError) {
        for holder in holders {
            let answer = UnsafeMutablePointer<Int64>.allocate(capacity: count)
            var request = cmpi_request_null()
            try check(
                MPI_Rget(
                    answer, Int32(count), cmpi_int64(), holder.rank, 0, Int32(count), cmpi_int64(), window, &request),
                "MPI_Rget")
            requests.append(request)
            answers.append(answer)
        }
    }

    /// The answer; nil while there is none.
    func answer() throws(CollectiveError) -> UnsafeMutablePointer<Int64>? {
        for index in answers.indices {
            var isDone: Int32 = 0
            try check(MPI_Test(&requests[index], &isDone, cmpi_status_ignore()), "MPI_Rget")
            if isDone != 0 { return answers[index] }
        }
        return nil
    }
}
