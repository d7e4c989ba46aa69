import Collectives

/// Operations that are under way while others begin and end.
enum Pendings {
    static func check(_ world: Communicator) throws {
        for part in [1 << 30, 64] {
            Parts.largest = part
            defer { Parts.largest = 1 << 30 }
            // One of them is of whole parts.
            for count in [0, 1, 7, 8, 1001] + (part == 64 || world.size > 8 ? [] : [200_000]) {
                try ring(world, count)
                try collectives(world, count)
            }
        }
        try inOrder(world)
        try wrongLengths(world)
        try cancelled(world)
        try refused(world)
    }

    private static func values(_ rank: Int, _ count: Int) -> [Int] { (0..<count).map { 1000 * rank + $0 % 997 } }

    /// With every neighbour at once, oneself included, though nobody waits before all have begun.
    private static func ring(_ world: Communicator, _ count: Int) throws {
        let (rank, size) = (world.rank, world.size)
        let receives = try (0..<size).map { try world.startReceive(of: Int.self, count: count, from: $0, tag: 11) }
        let sends = try (0..<size).map { try world.startSend(values(rank, count), to: $0, tag: 11) }
        // Some wait for the last one first.
        for source in rank % 2 == 0 ? Array(0..<size) : (0..<size).reversed() {
            let isSame = try receives[source].wait() == values(source, count)
            world.expect(isSame, true, "\(count) numbers of rank \(source)")
        }
        for send in sends { try send.wait() }
        world.expect(try receives[0].wait() == values(0, count), true, "a second time")
        let next = try world.startReceive(of: Int.self, count: 1, from: (rank + 1) % size)
        try world.send(rank, to: (rank + size - 1) % size)
        while !next.isDone {}
        world.expect(try next.wait(), [(rank + 1) % size], "a number that is there")
    }

    /// Begun in one order by all, and waited for in another by some; others run meanwhile.
    private static func collectives(_ world: Communicator, _ count: Int) throws {
        let (rank, size) = (world.rank, world.size)
        let own = values(rank, count)
        let start = try world.startBarrier()
        let broadcasts = try world.distances.map { (root: $0, values: try world.startBroadcast(own, root: $0)) }
        let sum = try world.startAllReduce(own, .sum)
        let largest = try world.startAllReduce(own.map(Double.init), .max)
        let mixed = try world.startAllReduce(own, .custom(commutative: true, associative: true) { $0 ^ $1 })
        world.expect(try world.allReduce(1, .sum), size, "a sum meanwhile")
        let checks: [() throws -> Void] = [
            { try start.wait() },
            { world.expect(try sum.wait(), fold(size, count, &+), "the sum of \(count)") },
            { world.expect(try largest.wait(), fold(size, count, max).map(Double.init), "the largest of \(count)") },
            { world.expect(try mixed.wait(), fold(size, count, ^), "a function of \(count)") },
            {
                for (root, broadcast) in broadcasts {
                    world.expect(try broadcast.wait() == values(root, count), true, "\(count) of rank \(root)")
                }
            },
        ]
        for check in rank % 2 == 0 ? checks : checks.reversed() { try check() }
        world.expect(try world.allReduce(1, .sum), size, "a sum after them")
    }

    private static func fold(_ size: Int, _ count: Int, _ combine: (Int, Int) -> Int) -> [Int] {
        (1..<size).reduce(values(0, count)) { zip($0, values($1, count)).map(combine) }
    }

    /// Messages go to receives in the order in which both have begun, of whatever kind.
    private static func inOrder(_ world: Communicator) throws {
        let (rank, size) = (world.rank, world.size)
        for distance in world.distances {
            let (next, previous) = ((rank + distance) % size, (rank + size - distance) % size)
            let receives = try (0..<3).map { _ in try world.startReceive(of: Int.self, count: 1, from: previous) }
            for number in [1, 2, 3, 4] { try world.send(number, to: next) }
            world.expect(try world.receive(Int.self, from: previous), 4, "the last")
            for number in [3, 1, 2] { world.expect(try receives[number - 1].wait(), [number], "message \(number)") }
        }
    }

