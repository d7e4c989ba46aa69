import Collectives
import Glibc

/// Waiting with a deadline: ranks that come late, never, or not before somebody interrupts.
enum Waits {
    /// All ways of waiting. Deadlines are far off: the machine may be busy.
    static let patiences = [
        Patience(), Patience(deadline: .seconds(60)), Patience(deadline: .seconds(60), wait: .cheap),
    ]

    /// The same, but where many ranks share few cores, none of them spins.
    static func patiences(for world: Communicator) -> [Patience] {
        world.size > 8 ? [patiences[0], patiences[2]] : patiences
    }

    static let modes: [String: @Sendable (Communicator) throws -> Void] = [
        "busy-counter": Counter.checkBusyHost, "bits": Bits.check,
        "late": late, "interrupted": interrupted, "without-board": { try withoutBoard($0, .none) },
        "without-board-split": { try withoutBoard($0, .own) }, "silent-peer": silentPeer,
        "missing-first": { try missing($0, [0]) },
        "missing-last": { try missing($0, [$0.size - 1]) },
        "missing-two": { try missing($0, [0, $0.size - 1]) },
        "missing-on-node": { try missing($0, [1], onNode: true) },
        "missing-holders": { try missing($0, [0, 1], .stopped) },
        "stopped-first": { try missing($0, [0], .stopped) },
        "stopped-waiting": stoppedWhileWaiting, "missing-elsewhere": missingElsewhere,
        "missing-split": { try missingBefore($0) { _ = try $0.split($0.rank % 2 == 0) } },
        "missing-duplicate": { try missingBefore($0) { _ = try $0.duplicate() } },
        "missing-file": { try missingBefore($0) { _ = try ParallelFile("/dev/null", .reading, on: $0) } },
        "missing-node-split": { try missingBefore($0) { _ = try $0.splitByNode() } },
        "missing-counter": { try missingBefore($0) { _ = try SharedCounter(on: $0, host: 0) } },
        "missing-memory": { try missingBefore($0) { _ = try SharedMemory(byteCount: 64, on: $0) } },
        "missing-board": { try missingBefore($0) { _ = try ProgressBoard(on: $0, phases: ["start-up"]) } },
        "missing-window": { try missingBefore($0) { _ = try Window<Int>(count: 1, on: $0) } },
        "missing-cheap": { try missing($0, [0], wait: .cheap) },
    ]

    private enum Absence { case asleep, stopped }

    /// The ranks in `absent` never come. The lowest other rank that times out prints the error and ends the job with 5.
    private static func missing(
        _ world: Communicator, _ absent: [Int], _ absence: Absence = .asleep, wait: Patience.Wait = .fast,
        onNode: Bool = false
    ) throws {
        let board = try ProgressBoard(on: world, phases: ["start-up", "inference"])
        try world.setPatience(Patience(deadline: .seconds(2), wait: wait, board: board))
        let node = try world.splitByNode()
        // Ranks that have met before, some of them in several communicators.
        for _ in 0..<5 {
            try world.barrier()
            _ = try node.allReduce(world.rank, .sum)
        }
        board.report(phase: 1, done: 41, total: 100)
        try world.barrier()
        if absent.contains(world.rank) { beAbsent(absence) }
        // One comes late but in time, and one leaves the reduction at once and waits elsewhere.
        if world.rank == world.size / 2 { usleep(500_000) }
        let start = ContinuousClock.now
        expectTimeout(world, of: absent, from: start) { () throws(CollectiveError) in
            if onNode { try node.barrier() } else { _ = try world.reduce(1, .sum, root: absent[0]) }
            try world.barrier()
        }
    }

    /// The last rank does not come to a call that MPI offers in its blocking form only.
    private static func missingBefore(_ world: Communicator, _ call: (Communicator) throws -> Void) throws {
        let board = try ProgressBoard(on: world, phases: ["start-up"])
        try world.setPatience(Patience(deadline: .seconds(2), board: board))
        let last = world.size - 1
        if world.rank == last { beAbsent(.asleep) }
        expectTimeout(world, of: [last], from: .now) { () throws(CollectiveError) in
            do { try call(world) } catch let error as CollectiveError { throw error } catch { fatalError("\(error)") }
        }
    }

    private static func beAbsent(_ absence: Absence) {
        if absence == .stopped { raise(SIGSTOP) }
        sleep(600)
    }

    private static func expectTimeout(
        _ world: Communicator, of absent: [Int], from start: ContinuousClock.Instant, deadline: Duration = .seconds(2),
        _ body: () throws(CollectiveError) -> Void
    ) {
        do throws(CollectiveError) { try body() } catch {
            let time = ContinuousClock.now - start
            if error.kind != .timedOut(missing: absent) || time > deadline + .seconds(3) {
                Check.fail(world, "after \(time): \(error), \(error.kind) instead of \(absent)")
            }
            fputs("check: \(error)\n", stderrHandle())
            MPI.abort(exitCode: 5)
        }
    }

