import CMPI
import Collectives
import Glibc
import Synchronization

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
        if world.rank == 1 {
            usleep(700_000)
            try world.send(9, to: 0)
        } else if world.rank == 0 {
            let name = MPI.processorName
            let receive = InThread { world.expect(try world.receive(Int.self, from: 1), 9, "a message") }
            usleep(200_000)
            world.expectError("the size of a file", isRefused) { _ = try file.size }
            world.expectError("a number", isRefused) { _ = try counter.next() }
            world.expectError("a look at memory", isRefused) { try memory.synchronize() }
            world.expectError("a lent handle", isRefused) { try world.withMPIComm { _ in } }
            world.expectError("another's handle", isRefused) { _ = try Communicator(adopting: ownWorld()) }
            world.expectError("the end", isRefused) { try MPI.finish() }
            world.expect(MPI.processorName, name, "a name")
            board.report(phase: 1)
            receive.join()
        }
        world.expect(try world.allReduce(1, .sum), world.size, "a sum after it")
        try file.close()
    }

    /// While one thread calls MPI itself, another has to wait; that thread may call this library, too.
    private static func besideLent(_ world: Communicator) throws {
        if world.rank == 0 {
            let flag = Flag()
            let lent = InThread {
                try world.withMPIComm { _ in
                    let adopted = try Communicator(adopting: ownWorld())
                    world.expect(try adopted.allReduce(7, .sum), 7, "a sum while the handle is lent")
                    try adopted.free()
                    flag.waitUntilSet()
                }
            }
            usleep(200_000)
            world.expectError("a look", isRefused) { _ = try world.probe() }
            world.expectError("a beginning", isRefused) { _ = try world.startSend([1], to: 0) }
            world.expectError("a second handle", isRefused) { try world.withMPIComm { _ in } }
            flag.set()
            lent.join()
        }
        world.expect(try world.allReduce(1, .sum), world.size, "a sum after it")
    }

    /// While one thread is in a call that MPI has in its blocking form only, another gets an error.
    private static func besideBlocking(_ world: Communicator) throws {
        let (flag, node) = (Flag(), try world.splitByNode())
        let patience = Patience(interrupt: {
            // Rank 1 is late within an operation that the others have come out of.
            if flag.take() { usleep(1_000_000) }
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
            ("adopting", { _ = try world.withMPIComm { try Communicator(adopting: $0) } }),
        ]
        for (name, call) in calls {
            // One that asks nobody before has to come late as a whole.
            if world.rank == 1, name == "adopting" { usleep(1_000_000) }
            guard world.rank == 0 else {
                if world.rank == 1, name != "adopting" { flag.set() }
                try call()
                world.expect(try world.allReduce(1, .sum), world.size, "a sum after \(name)")
                continue
            }
            usleep(200_000)
            let first = InThread(call)
            usleep(400_000)
            world.expectError("a look beside \(name)", isRefused) { _ = try world.probe() }
            first.join()
            world.expect(try world.allReduce(1, .sum), world.size, "a sum after \(name)")
        }
    }

    private static func ownWorld() -> MPI_Comm { present(cmpi_comm_self()) }
    private static func present<Handle>(_ handle: Handle?) -> Handle { handle! }
}

/// Runs something in another thread; an error ends the job.
private final class InThread: Sendable {
    private let end = Flag()

    init(_ body: @escaping @Sendable () throws -> Void) {
        Task.detached { [end] in
            do { try body() } catch {
                fputs("check: in another thread: \(error)\n", stderrHandle())
                MPI.abort(exitCode: 3)
            }
            end.set()
        }
    }

    func join() { end.waitUntilSet() }
}

private final class Flag: Sendable {
    private let isSet = Atomic<Bool>(false)

    func set() { isSet.store(true, ordering: .releasing) }
    /// Whether it was set; it is not afterwards.
    func take() -> Bool { isSet.exchange(false, ordering: .acquiringAndReleasing) }
    func waitUntilSet() { while !isSet.load(ordering: .acquiring) { usleep(1000) } }
}
