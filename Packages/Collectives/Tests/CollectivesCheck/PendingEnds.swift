import Collectives
import Glibc
import Synchronization

/// What is under way and does not come to its end, or not at once, or while another thread waits.
enum PendingEnds {
    static let modes: [String: @Sendable (Communicator) throws -> Void] = [
        "pending-late": late, "pending-dropped": dropped, "pending-lengths": lengths, "pending-sizes": sizes,
        "pending-tasks": tasks, "pending-cancelled-task": cancelledTask, "two-threads": twoThreads,
    ]

    private struct Stop: Error {}

    /// A wait that ends early leaves everything as it is.
    private static func late(_ world: Communicator) throws {
        let (last, hasGivenUp) = (world.size - 1, try Sign(on: world))
        let isLate = world.rank == last
        try world.setPatience(Patience(deadline: .seconds(isLate ? 20 : 1)))
        if isLate { hasGivenUp.wait(times: last) }
        let barrier = try world.startBarrier()
        let sum = try world.startAllReduce([world.rank, 1], .sum)
        if !isLate {
            for _ in 0..<2 {
                world.expectError("a barrier", { $0.kind == .timedOut(missing: [last]) }) { try barrier.wait() }
            }
            world.expect(barrier.isDone, false, "a barrier that some have not begun")
            hasGivenUp.give()
            while !barrier.isDone {}
        }
        try barrier.wait()
        world.expect(try sum.wait(), [world.size * (world.size - 1) / 2, world.size], "the sum")
        let stops = Counter()
        try world.setPatience(Patience(interrupt: { stops.value % 2 == 1 ? Stop() : nil }))
        let receive = world.rank == 0 ? try world.startReceive(of: Int.self, count: 1, from: last) : nil
        if let receive {
            // For this one wait alone, and before the message is sent.
            stops.add()
            world.expectError("an interrupted receive", { $0.kind == .interrupted && $0.cause is Stop }) {
                _ = try receive.wait()
            }
            stops.add()
        }
        try world.barrier()
        if isLate { try world.send(8, to: 0) }
        if let receive {
            while !receive.isDone {}
            world.expect(try receive.wait(), [8], "the message")
        }
    }

    /// MPI is not finished beside it.
    private static func dropped(_ world: Communicator) throws {
        _ = try world.startReceive(of: Int.self, count: 1000, from: (world.rank + 1) % world.size)
        world.expectError("the end", { $0.kind == .misuse && $0.reason.contains("1 of the operations") }) {
            try MPI.finish()
        }
        MPI.abort(exitCode: 5)
    }

    /// Every rank gets the error, and the communicator is given up; others are not.
    private static func lengths(_ world: Communicator) throws {
        for odd in [0, world.size - 1] {
            for (count, oddCount) in [(5, 6), (0, 6), (5, 0)] {
                guard let part = try world.split(true) else { return }
                let values = [Int](repeating: 1, count: world.rank == odd ? oddCount : count)
                let other = odd == 0 ? 1 : 0
                let (low, high) = oddCount > count ? (other, odd) : (odd, other)
                try expectGivenUp(
                    part, try part.startBroadcast(values, root: 0),
                    .lengthsDiffer(
                        shortest: min(count, oddCount), rankOfShortest: low, longest: max(count, oddCount),
                        rankOfLongest: high))
            }
        }
        try Pendings.checkLongMessages(world)
        MPI.abort(exitCode: 5)
    }

    private static func sizes(_ world: Communicator) throws {
        let kind = CollectiveError.Kind.sizesDiffer(smallest: 2, rankOfSmallest: 0, largest: 8, rankOfLargest: 1)
        if world.rank == 0 {
            try expectGivenUp(world, try world.startAllReduce([Int16(1)], .sum), kind)
        } else {
            try expectGivenUp(world, try world.startAllReduce([1], .sum), kind)
        }
        MPI.abort(exitCode: 5)
    }

    private static func expectGivenUp<T>(
        _ communicator: Communicator, _ pending: Pending<T>, _ kind: CollectiveError.Kind
    ) throws {
        communicator.expectError("arrays that differ", { $0.kind == kind }) { _ = try pending.wait() }
        communicator.expectError("a sum after it", { $0.kind == .abandoned }) {
            _ = try communicator.allReduce(1, .sum)
        }
    }

