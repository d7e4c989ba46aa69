import Collectives

/// Minimum and maximum by the stated rule, to the bit, at every place of arrays of every length: NaN loses against
/// numbers, and the zeros have an order.
enum Extremes {
    static func check(_ world: Communicator) throws {
        try check(world, Float.self) { $0.bitPattern }
        try check(world, Double.self) { $0.bitPattern }
        try integers(world, Int8.self, Int16.self, Int32.self, Int64.self, Int.self)
        try integers(world, UInt8.self, UInt16.self, UInt32.self, UInt64.self, UInt.self)
    }

    /// What ranks hold at a place: each pair of these meets in both orders.
    private static func value<T: MPINumber & BinaryFloatingPoint>(_ rank: Int, _ place: Int) -> T {
        let kinds: [T] = [.nan, -0.0, 0.0, 1, -1, .infinity, -.infinity, .leastNonzeroMagnitude, .nan, -.nan, 2.5]
        var random = RandomValues.Generator(state: UInt64(place * 64 + rank))
        // Some places hold NaN on every rank, and some all but one.
        if place % 13 == 3 || place % 13 == 7 && rank != place % 5 { return .nan }
        return kinds[Int(random.next() % UInt64(kinds.count))]
    }

    private static func check<T: MPINumber & BinaryFloatingPoint, Bits: Equatable>(
        _ world: Communicator, _ type: T.Type, _ bits: (T) -> Bits
    ) throws {
        for count in [0, 1, 2, 7, 8, 9, 17, 33, 65, 100, 1003] {
            let all: [[T]] = (0..<world.size).map { rank in (0..<count).map { value(rank, $0) } }
            let mine = all[world.rank]
            let rules: [(String, Reduction<T>, (T, T) -> T)] = [
                ("min", .min, { least($0, $1) }), ("max", .max, { greatest($0, $1) }),
            ]
            for (name, operation, rule) in rules {
                let what = "\(name) of \(count) \(T.self)"
                // A rank alone keeps what it has.
                let prefixes = all.dropFirst().reduce(into: [all[0]]) { prefixes, next in
                    prefixes.append(zip(prefixes[prefixes.count - 1], next).map { rule($0, $1) })
                }
                let whole = prefixes[world.size - 1].map(bits)
                var reduced = mine
                try world.allReduce(inPlace: &reduced, operation)
                world.expect(reduced.map(bits), whole, "allReduce, \(what)")
                let last = world.size - 1
                world.expect(
                    try world.reduce(mine, operation, root: last)?.map(bits), world.rank == last ? whole : nil,
                    "reduce, \(what)")
                world.expect(
                    try world.scan(mine, operation).map(bits), prefixes[world.rank].map(bits), "scan, \(what)")
                world.expect(
                    try world.exclusiveScan(mine, operation)?.map(bits),
                    world.rank == 0 ? nil : prefixes[world.rank - 1].map(bits), "exclusiveScan, \(what)")
                let buffer = try AgreedBuffer<T>(count: count, on: world)
                for index in 0..<count { buffer.elements[index] = mine[index] }
                try buffer.allReduce(operation)
                world.expect(buffer.elements.map(bits), whole, "allReduce of a buffer, \(what)")
                for place in 0..<min(count, 40) where count == 100 {
                    world.expect(
                        bits(try world.allReduce(mine[place], operation)), whole[place], "value \(place), \(what)")
                }
            }
        }
    }

    /// The rule, by the bits: numbers in their order, -0 before +0.
    private static func least<T: BinaryFloatingPoint>(_ a: T, _ b: T) -> T {
        if a.isNaN || b.isNaN { return a.isNaN ? (b.isNaN ? .nan : b) : a }
        return a.isTotallyOrdered(belowOrEqualTo: b) ? a : b
    }

    private static func greatest<T: BinaryFloatingPoint>(_ a: T, _ b: T) -> T {
        if a.isNaN || b.isNaN { return a.isNaN ? (b.isNaN ? .nan : b) : a }
        return a.isTotallyOrdered(belowOrEqualTo: b) ? b : a
    }

    private static func integers<each T: MPINumber & FixedWidthInteger>(
        _ world: Communicator, _ types: repeat (each T).Type
    ) throws { repeat try check(world, (each T).self) }

    /// Comparisons, logic and sums that wrap around, of integers of every size: in MPI's vector code and in what that
    /// leaves over.
    private static func check<T: MPINumber & FixedWidthInteger>(_ world: Communicator, _ type: T.Type) throws {
        let rules: [(String, Reduction<T>, (T, T) -> T)] = [
            ("min", .min, { Swift.min($0, $1) }), ("max", .max, { Swift.max($0, $1) }), ("and", .and, { $0 & $1 }),
            ("or", .or, { $0 | $1 }), ("xor", .xor, { $0 ^ $1 }), ("sum", .sum, { $0 &+ $1 }),
            ("product", .product, { $0 &* $1 }), ("sum by ranks", .sum.reproducible, { $0 &+ $1 }),
        ]
        for count in [1, 33, 100, 515] {
            let all = (0..<world.size).map { rank in
                var values = RandomValues.Generator(state: UInt64(count * 1000 + rank))
                return (0..<count).map { _ in T(truncatingIfNeeded: values.next()) }
            }
            for (name, operation, rule) in rules {
                var reduced = all[world.rank]
                try world.allReduce(inPlace: &reduced, operation)
                let whole = all.dropFirst().reduce(all[0]) { a, b in zip(a, b).map { rule($0, $1) } }
                world.expect(reduced, whole, "\(name) of \(count) \(T.self)")
            }
        }
    }
}
