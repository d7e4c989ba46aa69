import Collectives
import Glibc
import Synchronization

/// Threads that meet while a task's test runs the function of a reduction, or while one reports progress.
enum FunctionTurns {
    static let modes: [String: @Sendable (Communicator) throws -> Void] = [
        "turns-late-envelope": lateEnvelope, "turns-strict-function": besideStrict,
        "turns-beside-function": besideFunction, "turns-in-function": inFunction, "turns-beside-report": besideReport,
    ]

    private struct Odd: Error {}

    /// One that is waited for without a deadline.
    private static func lateEnvelope(_ world: Communicator) throws {
        if world.rank == 1 {
            usleep(500_000)
            try world.send([1, 2, 3], to: 0, tag: 4)
        } else if world.rank == 0 {
            let envelope = try world.waitForMessage(from: 1)
            world.expect([envelope.source, envelope.tag, envelope.byteCount], [1, 4, 24], "an envelope")
            world.expect(try world.receiveArray(of: Int.self, from: 1, tag: 4), [1, 2, 3], "its message")
        }
    }

    /// A strict function is under way on all ranks but the last, which brings its part to what a task waits for
    /// meanwhile: its function waits for the strict one, and gets none of its errors.
    private static func besideStrict(_ world: Communicator) throws {
        let (last, size) = (world.size - 1, world.size)
        for order in [Array(0..<last), (0..<last).reversed()] {
            let (others, under) = (try world.subset(order), try world.duplicate())
            let (isInside, hasMet) = (Flag(), Flag())
            let free = Reduction<Int>.custom(commutative: true, associative: true) { a, b in
                if isInside.isSet { hasMet.set() }
                return a + b
            }
            let strict = Reduction<Int>.custom(commutative: false, associative: false) { a, b throws in
                isInside.set()
                usleep(600_000)
                isInside.clear()
                throw Odd()
            }
            try world.barrier()
            if world.rank == last { usleep(300_000) }
            let sum = Awaited(try under.startAllReduce([1], free))
            if let others {
                others.expectError("a function that throws", { isThrown($0) }) { _ = try others.allReduce(10, strict) }
            }
            world.expect(sum.value, [size], "the other sum")
            world.expect(hasMet.isSet, false, "two functions at a time")
            world.expect(try world.allReduce(1, .sum), size, "a sum after them")
        }
    }

    private static func isThrown(_ error: CollectiveError) -> Bool {
        if case .functionThrew = error.kind { true } else { false }
    }

    /// While a task's test runs a function, operations wait for it.
    private static func besideFunction(_ world: Communicator) throws {
        let (rank, size, under) = (world.rank, world.size, try world.duplicate())
        let calls: [(String, () throws -> Void)] = [
            ("a look", { _ = try world.probe(tag: 77) }),
            ("a message", { world.expect(try world.sendReceive(3, to: rank, from: rank), 3, "a number") }),
            ("a handle", { try world.withMPIComm { _ in } }),
        ]
        for (name, call) in calls { try meet(world, under, name, call) }
        let own = try world.startReceive(of: Int.self, count: 1, from: rank)
        try world.send(6, to: rank)
        try meet(world, under, "a wait") { world.expect(try own.wait(), [6], "a message that is there") }
        world.expect(try own.wait(), [6], "a message, on every rank")
        world.expect(try world.allReduce(1, .sum), size, "a sum after it")
    }

    /// Calls `body` on each rank whose task is in a function, which must be one at least. The function goes on a while
    /// after that.
    private static func meet(
        _ world: Communicator, _ under: Communicator, _ name: String, _ body: () throws -> Void
    ) throws {
        let (isInside, isMet, thread) = (Flag(), Flag(), pthread_self())
        let slow = Reduction<Int>.custom(commutative: true, associative: true) { a, b in
            // The late rank may be called while it begins.
            guard pthread_self() != thread else { return a + b }
            isInside.set()
            isMet.waitUntilSet()
            usleep(200_000)
            return a + b
        }
        try world.barrier()
        if world.rank == world.size - 1 { usleep(300_000) }
        let sum = Awaited(try under.startAllReduce([1], slow))
        while !isInside.isSet, !sum.isThere { usleep(1000) }
        let hasMet = isInside.isSet
        isMet.set()
        if hasMet { try body() }
        world.expect(sum.value, [world.size], "the sum beside \(name)")
        world.expect(try world.allReduce(hasMet ? 1 : 0, .max), 1, "ranks in a function beside \(name)")
    }

    /// What a function may leave out comes back at once, also where a task's test runs it.
    private static func inFunction(_ world: Communicator) throws {
        let (counter, under) = (try SharedCounter(on: world, host: 0), try world.duplicate())
        let board = try ProgressBoard(on: world, phases: ["first", "second"])
        let barrier = try world.startBarrier()
        let isCalled = Flag()
        let sum = Reduction<Int>.custom(commutative: true, associative: true) { a, b in
            counter.progress()
            board.report(phase: 1)
            if barrier.isDone { isCalled.set() }
            return a + b
        }
        try world.barrier()
        if world.rank == world.size - 1 { usleep(300_000) }
        let pending = Awaited(try under.startAllReduce([1], sum))
        world.expect(pending.value, [world.size], "the sum")
        world.expect(isCalled.isSet, false, "a test within a test")
        try barrier.wait()
    }

    /// While one thread reports and helps, another one's operations are not refused.
    private static func besideReport(_ world: Communicator) throws {
        let (rank, size) = (world.rank, world.size)
        let board = try ProgressBoard(on: world, phases: ["first", "second"])
        let counter = try SharedCounter(on: world, host: 0)
        let (isOver, hasEnded) = (Flag(), Flag())
        Task.detached {
            var phase = 0
            while !isOver.isSet {
                phase = 1 - phase
                board.report(phase: phase)
                counter.progress()
                usleep(20)
            }
            hasEnded.set()
        }
        for round in 0..<2000 {
            let received = try world.sendReceive(round, to: (rank + 1) % size, from: (rank + size - 1) % size)
            world.expect(received, round, "a number")
        }
        isOver.set()
        hasEnded.waitUntilSet()
    }
}

/// What a task waits for.
private final class Awaited: Sendable {
    private let end = Flag()
    private let result = Mutex<[Int]>([])

    init(_ pending: Pending<[Int]>) {
        Task.detached { [self] in
            let value = (try? await pending.value) ?? []
            result.withLock { $0 = value }
            end.set()
        }
    }

    var isThere: Bool { end.isSet }
    /// Empty when there was an error.
    var value: [Int] {
        end.waitUntilSet()
        return result.withLock { $0 }
    }
}
