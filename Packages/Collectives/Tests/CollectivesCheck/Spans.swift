import Collectives

/// Parts of arrays that are sent and filled where they are, against plain loops.
enum Spans {
    static func check(_ world: Communicator) throws {
        for part in [1 << 30, 1 << 12] {
            Parts.largest = part
            defer { Parts.largest = 1 << 30 }
            // 512 numbers are one part, and 1536 are three.
            for count in [0, 1, 7, 512, 1536, 10_001] {
                for distance in world.distances { try messages(world, count, distance) }
                for root in world.distances { try rooted(world, count, root) }
                try ofAll(world, count)
            }
        }
        try SpanErrors.check(world)
    }

    static func values(_ rank: Int, _ count: Int) -> [Int] { (0..<count).map { 10_000 * rank + $0 % 997 } }

    /// The bytes before and behind what is filled.
    private static let (edge, mark) = (3, -1)

    /// Ends the job unless `fill` makes `expected` of the middle of an array, and leaves its edges alone; also when it
    /// throws, which goes on to the caller.
    static func expectFilled(
        _ world: Communicator, _ before: [Int], _ expected: [Int], _ what: String,
        _ fill: (inout MutableSpan<Int>) throws -> Void
    ) throws {
        let edges = [Int](repeating: mark, count: edge)
        var all = edges + before + edges
        defer { world.expect(all == edges + expected + edges, true, "\(what), \(before.count) numbers") }
        try all.withUnsafeMutableBufferPointer { all in
            var middle = all.extracting(edge..<edge + before.count).mutableSpan
            try fill(&middle)
        }
    }

    /// An array whose middle is sent.
    private static func framed(_ values: [Int]) -> (all: [Int], middle: Range<Int>) {
        ([mark] + values + [mark, mark], 1..<values.count + 1)
    }

    private static func messages(_ world: Communicator, _ count: Int, _ distance: Int) throws {
        let (rank, size) = (world.rank, world.size)
        let (next, previous) = ((rank + distance) % size, (rank + size - distance) % size)
        let (own, zeros, expected) = (values(rank, count), [Int](repeating: 0, count: count), values(previous, count))
        let (all, middle) = framed(own)
        try expectFilled(world, zeros, expected, "sendReceive") {
            try world.sendReceive(all.span.extracting(middle), into: &$0, to: next, from: previous, tag: 8)
        }
        // What an array takes or gives on the other side.
        let send = try world.startSend(own, to: next, tag: 5)
        try expectFilled(world, zeros, expected, "receive") { try world.receive(into: &$0, from: previous, tag: 5) }
        try send.wait()
        let receive = try world.startReceive(of: Int.self, count: count, from: previous)
        try world.send(all.span.extracting(middle), to: next)
        world.expect(try receive.wait() == expected, true, "send of \(count)")
    }

    private static func rooted(_ world: Communicator, _ count: Int, _ root: Int) throws {
        let (rank, size, isRoot) = (world.rank, world.size, world.rank == root)
        let (own, zeros) = (values(rank, count), [Int](repeating: 0, count: count))
        let everyones = (0..<size).flatMap { values($0, count) }
        try expectFilled(world, isRoot ? own : zeros, values(root, count), "broadcast") {
            try world.broadcast(into: &$0, root: root)
        }
        let (all, middle) = framed(own)
        // On the others, memory of another length stays as it is.
        let room = isRoot ? [Int](repeating: 0, count: count * size) : [7, 8]
        try expectFilled(world, room, isRoot ? everyones : room, "gather") {
            try world.gather(all.span.extracting(middle), into: &$0, root: root)
        }
        let dealt = framed(isRoot ? everyones : [])
        try expectFilled(world, zeros, own, "scatter") {
            try world.scatter(dealt.all.span.extracting(dealt.middle), into: &$0, root: root)
        }
    }

    private static func ofAll(_ world: Communicator, _ count: Int) throws {
        let (rank, size) = (world.rank, world.size)
        let (own, everyones) = (values(rank, count), (0..<size).map { values($0, count) })
        let ((all, middle), zeros) = (framed(own), [Int](repeating: 0, count: count * size))
        try expectFilled(world, zeros, everyones.flatMap(\.self), "allGather") {
            try world.allGather(all.span.extracting(middle), into: &$0)
        }
        let combine = { (a: Int, b: Int) in 2 &* a &- b }
        let folded = everyones.dropFirst().reduce(everyones[0]) { zip($0, $1).map(combine) }
        let summed = everyones.dropFirst().reduce(everyones[0]) { zip($0, $1).map(+) }
        let inOrder = Reduction<Int>.custom(commutative: false, associative: false, combine)
        try expectFilled(world, own, folded, "a fold in order") { try world.allReduce(inPlace: &$0, inOrder) }
        // Some ranks have arrays.
        guard rank % 2 == 0 else {
            var array = own
            try world.allReduce(inPlace: &array, .sum)
            world.expect(array == summed, true, "the sum of \(count), as an array")
            return world.expect(try world.allGather(own) == everyones.flatMap(\.self), true, "all, as an array")
        }
        try expectFilled(world, own, summed, "a sum") { try world.allReduce(inPlace: &$0, .sum) }
        try expectFilled(world, zeros, everyones.flatMap(\.self), "beside arrays") {
            try world.allGather(own.span, into: &$0)
        }
    }
}