    /// Several tasks wait at once, while this thread has other operations.
    private static func tasks(_ world: Communicator) throws {
        let (rank, size) = (world.rank, world.size)
        for patience in Waits.patiences {
            try world.setPatience(patience)
            let (ended, wrong) = (Counter(), Counter())
            var sends: [Pending<Void>] = []
            for source in 0..<size {
                let receive = try world.startReceive(of: Int.self, count: 20_000, from: source, tag: source)
                Task {
                    let isRight = (try? await receive.value) == [Int](repeating: source, count: 20_000)
                    (isRight ? ended : wrong).add()
                }
            }
            let sum = try world.startAllReduce([rank], .sum)
            Task { ((try? await sum.value) == [size * (size - 1) / 2] ? ended : wrong).add() }
            for target in 0..<size {
                sends.append(try world.startSend([Int](repeating: rank, count: 20_000), to: target, tag: rank))
                for _ in 0..<20 { world.expect(try world.allReduce(1, .sum), size, "a sum meanwhile") }
            }
            for send in sends { try send.wait() }
            while ended.value + wrong.value < size + 1 { usleep(1000) }
            world.expect([ended.value, wrong.value], [size + 1, 0], "values that tasks waited for")
        }
    }

    /// A task that is cancelled, and one whose deadline passes, wait no longer; the receive stays.
    private static func cancelledTask(_ world: Communicator) throws {
        try world.setPatience(Patience(deadline: .milliseconds(500)))
        let previous = (world.rank + world.size - 1) % world.size
        let receive = try world.startReceive(of: Int.self, count: 1, from: previous)
        let (timedOut, cancelled) = (Counter(), Counter())
        Task {
            do { _ = try await receive.value } catch {
                if case .timedOut = (error as? CollectiveError)?.kind { timedOut.add() }
            }
        }
        let task = Task {
            do { _ = try await receive.value } catch {
                let error = error as? CollectiveError
                if error?.kind == .interrupted, error?.cause is CancellationError { cancelled.add() }
            }
        }
        usleep(100_000)
        task.cancel()
        for _ in 0..<5000 where timedOut.value * cancelled.value == 0 { usleep(1000) }
        world.expect([timedOut.value, cancelled.value], [1, 1], "tasks that wait no longer")
        try world.setPatience(Patience(deadline: .seconds(20)))
        try world.send(world.rank, to: (world.rank + 1) % world.size)
        while !receive.isDone {}
        world.expect(try receive.wait(), [previous], "the message")
    }

    /// While one thread waits for a message, another gets an error, and all is well afterwards.
    private static func twoThreads(_ world: Communicator) throws {
        let window = try Window<Int>(count: 1, on: world)
        let hasLooked = try Sign(on: world)
        for (number, patience) in Waits.patiences.enumerated() {
            try world.setPatience(patience)
            if world.rank == 1 {
                hasLooked.wait(times: number + 1)
                try world.send(9, to: 0)
            } else if world.rank == 0 {
                let receive = InThread { world.expect(try world.receive(Int.self, from: 1), 9, "a message") }
                receive.waitUntilUnderWay(world)
                let isRefused = { (error: CollectiveError) in
                    error.kind == .misuse && error.reason.contains("another thread")
                }
                world.expectError("a barrier", isRefused) { try world.barrier() }
                world.expectError("a message", isRefused) { try world.send(1, to: 1) }
                world.expectError("a receive", isRefused) { _ = try world.receive(Int.self, from: 1) }
                world.expectError("a beginning", isRefused) { _ = try world.startBarrier() }
                world.expectError("a look", isRefused) { _ = try world.probe() }
                world.expectError("a put", isRefused) { try window.put([1], to: 0, at: 0) }
                world.expectError("a get", isRefused) { _ = try window.get(1, from: 1, at: 0) }
                world.expectError("own elements", isRefused) { try window.withOwnElements { $0[0] = 1 } }
                world.expectError("a message to oneself", isRefused) { try world.send(1, to: 0) }
                hasLooked.give()
                receive.join()
            }
            world.expect(try world.allReduce(1, .sum), world.size, "a sum after it")
        }
    }

    /// What several threads count.
    private final class Counter: Sendable {
        private let number = Atomic<Int>(0)
        var value: Int { number.load(ordering: .sequentiallyConsistent) }
        func add() { number.add(1, ordering: .sequentiallyConsistent) }
    }
}
