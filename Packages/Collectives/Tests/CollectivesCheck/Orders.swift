import Collectives

/// The order of evaluation: strictly left to right where a function is not declared free, and always the same.
enum Orders {
    static func check(_ world: Communicator) throws {
        let (rank, size) = (world.rank, world.size)
        let functions: [(String, (Double, Double) -> Double)] = [
            ("a - b", { $0 - $1 }), ("a / 2 + b", { $0 / 2 + $1 }), ("first", { a, _ in a }), ("last", { _, b in b }),
        ]
        func value(_ rank: Int) -> Double { 1 / Double(rank + 1) + Double(rank * rank % 7) }
        for (name, function) in functions {
            for flags in [(false, false), (true, false), (false, true)] {
                let operation = Reduction.custom(commutative: flags.0, associative: flags.1, function)
                let prefixes = (1..<max(size, 1)).reduce(into: [value(0)]) {
                    $0.append(function($0[$1 - 1], value($1)))
                }
                world.expect(try world.allReduce(value(rank), operation), prefixes[size - 1], "allReduce(\(name))")
                world.expect(
                    try world.reduce(value(rank), operation, root: size / 2),
                    rank == size / 2 ? prefixes[size - 1] : nil, "reduce(\(name))")
                world.expect(try world.scan(value(rank), operation), prefixes[rank], "scan(\(name))")
                world.expect(
                    try world.exclusiveScan(value(rank), operation), rank == 0 ? nil : prefixes[rank - 1],
                    "exclusiveScan(\(name))")
                world.expect(
                    try world.scan([value(rank), 0], operation)[0], prefixes[rank], "scan(\(name)) of arrays")
            }
        }
        // A sum whose rounding depends on its order: the same ranks give the same bits, however often.
        let numbers = (0..<1000).map { 1 / Double(($0 &* 7919 &+ rank &* 104_729) % 10_007 + 1) }
        var first = numbers
        try world.allReduce(inPlace: &first, .sum)
        for _ in 0..<5 {
            var again = numbers
            try world.allReduce(inPlace: &again, .sum)
            world.expect(again.map(\.bitPattern), first.map(\.bitPattern), "the bits of a sum")
        }
        try locations(world)
    }

    private static func locations(_ world: Communicator) throws {
        let (rank, size) = (world.rank, world.size)
        // Values that tie; the lowest rank that has the value wins.
        func value(_ rank: Int) -> Int { min(max(rank, 1), max(size - 2, 1)) }
        let values = (0..<size).map(value)
        let lowest = try world.allReduce(Located(value(rank), rank: rank), .minLocation())
        let highest = try world.allReduce(Located(value(rank), rank: rank), .maxLocation())
        let (least, most) = (values.min() ?? 0, values.max() ?? 0)
        world.expect([lowest.value, lowest.rank], [least, values.firstIndex(of: least) ?? -1], "minLocation")
        world.expect([highest.value, highest.rank], [most, values.firstIndex(of: most) ?? -1], "maxLocation")
        // A value that is not a number, on any one rank, loses wherever MPI meets it.
        for odd in 0..<world.size where world.size > 1 {
            let mine = Located(rank == odd ? Double.nan : Double(-rank), rank: rank)
            let others = (0..<world.size).filter { $0 != odd }
            world.expect(try world.allReduce(mine, .minLocation()).rank, others[others.count - 1], "minimum beside NaN")
            world.expect(try world.allReduce(mine, .maxLocation()).rank, others[0], "maximum beside NaN")
        }
    }
}
