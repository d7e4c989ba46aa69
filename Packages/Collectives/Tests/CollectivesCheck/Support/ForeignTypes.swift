import Collectives

extension Float16: MPINumber {}
extension Int128: MPINumber {}

/// Numbers that MPI does not know.
enum ForeignTypes {
    static func check(_ world: Communicator) throws {
        try wrappers(world, Metres.self, Pixel.self, Mistaken.self)
        try logic(world)
        let (rank, size) = (world.rank, world.size)
        let halves = (0..<37).map { Float16(rank + $0) }
        func expected(_ rule: ([Float16]) -> Float16) -> [Float16] {
            (0..<37).map { place in rule((0..<size).map { Float16($0 + place) }) }
        }
        var sum = halves
        try world.allReduce(inPlace: &sum, .sum)
        world.expect(sum, expected { $0.reduce(0, +) }, "sum of Float16")
        var largest = halves
        largest[5] = rank == 0 ? .nan : largest[5]
        try world.allReduce(inPlace: &largest, .max)
        if size > 1 { world.expect(largest, expected { $0.max() ?? 0 }, "max of Float16") }
        world.expect(try world.allReduce(Float16(rank + 1), .min), 1, "min of Float16")
        world.expect(
            try world.scan(Float16(rank < 8 ? 2 : 1), .product), Float16(1 << min(rank + 1, 8)), "product of Float16")

        let large = Int128(1) << 100 + Int128(rank)
        world.expect(try world.allReduce(large, .max), Int128(1) << 100 + Int128(size - 1), "max of Int128")
        world.expect(
            try world.allReduce(large, .sum), Int128(size) << 100 + Int128(size * (size - 1) / 2), "sum of Int128")
        world.expect(try world.allReduce(Int128.max, .product), size % 2 == 1 ? .max : 1, "product that wraps around")
        world.expect(
            try world.allReduce(Int128(1) << Int128(80 + rank), .or) >> 80, Int128(1 << size) - 1, "or of Int128")
    }

    private static func wrappers<each T: Wrapper>(_ world: Communicator, _ types: repeat (each T).Type) throws {
        repeat try check(world, (each T).self)
    }

    /// At every place of arrays, in MPI's vector code and in what that leaves over.
    private static func check<T: Wrapper>(_ world: Communicator, _ type: T.Type) throws {
        let (rank, size) = (world.rank, world.size)
        let rules: [(String, Reduction<T>, (T, T) -> T)] = [
            ("sum", .sum, { $0 + $1 }), ("product", .product, { $0 * $1 }), ("min", .min, { min($0, $1) }),
            ("max", .max, { max($0, $1) }),
        ]
        for (name, operation, rule) in rules {
            func values(_ rank: Int) -> [T] {
                // Sums stay below the 255 of a byte and above its 127; one rank has more than a signed byte takes.
                let isFew = rank < 8
                return (0..<101).map { place in
                    if name == "product" { return T(isFew ? 1 + (rank + place) % 2 : 1) }
                    return T(place % size == rank ? 200 : isFew ? place % 5 : 0)
                }
            }
            let expected = (1..<size).reduce(values(0)) { all, rank in zip(all, values(rank)).map(rule) }
            world.expect(try world.allReduce(values(rank), operation), expected, "\(name) of \(T.self)")
        }
    }

    /// Truth values, with every number of true ones.
    private static func logic(_ world: Communicator) throws {
        let (rank, size) = (world.rank, world.size)
        let values = (0..<100).map { $0 % (size + 1) > rank }
        let counts = (0..<100).map { $0 % (size + 1) }
        world.expect(try world.allReduce(values, .and), counts.map { $0 == size }, "and of Bool")
        world.expect(try world.allReduce(values, .or), counts.map { $0 > 0 }, "or of Bool")
        world.expect(try world.allReduce(values, .xor), counts.map { $0 % 2 == 1 }, "xor of Bool")
        world.expect(try world.allReduce(rank == size - 1, .or), true, "or of one Bool")
        world.expect(try world.scan(rank == 0, .or.reproducible), true, "scan of Bool")
    }
}
