import Collectives

/// Lengths that differ between ranks: the same typed error on every rank, and the communicator works afterwards.
enum Lengths {
    static func check(_ world: Communicator) throws {
        guard world.size > 1 else { return }
        // The middle rank is the odd one out.
        let odd = world.size / 2
        let values = [Int](repeating: 1, count: world.rank == odd ? 3 : 4)
        let reference = CollectiveError.Kind.lengthsDiffer(
            shortest: 3, rankOfShortest: odd, longest: 4, rankOfLongest: odd == 0 ? 1 : 0)
        let subtract = Reduction<Int>.custom(commutative: false, associative: false) { $0 - $1 }
        let calls: [(String, () throws -> Void)] = [
            ("gather", { _ = try world.gather(values, root: 0) }),
            ("reduce", { _ = try world.reduce(values, .sum, root: world.size - 1) }),
            ("reduce in order", { _ = try world.reduce(values, subtract, root: 0) }),
            ("scan", { _ = try world.scan(values, .sum) }),
            ("exclusiveScan", { _ = try world.exclusiveScan(values, subtract) }),
            (
                "allReduce",
                {
                    var changed = values
                    try world.allReduce(inPlace: &changed, .max)
                }
            ),
            (
                "broadcast into memory",
                {
                    var changed = [UInt8](repeating: 0, count: values.count)
                    try changed.withUnsafeMutableBytes { try world.broadcast(into: $0, root: 0) }
                }
            ),
        ]
        for (name, call) in calls {
            world.expectError(name, { $0.kind == reference }, call)
            world.expect(try world.allReduce(1, .sum), world.size, "a sum after \(name) failed")
        }
        world.expectError("an uneven scatter", { $0.reason.contains("dealt evenly") }) {
            _ = try world.scatter(world.rank == 0 ? Array(0...world.size) : nil, root: 0)
        }
        world.expectError("a scatter of too few parts", { $0.reason.contains("arrays") }) {
            _ = try world.scatterVarying(world.rank == 0 ? [[1]] : nil, root: 0)
        }
    }
}
