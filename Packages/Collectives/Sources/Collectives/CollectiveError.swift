import CMPI

/// A communication that failed.
public struct CollectiveError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    public enum Kind: Sendable, Equatable {
        /// MPI reported an error of this class: see ``CollectiveError/errorClassName``.
        case mpi(errorClass: Int)
        /// The ranks' buffers differ in length; every rank throws this.
        case lengthsDiffer(shortest: Int, rankOfShortest: Int, longest: Int, rankOfLongest: Int)
        /// The ranks' elements differ in size, in bytes; every rank throws this.
        case sizesDiffer(smallest: Int, rankOfSmallest: Int, largest: Int, rankOfLargest: Int)
        /// The ranks of a node cannot share so many bytes, since the folder where MPI keeps them has not so much room.
        case noRoom(folder: String, bytes: Int, free: Int)
        /// The caller asked for something that makes no sense, such as a root that is no rank.
        case misuse
        /// A function that was given to a reduction or scan threw on this rank: there ``CollectiveError/cause`` is its
        /// error. Every rank throws this, and the communicator works afterwards. Where it threw on several ranks, each
        /// of them names itself, and the others one of them.
        case functionThrew(rank: Int)
        /// A file of so many bytes ends before what a rank reads; every rank throws this.
        case endOfFile(size: Int)
        /// These ranks did not come before the deadline: ranks of the communicator that has the board, or whose
        /// patience it was; see ``Patience/board``. Empty only when every rank came and MPI did not end in time.
        ///
        /// The operation is abandoned, and its communicator takes no other: see ``abandoned``. Only after a receive to
        /// which no message came is all as before: the message that comes late is the next that is received. What a
        /// ``Pending`` stands for stays under way, and can be waited for again.
        case timedOut(missing: [Int])
        /// ``Patience/interrupt`` ended the waiting, with ``CollectiveError/cause``. What was abandoned is as after a
        /// time-out.
        case interrupted
        /// An operation of this communicator was abandoned before, after a time-out or an interruption. MPI may still
        /// be at work on it, and other ranks may take what comes next for a part of it: end the job, or go on with
        /// other communicators that were made before.
        case abandoned
        /// A receive that was begun and taken back: see ``Pending/cancel()``.
        case cancelled
    }

    /// What kind of failure it is.
    public let kind: Kind
    /// The MPI routine, or the operation of this library.
    public let routine: String
    /// What is wrong.
    public let reason: String
    /// Why the waiting was interrupted, or what a function threw on this rank.
    public let cause: (any Error)?

    /// Routine and reason, in one line.
    public var description: String { "\(routine): \(reason)" }

    package init(_ kind: Kind = .misuse, routine: String, reason: String, cause: (any Error)? = nil) {
        self.kind = kind
        self.routine = routine
        self.reason = reason
        self.cause = cause
    }
}

/// The one place where MPI's return codes are looked at: of calls that were made in their turn.
@inline(never)
func check(_ code: Int32, _ routine: String) throws(CollectiveError) {
    assert(Turn.isTaken, "\(routine) was called out of turn")
    guard code == MPI_SUCCESS else { throw failure(code, routine) }
}

/// The error of a return code.
func failure(_ code: Int32, _ routine: String) -> CollectiveError {
    var errorClass: Int32 = 0
    MPI_Error_class(code, &errorClass)
    let text = MPI.text(Int(MPI_MAX_ERROR_STRING)) { MPI_Error_string(code, $0, $1) }
    return CollectiveError(.mpi(errorClass: Int(errorClass)), routine: routine, reason: text)
}