    private static func wrongLengths(_ world: Communicator) throws {
        let (rank, size) = (world.rank, world.size)
        for distance in world.distances {
            let (next, previous) = ((rank + distance) % size, (rank + size - distance) % size)
            for count in [2, 4] {
                let receive = try world.startReceive(of: Int.self, count: 3, from: previous, tag: 1)
                try world.send([Int](repeating: 5, count: count), to: next, tag: 1)
                // How long a longer one was, MPICH does not say.
                let isOfMPI = count > 3 && distance > 0
                let texts = (["\(8 * count)"] + (isOfMPI ? ["more than 24"] : [])).map {
                    "rank \(previous) sent \($0) bytes with tag 1 instead of 24"
                }
                let isNamed = { (error: CollectiveError) in
                    error.routine == "MPI_Irecv" && texts.contains(error.reason)
                        && error.errorClassName == (isOfMPI ? "MPI_ERR_TRUNCATE" : nil)
                }
                world.expectError("\(count) numbers instead of 3", isNamed) { _ = try receive.wait() }
                world.expect(receive.isDone, true, "an end with an error")
                world.expect(try world.sendReceive(rank, to: next, from: previous, tag: 1), previous, "the next one")
            }
        }
    }

    /// Messages in parts that are longer than what is expected: nothing can follow them.
    static func checkLongMessages(_ world: Communicator) throws {
        Parts.largest = 64
        for (count, text) in [(14, "112"), (15, "120"), (16, "at least 128"), (30, "at least 128")] {
            guard let part = try world.split(true) else { return }
            let (next, previous) = ((world.rank + 1) % world.size, (world.rank + world.size - 1) % world.size)
            let receive = try part.startReceive(of: Int.self, count: 12, from: previous, tag: 3)
            let send = try part.startSend([Int](repeating: 1, count: count), to: next, tag: 3)
            // How long the part was, MPICH does not say.
            let texts = [text, "more than 96"].map { "rank \(previous) sent \($0) bytes with tag 3 instead of 96" }
            world.expectError("a longer message", { texts.contains($0.reason) }) { _ = try receive.wait() }
            try send.wait()
        }
    }

    private static func cancelled(_ world: Communicator) throws {
        let (rank, size) = (world.rank, world.size)
        for distance in world.distances {
            let (next, previous) = ((rank + distance) % size, (rank + size - distance) % size)
            let receive = try world.startReceive(of: Int.self, count: 1, from: previous, tag: 2)
            world.expect(receive.isDone, false, "a message that nobody sent")
            try receive.cancel()
            for _ in 0..<2 {
                world.expectError("a cancelled receive", { $0.kind == .cancelled }) { _ = try receive.wait() }
            }
            try receive.cancel()
            try world.barrier()
            try world.send(rank, to: next, tag: 2)
            world.expect(try world.receive(Int.self, from: previous, tag: 2), previous, "what was sent after it")
            let done = try world.startReceive(of: Int.self, count: 1, from: previous, tag: 2)
            try world.send(rank, to: next, tag: 2)
            while !done.isDone {}
            try done.cancel()
            world.expect(try done.wait(), [previous], "too late to cancel")
        }
    }

    private static func refused(_ world: Communicator) throws {
        let (rank, size) = (world.rank, world.size)
        let isRefused = { (error: CollectiveError) in error.kind == .misuse }
        let barrier = try world.startBarrier()
        world.expectError("a barrier taken back", isRefused) { try barrier.cancel() }
        try barrier.wait()
        let ordered = Reduction<Int>.custom(commutative: false, associative: true) { $0 - $1 }
        world.expectError("a strict order", isRefused) { _ = try world.startAllReduce([1], ordered) }
        let sum = Reduction<Double>.sum.reproducible
        world.expectError("a reproducible sum", isRefused) { _ = try world.startAllReduce([1], sum) }
        world.expectError("a negative count", isRefused) {
            _ = try world.startReceive(of: Int.self, count: -1, from: rank)
        }
        for rank in [-1, size] {
            world.expectError("startSend to \(rank)", isRefused) { _ = try world.startSend([1], to: rank) }
            world.expectError("startReceive from \(rank)", isRefused) {
                _ = try world.startReceive(of: Int.self, count: 1, from: rank)
            }
            world.expectError("startBroadcast from \(rank)", isRefused) {
                _ = try world.startBroadcast([1], root: rank)
            }
        }
        world.expectError("a tag", isRefused) { _ = try world.startSend([1], to: rank, tag: -1) }
        // It would wait for ever, and nothing is lost.
        let own = try world.startReceive(of: Int.self, count: 1, from: rank)
        world.expectError("waiting for oneself", { $0.reason.contains("itself nothing") }) { _ = try own.wait() }
        try world.send(6, to: rank)
        world.expect(try own.wait(), [6], "a number to oneself")
    }
}
