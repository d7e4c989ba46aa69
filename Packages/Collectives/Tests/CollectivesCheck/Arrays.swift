import Collectives

/// Arrays of lengths round those at which the library cuts them, with all roots, against plain loops.
enum Arrays {
    static func check(_ world: Communicator) throws {
        for part in [1 << 30, 1 << 12] {
            Parts.largest = part
            defer { Parts.largest = 1 << 30 }
            // Pieces of a fold have 64 KiB, which are 2730 elements of 24 bytes.
            for count in world.size > 8 ? [0, 1, 37, 2731] : [0, 1, 37, 2730, 2731, 3 * 2730, 20_001] {
                try move(world, count)
                try fold(world, count)
            }
        }
        try keepCopies(world)
    }

    private static func elements(_ rank: Int, _ count: Int) -> [Element] {
        (0..<count).map { Element(rank + $0, 3 * rank - $0, $0 % 7) }
    }

    /// All ranks, or in a large world some: those that are the last ones among them.
    private static func roots(_ world: Communicator) -> [Int] {
        let size = world.size
        return size > 8 ? [0, size / 2, size - 2, size - 1] : Array(0..<size)
    }

    private static func move(_ world: Communicator, _ count: Int) throws {
        let (rank, size) = (world.rank, world.size)
        let (all, own) = ((0..<size).map { elements($0, count) }, elements(rank, count))
        for root in roots(world) {
            let (isRoot, what) = (rank == root, "\(count) elements, root \(root)")
            world.expect(
                try world.broadcast(isRoot ? own : nil, root: root) == all[root], true, "broadcast of \(what)")
            world.expect(
                try world.gather(own, root: root) == (isRoot ? all.flatMap(\.self) : nil), true, "gather of \(what)")
            let uneven = Array(own.prefix(max(count - rank, 0)))
            let expected = all.enumerated().map { Array($1.prefix(max(count - $0, 0))) }
            world.expect(
                try world.gatherVarying(uneven, root: root) == (isRoot ? expected : nil), true, "uneven \(what)")
            world.expect(
                try world.scatter(isRoot ? all.flatMap(\.self) : nil, root: root) == own, true, "scatter of \(what)")
        }
    }

    /// Not commutative, and of each part of an element another function.
    private static func combine(_ a: Element, _ b: Element) -> Element {
        Element(2 &* a.x &+ b.x, a.y &- b.y, a.z)
    }

    private static func fold(_ world: Communicator, _ count: Int) throws {
        let (rank, size, own) = (world.rank, world.size, elements(world.rank, count))
        let prefixes = (1..<size).reduce(into: [elements(0, count)]) {
            $0.append(zip($0[$1 - 1], elements($1, count)).map(combine))
        }
        let inOrder = Reduction<Element>.custom(commutative: false, associative: false, combine)
        for root in roots(world) {
            let reduced = try world.reduce(own, inOrder, root: root)
            world.expect(reduced == (rank == root ? prefixes[size - 1] : nil), true, "fold of \(count) on \(root)")
        }
        var reduced = own
        try world.allReduce(inPlace: &reduced, inOrder)
        world.expect(reduced == prefixes[size - 1], true, "fold of \(count) on all")
        world.expect(try world.scan(own, inOrder) == prefixes[rank], true, "scan of \(count)")
        world.expect(
            try world.exclusiveScan(own, inOrder) == (rank == 0 ? nil : prefixes[rank - 1]), true,
            "exclusiveScan of \(count)")
    }

    /// What has the same memory keeps its values.
    private static func keepCopies(_ world: Communicator) throws {
        let before = [Int](repeating: world.rank, count: 1000)
        var values = before
        try world.allReduce(inPlace: &values, .sum)
        world.expect(before.allSatisfy { $0 == world.rank }, true, "a copy of a reduced array")
        var sent = try world.broadcast(world.rank == 0 ? before : nil, root: 0)
        sent[0] = -1
        world.expect(before[0], world.rank, "a copy of what was sent")
    }

    private struct Element: BitwiseCopyable, Equatable {
        var (x, y, z): (Int, Int, Int)
        init(_ x: Int, _ y: Int, _ z: Int) { (self.x, self.y, self.z) = (x, y, z) }
    }
}
