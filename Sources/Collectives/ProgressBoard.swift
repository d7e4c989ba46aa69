import CMPI
import Glibc

/// What each rank last said of itself, so that a rank that waits in vain can tell for whom.
///
/// A rank puts its line, one-sidedly, into the memory of two ranks, rank 0 and one on another host where there is one:
/// when it reports progress, and when it has waited for more than a moment. Nothing else is ever sent.
///
/// Unchecked: like all of MPI it belongs to one thread at a time.
public final class ProgressBoard: @unchecked Sendable {
    let hosts: [String]
    let phases: [String]
    let rank: Int
    private let handle: MPI_Comm?
    private let window: MPI_Win?
    /// This rank's copy of all lines, if it is a holder.
    private let copy: UnsafeMutablePointer<Int64>?
    private let holders: [Holder]
    private var start = SuspendingClock.now
    private let own = UnsafeMutablePointer<Int64>.allocate(capacity: Line.length)
    private let worldSeat: Seat
    private var seatsGiven = 1
    private var lastReport = Duration.zero
    private var lastPublished = Duration.zero

    /// Makes a board; every rank calls it. It lives until MPI is finished.
    ///
    /// - Parameters:
    ///   - communicator: All ranks of the job. It gets the board by ``Communicator/with(_:)``.
    ///   - phases: What ranks do one after another, such as "inference"; they begin with the first.
    /// - Throws: ``CollectiveError``
    public init(on communicator: Communicator, phases: [String]) throws(CollectiveError) {
        let hosts = try Self.allHosts(communicator)
        let size = communicator.size
        let deputy = hosts.firstIndex { $0 != hosts[0] } ?? min(1, size - 1)
        let places = deputy == 0 ? [0] : [0, deputy]
        var window: MPI_Win?
        let isHolder = places.contains(communicator.rank)
        copy = try allocateWindow(count: isHolder ? size * Line.length : 0, on: communicator, &window)
        own.initialize(repeating: 0, count: Line.length)
        holders = places.map { Holder(rank: $0) }
        (self.hosts, self.phases, self.window) = (hosts, phases, window)
        (rank, handle) = (communicator.rank, communicator.handle)
        worldSeat = Seat(entered: own, index: 0, members: Array(0..<size))
        // The first contact with a holder may need its help, which it gives while it is at this barrier.
        try communicator.barrier()
        start = .now
        publish()
        for holder in holders { try holder.finish() }
        try communicator.barrier()
    }

