import Collectives

/// The worked values of FMI's semantics, at the world sizes they are stated for and, as formulas, at all others.
enum WorkedValues {
    static func check(_ world: Communicator) throws {
        let (rank, size) = (world.rank, world.size)
        let threeAPlusB = Reduction<Int>.custom(commutative: false, associative: false) { 3 &* $0 &+ $1 }
        let folded = (1..<size).reduce(0) { 3 &* $0 &+ $1 }
        if size == 3 { world.expect(folded, 5, "3(3 * 0 + 1) + 2") }
        world.expect(try world.allReduce(rank, threeAPlusB), folded, "allReduce(3a + b)")
        world.expect(try world.allReduce(rank, .sum), size * (size - 1) / 2, "allReduce(sum)")

        for root in 0..<size {
            let mine = rank == root
            world.expect(
                try world.reduce(rank + 1, .sum, root: root), mine ? size * (size + 1) / 2 : nil, "reduce(sum)")
            let pair = Reduction<Pair>.custom(commutative: true, associative: true) {
                Pair($0.sum + $1.sum, $0.product &* $1.product)
            }
            let reduced = try world.reduce(Pair(rank + 1, 2 * (rank + 1)), pair, root: root)
            let product = (1...size).reduce(1) { $0 &* 2 &* $1 }
            world.expect(reduced, mine ? Pair(size * (size + 1) / 2, product) : nil, "reduce([sum, product])")
            if size == 4, mine { world.expect(reduced, Pair(10, 384), "reduce([sum, product]) of four") }
            world.expect(try world.broadcast(rank == root ? 42 : -1, root: root), 42, "bcast(42)")
            let list = rank == root ? Array(1...size) : nil
            world.expect(try world.scatter(list, root: root), [rank + 1], "scatter([1, 2, ...])")
        }

        let last = size - 1
        let halves = Double(rank) + 0.5
        world.expect(try world.reduce(halves, .min, root: last), rank == last ? 0.5 : nil, "reduce(min)")
        world.expect(try world.reduce(halves, .max, root: last), rank == last ? Double(size) - 0.5 : nil, "reduce(max)")

        world.expect(try world.scan(rank + 1, .sum), (rank + 1) * (rank + 2) / 2, "scan(sum)")
        world.expect(
            try world.exclusiveScan(rank + 1, .sum), rank == 0 ? nil : rank * (rank + 1) / 2, "exclusiveScan(sum)")
        let triple = Reduction<Triple>.custom(commutative: true, associative: true) {
            Triple($0.sum + $1.sum, $0.product &* $1.product, max($0.largest, $1.largest))
        }
        let scanned = try world.scan(Triple(rank + 1, 2 * (rank + 1), rank + 1), triple)
        let products = (0...rank).reduce(1) { $0 &* 2 &* ($1 + 1) }
        world.expect(scanned, Triple((rank + 1) * (rank + 2) / 2, products, rank + 1), "scan([sum, product, max])")
        if size == 4, rank == 2 { world.expect(scanned, Triple(6, 48, 3), "scan of rank 2 of four") }
    }

    /// Two numbers that are combined in different ways: a plain struct.
    struct Pair: BitwiseCopyable, Equatable {
        var sum: Int
        var product: Int
        init(_ sum: Int, _ product: Int) { (self.sum, self.product) = (sum, product) }
    }

    /// Three numbers that are combined in different ways.
    struct Triple: BitwiseCopyable, Equatable {
        var sum: Int
        var product: Int
        var largest: Int
        init(_ sum: Int, _ product: Int, _ largest: Int) {
            (self.sum, self.product, self.largest) = (sum, product, largest)
        }
    }
}
