import Collectives

/// Reductions in the stated order: against the same order folded here, bit by bit.
enum Reproducible {
    static func check(_ world: Communicator) throws {
        try check(world, "sum", Reduction<Double>.sum, { $0 + $1 })
        try check(world, "product", Reduction<Double>.product, { $0 * $1 })
        // Associative, and not commutative: the order of ranks shows.
        try check(world, "custom", .custom(commutative: true, associative: true) { $0 / 3 + $1 }, { $0 / 3 + $1 })
        var ones = [Int](repeating: world.rank, count: 5)
        try world.allReduce(inPlace: &ones, Reduction.sum.reproducible)
        world.expect(ones, [Int](repeating: world.size * (world.size - 1) / 2, count: 5), "integers")
    }

    private static func tree(_ values: [Double], _ combine: (Double, Double) -> Double) -> Double {
        var level = values
        while level.count > 1 {
            level = stride(from: 0, to: level.count, by: 2).map {
                $0 + 1 < level.count ? combine(level[$0], level[$0 + 1]) : level[$0]
            }
        }
        return level[0]
    }

    private static func check(
        _ world: Communicator, _ name: String, _ operation: Reduction<Double>,
        _ combine: @escaping (Double, Double) -> Double
    ) throws {
        let (rank, size, operation) = (world.rank, world.size, operation.reproducible)
        for count in [0, 1, 7, 1000, 20_000] {
            let all = (0..<size).map { rank in
                // Each place has its values, whatever the length.
                var random = RandomValues.Generator(state: UInt64(rank))
                return (0..<count).map { _ in Double(random.next() >> 11) * 0x1p-53 + 0.5 }
            }
            let columns = (0..<count).map { place in all.map { $0[place] } }
            let expected = columns.map { tree($0, combine).bitPattern }
            let what = "\(name) of \(count)"
            var reduced = all[rank]
            try world.allReduce(inPlace: &reduced, operation)
            world.expect(reduced.map(\.bitPattern) == expected, true, "allReduce, \(what)")
            for root in Set([0, size / 2, size - 1]).sorted() {
                world.expect(
                    try world.reduce(all[rank], operation, root: root)?.map(\.bitPattern) == expected, rank == root,
                    "reduce to \(root), \(what)")
            }
            let buffer = try AgreedBuffer<Double>(count: count, on: world)
            for index in 0..<count { buffer.elements[index] = all[rank][index] }
            try buffer.reduce(operation, root: size - 1)
            let isRoot = rank == size - 1
            world.expect(
                buffer.elements.map(\.bitPattern) == (isRoot ? expected : all[rank].map(\.bitPattern)), true,
                "what the ranks have after a reduce, \(what)")
            if count > 0 {
                world.expect(try world.allReduce(all[rank][0], operation).bitPattern, expected[0], "value, \(what)")
            }
            let prefixes = columns.map { $0[...rank].dropFirst().reduce($0[0], combine).bitPattern }
            world.expect(try world.scan(all[rank], operation).map(\.bitPattern) == prefixes, true, "scan, \(what)")
            guard rank > 0 else {
                world.expect(try world.exclusiveScan(all[rank], operation), nil, "exclusiveScan, \(what)")
                continue
            }
            let before = columns.map { $0[..<rank].dropFirst().reduce($0[0], combine).bitPattern }
            world.expect(
                try world.exclusiveScan(all[rank], operation)?.map(\.bitPattern) == before, true,
                "exclusiveScan, \(what)")
        }
    }
}
