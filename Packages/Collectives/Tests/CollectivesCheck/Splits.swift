import Collectives

/// Communicators of some ranks, by colour and key, by a list, and of all anew.
enum Splits {
    static func check(_ world: Communicator) throws {
        try colors(world)
        try subsets(world)
        try duplicates(world)
        try errors(world)
        world.expect(try world.allReduce(1, .sum), world.size, "a sum after it")
    }

    /// Ends the job unless the communicator has these ranks of `world`, in this order.
    private static func expectRanks(
        _ world: Communicator, _ part: Communicator?, _ ranks: [Int], _ what: String
    ) throws {
        world.expect(part != nil, ranks.contains(world.rank), "\(what): who belongs to it")
        guard let part else { return }
        world.expect(try part.allGather(world.rank), ranks, what)
        world.expect(ranks[part.rank], world.rank, "\(what): rank")
        try part.free()
    }

    private static func colors(_ world: Communicator) throws {
        let (rank, size) = (world.rank, world.size)
        func sameColor(_ color: (Int) -> Int?) -> [Int] { (0..<size).filter { color($0) == color(rank) } }
        try expectRanks(world, try world.split(color: rank % 3), sameColor { $0 % 3 }, "three colors")
        try expectRanks(
            world, try world.split(color: rank % 2, key: -rank), sameColor { $0 % 2 }.reversed(), "falling keys")
        let extremes = [Int(Int32.max), Int(Int32.min)]
        try expectRanks(
            world, try world.split(color: Int(Int32.max), key: extremes[rank % 2]),
            (0..<size).filter { $0 % 2 == 1 } + (0..<size).filter { $0 % 2 == 0 }, "the largest color, and keys")
        let last = try world.split(color: rank == size - 1 ? 5 : nil)
        try expectRanks(world, last, [size - 1], "one rank alone")
        world.expect(try world.split(color: nil) == nil, true, "none at all")
    }

    private static func subsets(_ world: Communicator) throws {
        let size = world.size
        try expectRanks(world, try world.subset((0..<size).reversed()), (0..<size).reversed(), "all, from the last")
        for rank in Set([0, size / 2, size - 1]).sorted() {
            try expectRanks(world, try world.subset([rank]), [rank], "one")
        }
        let some = Array(Set([size - 1, 0, size / 2])).sorted { ($0 + 1) % size < ($1 + 1) % size }
        try expectRanks(world, try world.subset(some), some, "some")
        world.expect(try world.subset([]) == nil, true, "nobody")
    }

    /// What is sent on one is not received on the other.
    private static func duplicates(_ world: Communicator) throws {
        let (rank, size) = (world.rank, world.size)
        let other = try world.duplicate()
        let (next, previous) = ((rank + 1) % size, (rank + size - 1) % size)
        try world.send(1, to: next)
        try other.send(2, to: next)
        world.expect(try other.receive(Int.self, from: previous), 2, "on the duplicate")
        world.expect(try world.receive(Int.self, from: previous), 1, "on the first")
        world.expect(other.patience.deadline, world.patience.deadline, "patience")
        try expectRanks(world, other, Array(0..<size), "a duplicate")
    }

    private static func errors(_ world: Communicator) throws {
        let (rank, size) = (world.rank, world.size)
        let isMisuse: (CollectiveError) -> Bool = { $0.kind == .misuse && $0.routine == "split" }
        for odd in Set([0, size - 1]).sorted() {
            for (color, key) in [(-1, 0), (Int.min, 0), (Int.max, 0), (0, Int.min), (0, 1 << 40)] {
                world.expectError("color \(color), key \(key) on \(odd)", isMisuse) {
                    _ = try world.split(color: rank == odd ? color : 1, key: rank == odd ? key : rank)
                }
            }
        }
        for list in [[0, 0], [size], [-1]] {
            world.expectError("subset \(list)", { $0.kind == .misuse && $0.reason.contains("\(list[0])") }) {
                _ = try world.subset(list)
            }
        }
        guard size > 1 else { return }
        for other in [[0], [1, 0], []] {
            world.expectError("lists that differ", { $0.reason == "rank \(size - 1) names other ranks than rank 0" }) {
                _ = try world.subset(rank == size - 1 ? other : [0, 1])
            }
        }
    }
}
