import Collectives
import Glibc

/// Messages with tags, of any rank, and those that are looked at before they are received.
enum Tags {
    static let modes: [String: @Sendable (Communicator) throws -> Void] = ["late-any": lateMessage]

    /// So short that MPI copies them, though the last ones go in many parts.
    private static let lengths = [0, 1, 3, 8, 16, 100]

    static func check(_ world: Communicator) throws {
        for part in [1 << 30, 64] {
            Parts.largest = part
            defer { Parts.largest = 1 << 30 }
            try inAnotherOrder(world)
            try ofAnyRank(world)
            try lookedAt(world)
        }
        try besideCollectives(world)
        try refused(world)
    }

    private static func message(_ rank: Int, _ tag: Int, _ length: Int) -> [Int] {
        (0..<length).map { 1_000_000 * rank + 1000 * tag + $0 }
    }

    /// To each rank at every distance, this one included.
    private static func inAnotherOrder(_ world: Communicator) throws {
        let (rank, size) = (world.rank, world.size)
        for distance in world.distances {
            let (next, previous) = ((rank + distance) % size, (rank + size - distance) % size)
            let tags = [5, 0, 32_000, 7]
            for tag in tags { for length in lengths { try world.send(message(rank, tag, length), to: next, tag: tag) } }
            for tag in tags.reversed() {
                for length in lengths {
                    let received = try world.receiveArray(of: Int.self, from: previous, tag: tag)
                    world.expect(received, message(previous, tag, length), "a message with tag \(tag)")
                }
            }
            // One that MPI does not copy, or 50 short parts.
            let long = min(70_000, 50 * Parts.largest / MemoryLayout<Int>.stride)
            let received = try world.sendReceive(message(rank, 9, long), to: next, from: previous, tag: 9)
            world.expect(received == message(previous, 9, long), true, "a long message with tag 9")
            try world.send(rank, to: next, tag: 1)
            world.expect(try world.sendReceive(-rank, to: next, from: previous, tag: 2), -previous, "with tag 2")
            world.expect(try world.receive(Int.self, from: previous, tag: 1), previous, "a number with tag 1")
        }
    }

    /// All to one, this one included: whose parts may come between each other.
    private static func ofAnyRank(_ world: Communicator) throws {
        for target in world.distances {
            for tag in [3, 4] {
                for length in lengths { try world.send(message(world.rank, tag, length), to: target, tag: tag) }
            }
            try world.barrier()
            guard target == world.rank else { continue }
            // In the order of sending for each rank and tag.
            var next: [[Int]: Int] = [:]
            func expectNext(_ received: Message<Int>) {
                let place = next[[received.source, received.tag], default: 0]
                next[[received.source, received.tag]] = place + 1
                world.expect(
                    received.elements, message(received.source, received.tag, lengths[place]), "a message of any rank")
            }
            let count = lengths.count * world.size
            for _ in 0..<count { expectNext(try world.receiveAny(of: Int.self, tag: 4)) }
            world.expect(next.keys.allSatisfy { $0[1] == 4 }, true, "the tag that was asked for")
            for _ in 0..<count { expectNext(try world.receiveAny()) }
            world.expect(next.count, 2 * world.size, "ranks and tags")
        }
        try world.barrier()
    }

    private static func lookedAt(_ world: Communicator) throws {
        let (rank, size) = (world.rank, world.size)
        let (next, previous) = ((rank + 1) % size, (rank + size - 1) % size)
        world.expect(try world.probe(), nil, "an envelope before anything is sent")
        try world.barrier()
        try world.send(message(rank, 6, 100), to: next, tag: 6)
        let looks: [() throws -> Envelope] = [
            { try world.waitForMessage(from: previous, tag: 6) }, { try world.waitForMessage() },
            { try envelope(world) { try world.probe() } },
        ]
        for look in looks {
            let seen = try look()
            world.expect(
                [seen.source, seen.tag, seen.byteCount], [previous, 6, min(800, Parts.largest)], "any envelope")
        }
        world.expect(try world.probe(from: previous, tag: 6) != nil, true, "its rank and tag")
        world.expect(try world.probe(tag: 6) != nil, true, "its tag")
        world.expect(try world.probe(from: previous, tag: 7), nil, "another tag")
        if size > 1 { world.expect(try world.probe(from: rank), nil, "another rank") }
        let received = try world.receiveArray(of: Int.self, from: previous, tag: 6)
        world.expect(received, message(previous, 6, 100), "what was looked at")
        world.expect(try world.probe(), nil, "an envelope when all is received")
        try world.barrier()
    }

