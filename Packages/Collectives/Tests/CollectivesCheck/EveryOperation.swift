import Collectives

/// Every operation with every root, of no element, one, and an odd number of them, in one piece and in parts: against
/// plain loops, and short enough for worlds of many ranks.
enum EveryOperation {
    static func check(_ world: Communicator) throws {
        let or = Reduction<Int32>.custom(commutative: true, associative: true) { $0 | $1 }
        let inOrder = Reduction<Int32>.custom(commutative: false, associative: false) { 3 &* $0 &+ $1 }
        // The longest go past the short limit in bytes and in elements.
        for part in [1 << 30, 4] {
            Parts.largest = part
            defer { Parts.largest = 1 << 30 }
            for count in [0, 1, 7] {
                let calls = Calls(world: world, count: count, what: "of \(count), parts of \(part)")
                for root in 0..<world.size { try calls.move(root) }
                try calls.moveToAll()
                try calls.reduce("sum", 0, Reduction<Int32>.sum) { $0 &+ $1 }
                try calls.reduce("or", 1, or) { $0 | $1 }
                try calls.reduce("3a + b", 2, inOrder) { 3 &* $0 &+ $1 }
                // Numbers whose sums have one result in any order.
                try calls.reduce("fixed sum", 3, Reduction<Float>.sum.reproducible) { $0 + $1 }
                try calls.reduce("largest", 4, Reduction<Float>.max) { max($0, $1) }
            }
        }
    }
}

/// Operations with arrays of one length.
private struct Calls {
    let world: Communicator
    let count: Int
    let what: String

    private var rank: Int { world.rank }
    private var size: Int { world.size }

    private func values<T: MPINumber>(_ rank: Int, _ count: Int) -> [T] {
        (0..<count).map { T(exactly: 1 + (rank + 5 * $0) % 100)! }
    }

    private func all(_ count: Int) -> [[Int32]] { (0..<size).map { values($0, count) } }

    private func expect<T: Equatable>(_ actual: T, _ expected: T, _ operation: String) {
        world.expect(actual == expected, true, "\(operation) \(what)")
    }

    /// What is sent to one rank or by one.
    func move(_ root: Int) throws {
        let (isRoot, all) = (rank == root, all(count))
        let (own, joined, name) = (all[rank], all.flatMap(\.self), "with root \(root)")
        expect(try world.broadcast(isRoot ? own : nil, root: root), all[root], "broadcast \(name)")
        var copy = own
        try copy.withUnsafeMutableBytes { try world.broadcast(into: $0, root: root) }
        expect(copy, all[root], "broadcast into memory \(name)")
        expect(try world.gather(own, root: root), isRoot ? joined : nil, "gather \(name)")
        expect(try world.scatter(isRoot ? joined : nil, root: root), own, "scatter \(name)")
        // The root has the longest, and some have nothing.
        let uneven = (0..<size).map { all[$0].prefix(($0 == root ? 7 : $0 % 3) * count / 7) }.map(Array.init)
        expect(try world.gatherVarying(uneven[rank], root: root), isRoot ? uneven : nil, "gatherVarying \(name)")
        expect(try world.scatterVarying(isRoot ? uneven : nil, root: root), uneven[rank], "scatterVarying \(name)")
    }

    /// What all send and receive.
    func moveToAll() throws {
        let all = all(count)
        expect(try world.allGather(all[rank]), all.flatMap(\.self), "allGather")
        let uneven = all.enumerated().map { Array($1.prefix($0 % 3 * count / 2)) }
        expect(try world.allGatherVarying(uneven[rank]), uneven, "allGatherVarying")
        func message(_ source: Int, _ target: Int) -> [Int32] { all[source].map { 1000 * Int32(target) + $0 } }
        let (sent, received) = ((0..<size).map { message(rank, $0) }, (0..<size).map { message($0, rank) })
        expect(try world.allToAll(sent.flatMap(\.self)), received.flatMap(\.self), "allToAll")
        let (next, previous) = ((rank + 1) % size, (rank + size - 1) % size)
        expect(try world.sendReceive(all[rank], to: next, from: previous), all[previous], "sendReceive")
        // It does not go in parts.
        guard Parts.largest > 1 << 20 else { return }
        func part(_ source: Int, _ target: Int) -> [Int32] {
            Array(message(source, target).prefix((source + target) % 3 * count / 2))
        }
        expect(
            try world.allToAllVarying((0..<size).map { part(rank, $0) }), (0..<size).map { part($0, rank) },
            "allToAllVarying")
    }

    /// Reductions to each rank and to all, and scans.
    ///
    /// - Parameter number: In a large world each of five operations has every fifth root, from this one on.
    func reduce<T: MPINumber>(
        _ name: String, _ number: Int, _ operation: Reduction<T>, _ rule: (T, T) -> T
    ) throws {
        let own: [T] = values(rank, count)
        let prefixes = (1..<size).reduce(into: [values(0, count)]) {
            $0.append(zip($0[$1 - 1], values($1, count)).map(rule))
        }
        let whole = prefixes[size - 1]
        for root in size > 8 ? Array(stride(from: number, to: size, by: 5)) : Array(0..<size) {
            let reduced = try world.reduce(own, operation, root: root)
            expect(reduced, rank == root ? whole : nil, "reduce, \(name), with root \(root)")
        }
        expect(try world.allReduce(own, operation), whole, "allReduce, \(name),")
        var changed = own
        try world.allReduce(inPlace: &changed, operation)
        expect(changed, whole, "allReduce in place, \(name),")
        expect(try world.scan(own, operation), prefixes[rank], "scan, \(name),")
        let before = rank == 0 ? nil : prefixes[rank - 1]
        expect(try world.exclusiveScan(own, operation), before, "exclusiveScan, \(name),")
        let parts = (0..<size).flatMap { _ in own }
        expect(try world.reduceScatter(parts, operation), whole, "reduceScatter, \(name),")
    }
}
