import Collectives

/// Groups of ranks, against lists of numbers.
enum Groups {
    static func check(_ world: Communicator) throws {
        let size = world.size
        world.expect("\(world)", "rank \(world.rank) of \(size)", "the communicator as a text")
        let all = try world.group
        world.expect(all.worldRanks, Array(0..<size), "all")
        world.expect([all.size, all.rank ?? -1], [size, world.rank], "this rank")
        for ranks in lists(size) { try one(world, ranks) }
        for first in lists(size) { for second in lists(size) { try two(world, first, second) } }
        try communicators(world)
        try errors(world)
        world.expect(try world.allReduce(1, .sum), size, "a sum after it")
    }

    /// In order and in none, of one and of nobody.
    private static func lists(_ size: Int) -> [[Int]] {
        let (all, even) = (Array(0..<size), (0..<size).filter { $0 % 2 == 0 })
        return [all, all.reversed(), even.reversed(), all.filter { $0 % 3 != 0 }, [size - 1], []]
    }

    private static func one(_ world: Communicator, _ ranks: [Int]) throws {
        let (all, size) = (try world.group, world.size)
        let group = try all.subset(ranks)
        world.expect(group.worldRanks, ranks, "some")
        world.expect(group.size, ranks.count, "how many")
        world.expect(group.rank, ranks.firstIndex(of: world.rank), "this rank among \(ranks)")
        let rest = (0..<size).filter { !ranks.contains($0) }
        world.expect(try all.excluding(ranks).worldRanks, rest, "all but \(ranks)")
        for rank in 0..<size {
            world.expect(try all.translate(rank, to: group), ranks.firstIndex(of: rank), "rank \(rank) in \(ranks)")
        }
        for (place, rank) in ranks.enumerated() {
            world.expect(try group.translate(place, to: all), rank, "rank \(place) of \(ranks)")
        }
        let part = try world.subset(group)
        world.expect(part != nil, ranks.contains(world.rank), "who belongs to \(ranks)")
        guard let part else { return }
        world.expect(try part.allGather(world.rank), ranks, "a communicator of \(ranks)")
        world.expect(try part.group, group, "its group")
        world.expect("\(part)", "rank \(group.rank ?? -1) of \(ranks.count)", "it as a text")
        try part.free()
    }

    private static func two(_ world: Communicator, _ first: [Int], _ second: [Int]) throws {
        let all = try world.group
        let (a, b) = (try all.subset(first), try all.subset(second))
        let what = "\(first) and \(second)"
        world.expect(a.union(b).worldRanks, first + second.filter { !first.contains($0) }, "union of \(what)")
        world.expect(a.intersection(b).worldRanks, first.filter(second.contains), "intersection of \(what)")
        world.expect(a.subtracting(b).worldRanks, first.filter { !second.contains($0) }, "difference of \(what)")
        world.expect(a == b, first == second, "equality of \(what)")
    }

    /// Groups of parts, and parts of parts.
    private static func communicators(_ world: Communicator) throws {
        let (rank, size) = (world.rank, world.size)
        guard let half = try world.split(color: rank % 2, key: -rank) else { return }
        let group = try half.group
        world.expect(group.worldRanks, (0..<size).reversed().filter { $0 % 2 == rank % 2 }, "of a part")
        world.expect(try group.translate(half.rank, to: world.group), rank, "from the part to all")
        let odd = try group.excluding(Array(stride(from: 0, to: half.size, by: 2)))
        let quarter = try half.subset(odd)
        world.expect(quarter != nil, half.rank % 2 == 1, "who belongs to a part of a part")
        if let quarter { world.expect(try quarter.allGather(rank), odd.worldRanks, "a part of a part") }
        // The others' ranks are not in it.
        if size > 1 {
            let others = try world.group.subtracting(group).worldRanks
            world.expectError("ranks of others", { $0.kind == .misuse && $0.reason.hasPrefix("ranks \(others) of") }) {
                _ = try half.subset(try world.group)
            }
        }
        try quarter?.free()
        try half.free()
        world.expectError("the group of what was freed", { $0.reason.contains("freed") }) { _ = try half.group }
    }

    private static func errors(_ world: Communicator) throws {
        let (rank, size, all) = (world.rank, world.size, try world.group)
        let isMisuse: (CollectiveError) -> Bool = { $0.kind == .misuse }
        for list in [[0, 0], [size], [-1]] {
            world.expectError("subset \(list)", isMisuse) { _ = try all.subset(list) }
            world.expectError("excluding \(list)", isMisuse) { _ = try all.excluding(list) }
        }
        world.expectError("translate", isMisuse) { _ = try all.translate(size, to: all) }
        guard size > 1 else { return }
        world.expectError("groups that differ", { $0.reason == "rank \(size - 1) names other ranks than rank 0" }) {
            _ = try world.subset(try all.subset(rank == size - 1 ? [0] : [0, 1]))
        }
    }
}