    /// A message that is there may need some looks.
    private static func envelope(_ world: Communicator, _ look: () throws -> Envelope?) throws -> Envelope {
        while true { if let seen = try look() { return seen } }
    }

    /// What a collective sends is no message of any rank.
    private static func besideCollectives(_ world: Communicator) throws {
        let (rank, size) = (world.rank, world.size)
        if rank == 1 { try world.send(-7, to: 0, tag: 3) }
        let sum = Reduction<Double>.sum.reproducible
        if rank == 0, size > 1 {
            usleep(10_000)
            let received = try world.receiveAny(of: Int.self)
            world.expect([received.source, received.tag] + received.elements, [1, 3, -7], "beside a collective")
            world.expect(try world.probe(), nil, "what a collective has sent")
        }
        world.expect(try world.reduce(1, sum, root: 0), rank == 0 ? Double(size) : nil, "the collective")
        try world.barrier()
    }

    private static func refused(_ world: Communicator) throws {
        let (rank, isRefused) = (world.rank, { (error: CollectiveError) in error.kind == .misuse })
        for tag in [-1, 32_001] {
            world.expectError("send, tag \(tag)", isRefused) { try world.send(1, to: rank, tag: tag) }
            world.expectError("receive, tag \(tag)", isRefused) {
                _ = try world.receive(Int.self, from: rank, tag: tag)
            }
            world.expectError("sendReceive, tag \(tag)", isRefused) {
                _ = try world.sendReceive(1, to: rank, from: rank, tag: tag)
            }
            world.expectError("receiveAny, tag \(tag)", isRefused) { _ = try world.receiveAny(of: Int.self, tag: tag) }
            world.expectError("probe, tag \(tag)", isRefused) { _ = try world.probe(tag: tag) }
        }
        for rank in [-1, world.size] {
            world.expectError("probe of rank \(rank)", isRefused) { _ = try world.probe(from: rank) }
        }
        try world.send([UInt8](repeating: 1, count: 7), to: rank)
        world.expectError("seven bytes", { $0.reason.contains("7 bytes, no whole number of Int") }) {
            _ = try world.receiveAny(of: Int.self)
        }
        guard world.size == 1 else { return }
        world.expectError("nothing was sent", { $0.reason.contains("itself nothing") }) {
            _ = try world.receiveAny(of: Int.self)
        }
        world.expectError("nothing to wait for", { $0.reason.contains("itself nothing") }) {
            _ = try world.waitForMessage()
        }
    }

    /// A receiver of any message gives up before one comes, and receives it later.
    private static func lateMessage(_ world: Communicator) throws {
        let (rank, hasGivenUp) = (world.rank, try Sign(on: world))
        try world.setPatience(Patience(deadline: .seconds(1)))
        if rank > 0 {
            hasGivenUp.wait()
            try world.setPatience(Patience(deadline: .seconds(20)))
            usleep(100_000)
            try world.send([rank, -rank], to: 0, tag: rank)
        } else {
            let others = Array(1..<world.size)
            world.expectError("no message", { $0.kind == .timedOut(missing: others) }) {
                _ = try world.receiveAny(of: Int.self)
            }
            world.expectError("no envelope", { $0.kind == .timedOut(missing: [1]) }) {
                _ = try world.waitForMessage(from: 1)
            }
            hasGivenUp.give()
            try world.setPatience(Patience(deadline: .seconds(20)))
            world.expect(try world.waitForMessage(tag: 1).source, 1, "the envelope that comes")
            let received = try others.map { _ in try world.receiveAny(of: Int.self) }.sorted { $0.source < $1.source }
            world.expect(received.map(\.elements), others.map { [$0, -$0] }, "the messages")
            world.expect(received.map(\.tag), others, "their tags")
        }
    }
}
