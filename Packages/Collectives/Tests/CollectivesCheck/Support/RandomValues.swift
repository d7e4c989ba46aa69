import Collectives

/// Every operation against a plain fold over what all ranks hold, for seeded random lengths and values.
enum RandomValues {
    static func check(_ world: Communicator) throws {
        try operations(world)
        try sums(world, Int8.self, Int16.self, Int32.self, Int64.self, Int.self)
        try sums(world, UInt8.self, UInt16.self, UInt32.self, UInt64.self, UInt.self)
    }

    /// Sums and products that wrap around, of arrays long enough for MPI's vector code and for what it leaves over.
    private static func sums<each T: MPINumber & FixedWidthInteger>(
        _ world: Communicator, _ types: repeat (each T).Type
    ) throws { repeat try check((each T).self, world) }

    private static func check<T: MPINumber & FixedWidthInteger>(_ type: T.Type, _ world: Communicator) throws {
        for count in [1, 31, 64, 100, 1003] {
            let all = (0..<world.size).map { rank in
                var values = Generator(state: UInt64(count * 1000 + rank))
                return (0..<count).map { _ in T(truncatingIfNeeded: values.next()) }
            }
            let sums = all.dropFirst().reduce(all[0]) { zip($0, $1).map { $0 &+ $1 } }
            let products = all.dropFirst().reduce(all[0]) { zip($0, $1).map { $0 &* $1 } }
            var reduced = all[world.rank]
            try world.allReduce(inPlace: &reduced, .sum)
            world.expect(reduced, sums, "sum of \(count) \(T.self)")
            let running = all[...world.rank].dropFirst().reduce(all[0]) { zip($0, $1).map { $0 &+ $1 } }
            world.expect(try world.scan(all[world.rank], .sum), running, "scan of \(count) \(T.self)")
            let last = world.size - 1
            world.expect(
                try world.reduce(all[world.rank], .product, root: last), world.rank == last ? products : nil,
                "product of \(count) \(T.self)")
        }
    }

    private static func operations(_ world: Communicator) throws {
        var lengths = Generator(state: 2026)
        for round in 0..<40 {
            let count = Int(lengths.next() % 50)
            let all = (0..<world.size).map { rank in
                var values = Generator(state: UInt64(round * 1000 + rank))
                return (0..<count).map { _ in Int32(truncatingIfNeeded: values.next() >> 40) - (1 << 23) }
            }
            let operations: [(Reduction<Int32>, (Int32, Int32) -> Int32)] = [
                (.sum, { $0 &+ $1 }), (.min, { min($0, $1) }), (.max, { max($0, $1) }), (.and, { $0 & $1 }),
                (.or, { $0 | $1 }),
                (.custom(commutative: true, associative: true) { $0 ^ $1 }, { $0 ^ $1 }),
                (.custom(commutative: false, associative: false) { $0 &* 3 &- $1 }, { $0 &* 3 &- $1 }),
            ]
            for (index, (operation, function)) in operations.enumerated() {
                let prefixes = all.dropFirst().reduce(into: [all[0]]) { prefixes, next in
                    prefixes.append(zip(prefixes[prefixes.count - 1], next).map(function))
                }
                let mine = all[world.rank]
                var reduced = mine
                try world.allReduce(inPlace: &reduced, operation)
                world.expect(reduced, prefixes[world.size - 1], "allReduce \(index)")
                world.expect(try world.scan(mine, operation), prefixes[world.rank], "scan \(index)")
                world.expect(
                    try world.exclusiveScan(mine, operation), world.rank == 0 ? nil : prefixes[world.rank - 1],
                    "exclusiveScan \(index)")
                let root = Int(lengths.next() % UInt64(world.size))
                world.expect(
                    try world.reduce(mine, operation, root: root),
                    world.rank == root ? prefixes[world.size - 1] : nil, "reduce \(index)")
            }
        }
    }

    /// splitmix64, the same on every rank.
    struct Generator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }
}
