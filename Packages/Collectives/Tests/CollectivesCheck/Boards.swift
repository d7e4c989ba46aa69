import Collectives
import Glibc

/// How communicators come to their boards, and how many ranks of a node ask when ranks are missing.
enum Boards {
    static let modes: [String: @Sendable (Communicator) throws -> Void] = [
        "copies": copies, "some-boards": someBoards,
        "one-asks": { try askWithout($0, stopsAsker: false) },
        "asker-stops": { try askWithout($0, stopsAsker: true) },
    ]

    /// A copy that was made before waits as all do, and its operations are counted with theirs: otherwise this rank,
    /// which uses nothing else for a while, would be taken for missing.
    private static func copies(_ world: Communicator) throws {
        let (before, last) = (world, world.size - 1)
        let board = try ProgressBoard(on: world, phases: ["start-up"])
        try world.setPatience(Patience(deadline: .seconds(2), board: board))
        before.expect(before.patience.deadline, .seconds(2), "how a copy waits")
        for _ in 0..<5 { try (world.rank == 1 ? before : world).barrier() }
        if world.rank == last { sleep(600) }
        world.expectError("a barrier", { $0.kind == .timedOut(missing: [last]) }) {
            try (world.rank == 1 ? before : world).barrier()
        }
        usleep(500_000)
        MPI.abort(exitCode: 5)
    }

    /// What cannot be counted right is refused on every rank, and the communicator works afterwards.
    private static func someBoards(_ world: Communicator) throws {
        let part = try world.split(true)
        let (board, foreign) = (
            try ProgressBoard(on: world, phases: ["start-up"]), try part.map { try ProgressBoard(on: $0, phases: []) }
        )
        func refuse(_ patience: Patience, _ text: String) throws {
            world.expectError(text, { $0.kind == .misuse && $0.reason.contains(text) }) {
                try world.setPatience(patience)
            }
            try world.setPatience(Patience(deadline: .seconds(60)))
            world.expect(try world.allReduce(1, .sum), world.size, "a sum after \(text)")
        }
        let isFirst = world.rank == 0
        try refuse(Patience(deadline: .seconds(60), board: isFirst ? board : nil), "ranks give a board")
        try refuse(Patience(deadline: .seconds(60), board: isFirst ? foreign : board), "board of another communicator")
        try refuse(Patience(deadline: isFirst ? .seconds(60) : nil), "nothing to heed")
        try refuse(Patience(deadline: isFirst ? .zero : .seconds(60)), "not longer than zero")
    }

    /// The last rank never comes. The holders of the board wait on, the others run out of patience at the same time:
    /// one of them asks. Rank 2 may stop as soon as it has claimed the question: another one asks then.
    private static func askWithout(_ world: Communicator, stopsAsker: Bool) throws {
        let (rank, last) = (world.rank, world.size - 1)
        let board = try ProgressBoard(on: world, phases: ["start-up"])
        let (stops, hasSaid) = (stopsAsker && rank == 2, try Sign(on: world))
        try world.barrier()
        let begin = ContinuousClock.now
        let deadline = Duration.seconds(rank < 2 || stops ? 60 : 2)
        try world.setPatience(
            Patience(deadline: deadline, board: board) {
                if stops, ContinuousClock.now - begin > .milliseconds(2050), board.claimQuestion() { raise(SIGSTOP) }
                return nil
            })
        if rank == last { sleep(600) }
        world.expectError("a barrier", { $0.kind == .timedOut(missing: [last]) }) { try world.barrier() }
        let time = ContinuousClock.now - begin
        world.expect(time < deadline + .seconds(3), true, "an error after \(time)")
        fputs("check: rank \(rank) asked \(board.questions) times\n", stderrHandle())
        // At the end of the job there may be no time for what the others have to say.
        fflush(nil)
        hasSaid.give()
        hasSaid.wait(times: stopsAsker ? 2 : 3)
        MPI.abort(exitCode: 5)
    }
}