    /// Rank 0 says that it waits, and stops before the last rank has come.
    private static func stoppedWhileWaiting(_ world: Communicator) throws {
        let board = try ProgressBoard(on: world, phases: ["start-up", "inference"])
        let begin = ContinuousClock.now
        let (deadline, isFirst) = (Duration.seconds(7), world.rank == 0)
        try world.setPatience(
            Patience(deadline: deadline, board: board) {
                if isFirst, ContinuousClock.now - begin > .milliseconds(300) { raise(SIGSTOP) }
                return nil
            })
        if world.rank == world.size - 1 { usleep(600_000) }
        expectTimeout(world, of: [0], from: begin, deadline: deadline) { () throws(CollectiveError) in
            // Some ranks may get through the first.
            for _ in 0..<2 { try world.barrier() }
        }
    }

    /// The odd ranks wait for each other and the even ones for all; the last, which is odd, holds up all of them.
    private static func missingElsewhere(_ world: Communicator) throws {
        let board = try ProgressBoard(on: world, phases: ["start-up", "inference"])
        let isOdd = world.rank % 2 == 1
        try world.setPatience(Patience(deadline: .seconds(isOdd ? 60 : 2), board: board))
        let odd = try world.split(isOdd)
        let last = world.size - 1
        if world.rank == last { beAbsent(.asleep) }
        expectTimeout(world, of: [last], from: .now) { () throws(CollectiveError) in
            try odd?.barrier()
            try world.barrier()
        }
    }

    /// Slower than the others, but within the deadline.
    private static func late(_ world: Communicator) throws {
        let board = try ProgressBoard(on: world, phases: ["start-up"])
        for wait in [Patience.Wait.fast, .cheap] {
            try world.setPatience(Patience(deadline: .seconds(20), wait: wait, board: board))
            for late in 0..<world.size {
                if world.rank == late { usleep(300_000) }
                world.expect(try world.allReduce(1, .sum), world.size, "a sum that waited")
            }
        }
    }

    private struct Stop: Error, Equatable {}

    private static func interrupted(_ world: Communicator) throws {
        let begin = ContinuousClock.now
        try world.setPatience(Patience { ContinuousClock.now - begin > .seconds(1) ? Stop() : nil })
        if world.rank == 0 { sleep(600) }
        world.expectError("an interrupted barrier", { $0.kind == .interrupted && $0.cause is Stop }) {
            try world.barrier()
        }
        let time = ContinuousClock.now - begin
        world.expect(time > .seconds(0.9) && time < .seconds(4), true, "when it was interrupted")
        MPI.abort(exitCode: 5)
    }

    private static func withoutBoard(_ world: Communicator, _ split: Split) throws {
        let last = world.size - 1
        // More communicators than a board has numbers for.
        try world.setPatience(Patience(deadline: .seconds(20)))
        var parts = try (0..<8).compactMap { _ in try world.split(world.rank > 0) }
        if split == .own {
            for part in parts { try part.setPatience(Patience(deadline: .seconds(1))) }
        } else {
            parts.removeAll()
        }
        try world.setPatience(Patience(deadline: .seconds(1)))
        for _ in 0..<3 { for communicator in [world] + parts { try communicator.barrier() } }
        if world.rank == last { sleep(600) }
        let namesIt: (CollectiveError) -> Bool = {
            $0.kind == .timedOut(missing: [last]) && $0.reason.contains("rank \(last) (")
        }
        world.expectError("a barrier", namesIt) { try (parts.last ?? world).barrier() }
        usleep(1_200_000)
        MPI.abort(exitCode: 5)
    }

    private enum Split { case none, own }

    /// Messages name the other side.
    private static func silentPeer(_ world: Communicator) throws {
        let board = try ProgressBoard(on: world, phases: ["start-up"])
        try world.setPatience(Patience(deadline: .seconds(1), board: board))
        if world.rank == 1 { sleep(600) }
        let isPeer: (CollectiveError) -> Bool = {
            $0.kind == .timedOut(missing: [1]) && $0.reason.contains("did not answer within 1 s; it was last seen in")
        }
        world.expectError("a peer that sends nothing", isPeer) { _ = try world.receive(Int.self, from: 1) }
        world.expectError("a peer that takes nothing", isPeer) {
            try world.send([UInt8](repeating: 0, count: 1 << 24), to: 1)
        }
        MPI.abort(exitCode: 5)
    }
}
