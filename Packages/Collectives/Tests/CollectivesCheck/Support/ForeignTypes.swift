import Collectives

extension Float16: MPINumber {}
extension Int128: MPINumber {}

/// Numbers that MPI does not know.
enum ForeignTypes {
    static func check(_ world: Communicator) throws {
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
        world.expect(try world.scan(Float16(2), .product), Float16(1 << (rank + 1)), "product of Float16")

        let large = Int128(1) << 100 + Int128(rank)
        world.expect(try world.allReduce(large, .max), Int128(1) << 100 + Int128(size - 1), "max of Int128")
        world.expect(
            try world.allReduce(large, .sum), Int128(size) << 100 + Int128(size * (size - 1) / 2), "sum of Int128")
        world.expect(try world.allReduce(Int128.max, .product), size % 2 == 1 ? .max : 1, "product that wraps around")
        world.expect(
            try world.allReduce(Int128(1) << Int128(80 + rank), .or) >> 80, Int128(1 << size) - 1, "or of Int128")
    }
}
