import Collectives

/// Every operation against a plain fold over what all ranks hold, for seeded random lengths and values.
enum RandomValues {
    static func check(_ world: Communicator) throws {
        var lengths = Generator(state: 2026)
        for round in 0..<40 {
            let count = Int(lengths.next() % 50)
            let all = (0..<world.size).map { rank in
                var values = Generator(state: UInt64(round * 1000 + rank))
                return (0..<count).map { _ in Int32(truncatingIfNeeded: values.next() >> 40) - (1 << 23) }
            }
            let operations: [(Operation<Int32>, (Int32, Int32) -> Int32)] = [
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