    private static func allHosts(_ communicator: Communicator) throws(CollectiveError) -> [String] {
        let names = try communicator.gatherVarying(Array(MPI.processorName.utf8), root: 0)
        let all = try communicator.broadcast(names.map { Array($0.joined(separator: [0x0A])) }, root: 0)
        return all.split(separator: 0x0A, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Says what this rank is at. Sent when the phase changes, otherwise about once a second.
    ///
    /// - Parameters:
    ///   - phase: An index into the phases.
    ///   - done: How much of the phase is done, in any unit.
    ///   - total: How much there is to do; 0 where nobody counts.
    public func report(phase: Int, done: Int = 0, total: Int = 0) {
        let now = SuspendingClock.now - start
        let isNew = own[Line.phase] != Int64(phase)
        own[Line.phase] = Int64(phase)
        own[Line.done] = Int64(done)
        own[Line.total] = Int64(total)
        guard isNew || now - lastReport >= .seconds(1) else { return }
        lastReport = now
        publish()
    }

    /// Says that this rank waits, and again every second: one that stops while it waits is then found by its silence.
    func noteWaiting() {
        if own[Line.waiting] == 0 || SuspendingClock.now - start - lastPublished >= .seconds(1) {
            own[Line.waiting] = 1
            publish()
        } else {
            for holder in holders where holder.isBehind { holder.put(own, of: rank, window) }
        }
    }

    /// Says that this rank waits no longer, if it said that it waits.
    func noteDone() {
        guard own[Line.waiting] != 0 else { return }
        own[Line.waiting] = 0
        publish()
    }

    /// The line that counts the operations of `communicator`; nil for one that has none.
    func seat(of communicator: MPI_Comm?) -> Seat? { communicator == handle ? worldSeat : nil }

    /// A seat for a communicator that was split off; those who do not belong to it call this too, with nil.
    func newSeat(for part: Communicator?) throws(CollectiveError) -> Seat? {
        let index = seatsGiven
        seatsGiven += 1
        guard let part else { return nil }
        let members = try part.allGather(SIMD2(rank, index))
        guard index < Line.seats, members.allSatisfy({ $0[1] == index }) else { return nil }
        return Seat(entered: own + index, index: index, members: members.map { $0[0] })
    }

    /// All lines, or nil when no holder answers in time.
    func read() throws(CollectiveError) -> [Line]? {
        if let copy {
            try check(MPI_Win_sync(window), "MPI_Win_sync")
            return lines(copy)
        }
        let count = hosts.count * Line.length
        var requests: [MPI_Request?] = []
        var rooms: [UnsafeMutablePointer<Int64>] = []
        for holder in holders {
            // Never freed: an answer may still come.
            let room = UnsafeMutablePointer<Int64>.allocate(capacity: count)
            var request: MPI_Request?
            try check(
                MPI_Rget(
                    room, Int32(count), cmpi_int64(), holder.rank, 0, Int32(count), cmpi_int64(), window, &request),
                "MPI_Rget")
            requests.append(request)
            rooms.append(room)
        }
        // All whose waiting ended at the same time ask at the same time, and the first answer will do.
        let begin = SuspendingClock.now
        while SuspendingClock.now - begin < Pace.boardAnswer {
            for index in rooms.indices {
                var isDone: Int32 = 0
                try check(MPI_Test(&requests[index], &isDone, cmpi_status_ignore()), "MPI_Rget")
                if isDone != 0 { return lines(rooms[index]) }
            }
        }
        return nil
    }

    /// Answers the others for as long as they wait for an answer, if this rank has one.
    func answer() {
        guard copy != nil else { return }
        let begin = SuspendingClock.now
        while SuspendingClock.now - begin < Pace.boardAnswer {
            driveMPI()
            usleep(1000)
        }
    }

    /// The ranks that have a copy.
    var holderRanks: [Int] { holders.map { Int($0.rank) } }

    /// How long ago a line was written.
    func age(of line: Line) -> Duration { SuspendingClock.now - start - .nanoseconds(line[Line.time]) }

    private func lines(_ all: UnsafeMutablePointer<Int64>) -> [Line] {
        (0..<hosts.count).map { Line(UnsafeBufferPointer(start: all + $0 * Line.length, count: Line.length)) }
    }

    private func publish() {
        lastPublished = SuspendingClock.now - start
        let (seconds, attoseconds) = lastPublished.components
        own[Line.time] = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        for holder in holders {
            if let copy, Int(holder.rank) == rank {
                (copy + rank * Line.length).update(from: own, count: Line.length)
            } else {
                holder.put(own, of: rank, window)
            }
        }
    }
}

/// One rank's numbers on the board.
struct Line {
    /// How many communicators have their operations counted: all ranks, those of a node, the first of each node, and one more.
    static let seats = 4
    static let (phase, done, total, waiting, time, length) = (4, 5, 6, 7, 8, 9)

    private let numbers: [Int64]

    init(_ numbers: UnsafeBufferPointer<Int64>) { self.numbers = Array(numbers) }

    subscript(index: Int) -> Int64 { numbers[index] }
}

/// Where the operations of one communicator are counted.
final class Seat {
    /// How many this rank has entered.
    let entered: UnsafeMutablePointer<Int64>
    let index: Int
    /// The communicator's ranks as ranks of the board.
    let members: [Int]

    init(entered: UnsafeMutablePointer<Int64>, index: Int, members: [Int]) {
        (self.entered, self.index, self.members) = (entered, index, members)
    }
}

/// The way to a rank that has a copy of the board. Nobody waits for what is under way; MPI keeps it in order.
private final class Holder {
    let rank: Int32
    private let messages = [Message(), Message()]

    init(rank: Int) { self.rank = Int32(rank) }

    /// The last line could not be sent.
    private(set) var isBehind = false

    /// Sends a line, unless two others are under way. What fails is told by the operation that waits, if it is told at all:
    /// news of this rank stay away.
    func put(_ own: UnsafeMutablePointer<Int64>, of sender: Int, _ window: MPI_Win?) {
        isBehind = true
        guard let message = messages.first(where: \.isFree) else { return }
        message.line.update(from: own, count: Line.length)
        isBehind = message.put(place: sender * Line.length, on: rank, window) != MPI_SUCCESS
    }

    func finish() throws(CollectiveError) {
        for message in messages { try message.finish() }
    }

    private final class Message {
        /// What is sent, and behind it room for an answer.
        let line = UnsafeMutablePointer<Int64>.allocate(capacity: Line.length + 1)
        private var put: MPI_Request?
        private var answer: MPI_Request?

        /// MPI_Rput alone is kept back until a flush, which would wait for a holder that may have stopped: it is followed by
        /// an MPI_Rget, which makes it go. MPI_Rget_accumulate would do in one call, but leaves the holder's window locked
        /// where the answer cannot be delivered.
        func put(place: Int, on holder: Int32, _ window: MPI_Win?) -> Int32 {
            let (place, length, number) = (MPI_Aint(place), Int32(Line.length), cmpi_int64())
            let code = MPI_Rput(line, length, number, holder, place, length, number, window, &put)
            guard code == MPI_SUCCESS else { return code }
            return MPI_Rget(line + Line.length, 1, number, holder, place, 1, number, window, &answer)
        }

        var isFree: Bool {
            var (isPut, isAnswered): (Int32, Int32) = (1, 1)
            if put != nil { MPI_Test(&put, &isPut, cmpi_status_ignore()) }
            if answer != nil { MPI_Test(&answer, &isAnswered, cmpi_status_ignore()) }
            return isPut != 0 && isAnswered != 0
        }

        func finish() throws(CollectiveError) {
            if put != nil { try check(MPI_Wait(&put, cmpi_status_ignore()), "MPI_Rput") }
            if answer != nil { try check(MPI_Wait(&answer, cmpi_status_ignore()), "MPI_Rget") }
        }
    }
}
