import CMPI
import Collectives
import Glibc

/// Two threads of rank 0 that call at once: the second gets an error, whatever the two call.
enum Turns {
    static let modes: [String: @Sendable (Communicator) throws -> Void] = [
        "turns-beside-wait": besideWait, "turns-beside-lent": besideLent, "turns-beside-blocking": besideBlocking,
    ]

    private static func isRefused(_ error: CollectiveError) -> Bool {
        error.kind == .misuse && error.reason.contains("another operation is under way")
    }

    /// While one thread waits for a message, another cannot do what needs no other rank either.
    private static func besideWait(_ world: Communicator) throws {
        let file = try ParallelFile("/dev/null", .reading, on: world)
        let counter = try SharedCounter(on: world, host: 0)
        let memory = try SharedMemory(byteCount: 64, on: world.splitByNode())
        let board = try ProgressBoard(on: world, phases: ["first", "second"])
        let hasLooked = try Sign(on: world)
        if world.rank == 1 {
            hasLooked.wait()
            try world.send(9, to: 0)
        } else if world.rank == 0 {
            let name = MPI.processorName
            let receive = InThread { world.expect(try world.receive(Int.self, from: 1), 9, "a message") }
            receive.waitUntilUnderWay(world)
            world.expectError("the size of a file", isRefused) { _ = try file.size }
            world.expectError("a number", isRefused) { _ = try counter.next() }
            world.expectError("a look at memory", isRefused) { try memory.synchronize() }
            world.expectError("a lent handle", isRefused) { try world.withMPIComm { _ in } }
            world.expectError("another's handle", isRefused) { _ = try Communicator(adopting: ownWorld()) }
            world.expectError("the end", isRefused) { try MPI.finish() }
            world.expect(MPI.processorName, name, "a name")
            board.report(phase: 1)
            hasLooked.give()
            receive.join()
        }
        world.expect(try world.allReduce(1, .sum), world.size, "a sum after it")
        try file.close()
    }

    /// While one thread calls MPI itself, another has to wait; that thread may call this library, too.
    private static func besideLent(_ world: Communicator) throws {
        if world.rank == 0 {
            let (isLent, hasLooked) = (Flag(), Flag())
            let lent = InThread {
                try world.withMPIComm { _ in
                    let adopted = try Communicator(adopting: ownWorld())
                    world.expect(try adopted.allReduce(7, .sum), 7, "a sum while the handle is lent")
                    try adopted.free()
                    isLent.set()
                    hasLooked.waitUntilSet()
                }
            }
            isLent.waitUntilSet()
            world.expectError("a look", isRefused) { _ = try world.probe() }
            world.expectError("a beginning", isRefused) { _ = try world.startSend([1], to: 0) }
            world.expectError("a second handle", isRefused) { try world.withMPIComm { _ in } }
            hasLooked.set()
            lent.join()
        }
        world.expect(try world.allReduce(1, .sum), world.size, "a sum after it")
    }

    /// While one thread is in a call that MPI has in its blocking form only, another gets an error.
    private static func besideBlocking(_ world: Communicator) throws {
        let (isNext, node) = (Flag(), try world.splitByNode())
        let (isWithin, hasLooked) = (try Sign(on: world), try Sign(on: world))
        let patience = Patience(interrupt: {
            // Rank 1 stays within an operation that the others can come out of.
            if isNext.take() {
                hasLooked.wait(times: isWithin.give())
            }
            return nil
        })
        try world.setPatience(patience)
        try node.setPatience(patience)
        let calls: [(String, @Sendable () throws -> Void)] = [
            ("split", { _ = try world.split(world.rank < 2) }), ("subset", { _ = try world.subset([0, 1]) }),
            ("duplicate", { _ = try world.duplicate() }), ("splitByNode", { _ = try world.splitByNode() }),
            ("memory", { _ = try SharedMemory(byteCount: 64, on: node) }),
            ("counter", { _ = try SharedCounter(on: world, host: 0) }),
            ("file", { _ = try ParallelFile("/dev/null", .reading, on: world) }),
            // It asks nobody before: rank 1 comes late as a whole.
            ("adopting", { _ = try world.withMPIComm { try Communicator(adopting: $0) } }),
        ]
        for (number, (name, call)) in calls.enumerated() {
            if world.rank == 0 {
                if name != "adopting" { isWithin.wait(times: number + 1) }
                let first = InThread(call)
                first.waitUntilUnderWay(world)
                // By then it is in the call itself.
                usleep(100_000)
                world.expectError("a look beside \(name)", isRefused) { _ = try world.probe() }
                hasLooked.give()
                first.join()
            } else {
                if world.rank == 1 {
                    if name == "adopting" { hasLooked.wait(times: number + 1) } else { isNext.set() }
                }
                try call()
            }
            world.expect(try world.allReduce(1, .sum), world.size, "a sum after \(name)")
        }
    }

    private static func ownWorld() -> MPI_Comm { present(cmpi_comm_self()) }
    private static func present<Handle>(_ handle: Handle?) -> Handle { handle! }
}
