import Collectives

/// Spans whose lengths do not fit: what they are to be filled with does not come, and all goes on.
enum SpanErrors {
    static func check(_ world: Communicator) throws {
        for part in [1 << 30, 64] {
            Parts.largest = part
            defer { Parts.largest = 1 << 30 }
            for distance in world.distances { try messages(world, distance) }
        }
        try allParts(world)
        guard world.size > 1 else { return }
        try lengths(world)
        try sizes(world)
    }

    /// Too short, too long, and the one that fits behind them.
    private static func messages(_ world: Communicator, _ distance: Int) throws {
        let (rank, size) = (world.rank, world.size)
        let (next, previous) = ((rank + distance) % size, (rank + size - distance) % size)
        let before = [Int](repeating: -2, count: 5)
        for length in [0, 4, 6, 30] {
            let reason = "rank \(previous) sent \(8 * length) bytes instead of 40"
            func expectRefused(_ what: String, _ body: (inout MutableSpan<Int>) throws -> Void) {
                world.expectError(what, { $0.reason == reason }) {
                    try Spans.expectFilled(world, before, before, what, body)
                }
            }
            let values = Spans.values(rank, length)
            try world.send(values, to: next)
            expectRefused("a message of \(length)") { try world.receive(into: &$0, from: previous) }
            expectRefused("sendReceive of \(length)") {
                try world.sendReceive(values.span, into: &$0, to: next, from: previous)
            }
        }
        try world.send(Spans.values(rank, 5), to: next)
        try Spans.expectFilled(world, before, Spans.values(previous, 5), "after them") {
            try world.receive(into: &$0, from: previous)
        }
        guard distance == 0 else { return }
        world.expectError("nothing was sent", { $0.kind == .misuse && $0.reason.contains("itself") }) {
            try Spans.expectFilled(world, before, before, "") { try world.receive(into: &$0, from: rank) }
        }
        for (rank, tag) in [(size, 0), (-1, 0), (rank, -1)] {
            world.expectError("rank \(rank), tag \(tag)", { $0.kind == .misuse }) {
                try Spans.expectFilled(world, before, before, "") { try world.receive(into: &$0, from: rank, tag: tag) }
            }
            world.expectError("rank \(rank), tag \(tag)", { $0.kind == .misuse }) {
                try world.send(before.span, to: rank, tag: tag)
            }
        }
    }

    /// Memory for all parts that is too short or too long, on one rank.
    private static func allParts(_ world: Communicator) throws {
        let (rank, size) = (world.rank, world.size)
        let own = Spans.values(rank, 4)
        for odd in world.distances {
            for excess in [-1, 1] {
                let isWrong: (CollectiveError) -> Bool = {
                    $0.kind == .misuse && $0.reason.hasPrefix("on rank \(odd), the array of all parts")
                }
                let room = [Int](repeating: 0, count: 4 * size + (rank == odd ? excess : 0))
                func expectRefused(_ what: String, _ body: (inout MutableSpan<Int>) throws -> Void) {
                    world.expectError(what, isWrong) { try Spans.expectFilled(world, room, room, what, body) }
                }
                expectRefused("gather") { try world.gather(own.span, into: &$0, root: odd) }
                expectRefused("allGather") { try world.allGather(own.span, into: &$0) }
                world.expectError("scatter", isWrong) {
                    try Spans.expectFilled(world, own, own, "scatter") {
                        try world.scatter(room.span, into: &$0, root: odd)
                    }
                }
            }
        }
        world.expect(try world.allReduce(1, .sum), size, "a sum after them")
    }

    private static func lengths(_ world: Communicator) throws {
        let last = world.size - 1
        let own = Spans.values(world.rank, world.rank == last ? 5 : 4)
        let differ = CollectiveError.Kind.lengthsDiffer(
            shortest: 4, rankOfShortest: 0, longest: 5, rankOfLongest: last)
        func expectRefused(_ what: String, _ body: (inout MutableSpan<Int>) throws -> Void) {
            world.expectError(what, { $0.kind == differ }) { try Spans.expectFilled(world, own, own, what, body) }
        }
        expectRefused("broadcast") { try world.broadcast(into: &$0, root: last) }
        expectRefused("allReduce") { try world.allReduce(inPlace: &$0, .sum) }
        let all = [Int](repeating: 0, count: own.count * world.size)
        world.expectError("gather", { $0.kind == differ }) {
            try Spans.expectFilled(world, all, all, "gather") { try world.gather(own.span, into: &$0, root: 0) }
        }
        expectRefused("scatter") { try world.scatter(all.span, into: &$0, root: 0) }
    }

    private static func sizes(_ world: Communicator) throws {
        let differ: (CollectiveError) -> Bool = { if case .sizesDiffer = $0.kind { true } else { false } }
        world.expectError("sizes of elements", differ) {
            if world.rank == 0 {
                var bytes: [UInt8] = [1, 2]
                var span = bytes.mutableSpan
                try world.broadcast(into: &span, root: 0)
            } else {
                var numbers = [1, 2]
                var span = numbers.mutableSpan
                try world.broadcast(into: &span, root: 0)
            }
        }
    }
}
