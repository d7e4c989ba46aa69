import Collectives

/// The time of arrays of 64 MB a rank, for `Benchmarks/collectives.py`: results come in arrays of their own.
enum LongArrays {
    static let modes: [String: @Sendable (Communicator) throws -> Void] = [
        "latency-arrays": { world in
            try measure(world, "blocking")
            try world.setPatience(Patience(deadline: .seconds(60)))
            try measure(world, "deadline")
        }
    ]

    private static let blocks = 9

    private static func measure(_ world: Communicator, _ kind: String) throws {
        let count = 1 << 23
        var values = [Double](repeating: 1, count: count)
        let sum = Reduction<Double>.sum
        let ordered = Reduction<Double>.custom(commutative: false, associative: false) { 0.5 * $0 + $1 }
        func time(_ routine: String, _ body: () throws -> Void) throws {
            try Latency.time(world, kind, routine, bytes: 8 * count, blocks: blocks, body)
        }
        try time("allreduce array") { try world.allReduce(inPlace: &values, sum) }
        try time("broadcast array") { _ = try world.broadcast(world.rank == 0 ? values : nil, root: 0) }
        try time("gather array") { _ = try world.gather(values, root: 0) }
        try time("scan array") { _ = try world.scan(values, sum) }
        try time("fold array in order") { _ = try world.reduce(values, ordered, root: 0) }
        try time("scan array in order") { _ = try world.scan(values, ordered) }
        try time("reduce-scatter array") { _ = try world.reduceScatter(values, sum) }
        // Memory that is used again.
        let buffer = try AgreedBuffer<Double>(count: count, on: world)
        for index in values.indices { buffer.elements[index] = 1 }
        try time("broadcast buffer") { try buffer.broadcast(root: 0) }
        try time("scan buffer") { try buffer.scan(sum) }
        let shares = try AgreedBuffer<Double>(count: count * world.size, on: world)
        for index in shares.elements.indices { shares.elements[index] = 1 }
        try time("gather buffer") { try shares.gather(root: 0) }
    }
}
