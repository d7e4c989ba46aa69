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
    private let handle: CommunicatorHandle
    private let window: WindowHandle
    /// This rank's copy of all lines, if it is a holder.
    private let allLines: UnsafeMutablePointer<Int64>?
    private let holders: [BoardHolder]
    /// What this rank or a neighbour was told; nil where the node's ranks share no memory, and each asks for itself.
    private let nodeAnswer: NodeAnswer?
    /// How often this rank has asked the holders for all lines.
    package private(set) var questions = 0
    private var start = SuspendingClock.now
    private let ownLine = UnsafeMutablePointer<Int64>.allocate(capacity: Line.length)
    private let worldCounter: OperationCounter
    private var countersGiven = 1
    private var lastReport = Duration.zero
    private var lastPublished = Duration.zero

    /// Makes a board; every rank calls it. It lives until MPI is finished.
    ///
    /// - Parameters:
    ///   - communicator: All ranks of the job. It gets the board by ``Communicator/setPatience(_:)``.
    ///   - phases: What ranks do one after another, such as "inference"; they begin with the first.
    /// - Throws: ``CollectiveError``
    public init(on communicator: Communicator, phases: [String]) throws(CollectiveError) {
        let hosts = try Self.allHosts(communicator)
        let size = communicator.size
        let deputy = hosts.firstIndex { $0 != hosts[0] } ?? min(1, size - 1)
        let places = deputy == 0 ? [0] : [0, deputy]
        nodeAnswer = try NodeAnswer.shared(count: size * Line.length, on: communicator.splitByNode())
        var window = cmpi_win_null()
        let isHolder = places.contains(communicator.rank)
        allLines = try allocateWindow(count: isHolder ? size * Line.length : 0, on: communicator, &window)
        ownLine.initialize(repeating: 0, count: Line.length)
        holders = places.map { BoardHolder(rank: $0) }
        (self.hosts, self.phases, self.window) = (hosts, phases, window)
        (rank, handle) = (communicator.rank, communicator.handle)
        worldCounter = OperationCounter(entered: ownLine, index: 0, members: Array(0..<size))
        // The first contact with a holder may need its help, which it gives while it is at this barrier.
        try communicator.barrier()
        start = .now
        try Turn.with("ProgressBoard") { () throws(CollectiveError) in
            publish()
            for holder in holders { try holder.finish() }
        }
        try communicator.barrier()
    }

    private static func allHosts(_ communicator: Communicator) throws(CollectiveError) -> [String] {
        let names = try communicator.gatherVarying(Array(MPI.processorName.utf8), root: 0)
        let all = try communicator.broadcast(names.map { Array($0.joined(separator: [0x0A])) }, root: 0)
        return all.split(separator: 0x0A, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Says what this rank is at. Sent when the phase changes, otherwise about once a second; while another thread is
    /// in an operation, by that one, when it has waited for a moment.
    ///
    /// - Parameters:
    ///   - phase: An index into the phases.
    ///   - done: How much of the phase is done, in any unit.
    ///   - total: How much there is to do; 0 where nobody counts.
    public func report(phase: Int, done: Int = 0, total: Int = 0) {
        let now = SuspendingClock.now - start
        let isNew = ownLine[Line.phase] != Int64(phase)
        ownLine[Line.phase] = Int64(phase)
        ownLine[Line.done] = Int64(done)
        ownLine[Line.total] = Int64(total)
        guard isNew || now - lastReport >= .seconds(1) else { return }
        // The other thread's operation waits for this, if it begins meanwhile.
        guard Turn.takeForTest() else { return }
        defer { Turn.giveAfterTest() }
        lastReport = now
        publish()
    }

    /// Says that this rank waits, and again every second: one that stops while it waits is then found by its silence.
    func noteWaiting() {
        if ownLine[Line.waiting] == 0 || SuspendingClock.now - start - lastPublished >= .seconds(1) {
            ownLine[Line.waiting] = 1
            publish()
        } else {
            for holder in holders where holder.isBehind { holder.send(ownLine, of: rank, window) }
        }
    }

    /// Says that this rank waits no longer, if it said that it waits.
    func noteDone() {
        guard ownLine[Line.waiting] != 0 else { return }
        ownLine[Line.waiting] = 0
        publish()
    }

    /// Where the operations of the board's communicator are counted; nil for another one.
    func tally(of communicator: CommunicatorHandle) -> Tally? {
        communicator == handle ? Tally(board: self, counter: worldCounter) : nil
    }

    /// The same for a communicator that was split off; those who do not belong to it call this too, with nil.
    func newTally(for part: Communicator?) throws(CollectiveError) -> Tally? {
        let index = countersGiven
        countersGiven += 1
        guard let part else { return nil }
        let members = try part.allGather(SIMD2(rank, index))
        let ranks = members.map { $0[0] }
        guard index < Line.counters, members.allSatisfy({ $0[1] == index }) else {
            return Tally(board: self, counter: OperationCounter(members: ranks))
        }
        return Tally(
            board: self, counter: OperationCounter(entered: ownLine + index, index: index, members: ranks))
    }

    /// All lines, as they stand at a time that is to come or later; nil when no holder answers soon enough. One rank of
    /// the node asks, and its neighbours read what it was told: thousands would otherwise ask two.
    ///
    /// - Parameter time: In the nanoseconds of ``Pace``.
    func lines(since time: Int64) throws(CollectiveError) -> [Line]? {
        let count = hosts.count * Line.length
        if let allLines {
            try check(MPI_Win_sync(window), "MPI_Win_sync")
            nodeAnswer?.publish(UnsafeBufferPointer(start: allLines, count: count), asked: Pace.nanoseconds())
            return lines(UnsafeBufferPointer(start: allLines, count: count))
        }
        let begin = Pace.nanoseconds()
        var question: BoardQuestion?
        defer { if question != nil { nodeAnswer?.endAsking() } }
        while Pace.nanoseconds() - begin < Pace.boardAnswer.nanoseconds {
            if let known = nodeAnswer?.numbers(since: time) { return known.withUnsafeBufferPointer(lines) }
            if question == nil, claimQuestion() {
                question = try BoardQuestion(holders, count: count, window)
                questions += 1
            }
            guard let question else {
                // The core is left to the one that asks.
                usleep(500)
                continue
            }
            nodeAnswer?.keepAsking()
            if let answer = try question.answer() {
                nodeAnswer?.publish(UnsafeBufferPointer(start: answer, count: count), asked: question.time)
                return lines(UnsafeBufferPointer(start: answer, count: count))
            }
        }
        return nil
    }

    /// Whether this rank is the one of its node to ask: true unless another one asks, and lives.
    package func claimQuestion() -> Bool { nodeAnswer?.claim() ?? true }

    /// Answers the others for as long as they wait for an answer, if this rank has one.
    func answerOthers() {
        guard allLines != nil else { return }
        let begin = SuspendingClock.now
        while SuspendingClock.now - begin < Pace.boardAnswer {
            Progress.makeWithinTurn()
            usleep(1000)
        }
    }

    /// The ranks that have a copy.
    var holderRanks: [Int] { holders.map { Int($0.rank) } }

    /// How long ago a line was written.
    func age(of line: Line) -> Duration { SuspendingClock.now - start - .nanoseconds(line[Line.time]) }

    private func lines(_ numbers: UnsafeBufferPointer<Int64>) -> [Line] {
        (0..<hosts.count).map {
            Line(UnsafeBufferPointer(rebasing: numbers[$0 * Line.length..<($0 + 1) * Line.length]))
        }
    }

    /// In its turn.
    private func publish() {
        guard Life.isRunning else { return }
        lastPublished = SuspendingClock.now - start
        ownLine[Line.time] = lastPublished.nanoseconds
        for holder in holders {
            if let allLines, Int(holder.rank) == rank {
                (allLines + rank * Line.length).update(from: ownLine, count: Line.length)
            } else {
                holder.send(ownLine, of: rank, window)
            }
        }
    }
}
