import Collectives

/// Messages of a rank to itself, round a ring, and beside collectives.
enum Messages {
    /// The longest goes past what MPI buffers; in small parts, one of 40 of them does what a longer one would do.
    private static var lengths: [Int] {
        [0, 1, 500, 1000] + (Parts.largest < 1 << 20 ? [20_000] : [100_000, 1_000_000])
    }

    static func check(_ world: Communicator) throws {
        // Long messages go in parts, and those of one part's length too.
        for part in [1 << 30, 1 << 12] {
            Parts.largest = part
            defer { Parts.largest = 1 << 30 }
            try beside(world)
            try toOneself(world)
            try round(world)
        }
    }

    /// All ranks send first, whatever the length; also with the same neighbour on both sides, and with oneself.
    private static func round(_ world: Communicator) throws {
        let (rank, size) = (world.rank, world.size)
        for distance in Set([0, 1, size / 2, size - 1]).sorted() {
            let (next, previous) = ((rank + distance) % size, (rank + size - distance) % size)
            for length in lengths + [512, 511] {
                let message = (0..<length + rank).map { Double($0 * (rank + 1)) }
                let received = try world.sendReceive(message, to: next, from: previous)
                let expected = (0..<length + previous).map { Double($0 * (previous + 1)) }
                world.expect(received == expected, true, "\(length) numbers at a distance of \(distance)")
            }
            world.expect(try world.sendReceive(rank, to: next, from: previous), previous, "a number")
        }
    }

    /// A message that is under way is none of those that collectives send.
    private static func beside(_ world: Communicator) throws {
        guard world.size > 1 else { return }
        let (rank, size) = (world.rank, world.size)
        let order = Reduction<Int>.custom(commutative: false, associative: false) { 2 * $0 + $1 }
        if rank == 0 { for target in 1..<size { try world.send(-5, to: target) } }
        let parts = rank == 0 ? (0..<size).map { [$0, $0] } : nil
        world.expect(try world.scatterVarying(parts, root: 0), [rank, rank], "a scatter beside a message")
        let prefix = (1..<size).reduce(into: [0]) { $0.append(2 * $0[$1 - 1] + $1) }
        world.expect(try world.scan(rank, order), prefix[rank], "a scan beside a message")
        if rank > 0 { world.expect(try world.receive(Int.self, from: 0), -5, "the message") }
    }

    private static func toOneself(_ world: Communicator) throws {
        let rank = world.rank
        for length in lengths {
            let messages = (0..<3).map { message in (0..<length + message).map { Double(rank + $0 + message) } }
            for message in messages { try world.send(message, to: rank) }
            for message in messages {
                world.expect(try world.receiveArray(from: rank) == message, true, "\(length) numbers to oneself")
            }
        }
        try world.send(41, to: rank)
        world.expect(try world.receive(Int.self, from: rank), 41, "a number to oneself")
        world.expectError("a message that was not sent", { $0.kind == .misuse && $0.reason.contains("itself") }) {
            _ = try world.receive(Int.self, from: rank)
        }
    }
}
