import Collectives

/// The latency of each collective over its size, for `Benchmarks/collectives.py`, which compares it with the same loops
/// in C and in Python: they take the same numbers of the same calls, and print the same table.
enum Latency {
    static let modes: [String: @Sendable (Communicator) throws -> Void] = [
        "latency": { world in
            try measure(world, "blocking")
            try world.setPatience(Patience(deadline: .seconds(60)))
            try measure(world, "deadline")
        },
        "latency-orders": { world in
            for kind in ["blocking", "deadline"] {
                try world.setPatience(Patience(deadline: kind == "deadline" ? .seconds(60) : nil))
                try measureOrders(world, kind)
            }
        },
        "latency-types": measureTypes,
        "latency-messages": { world in
            for kind in ["blocking", "deadline"] {
                try world.setPatience(Patience(deadline: kind == "deadline" ? .seconds(60) : nil))
                try measureMessages(world, kind)
            }
        },
    ]

    /// What a fixed order costs, and a function.
    private static func measureOrders(_ world: Communicator, _ kind: String) throws {
        let custom = Reduction<Double>.custom(commutative: true, associative: true) { $0 + $1 }
        for bytes in sizes {
            let buffer = try AgreedBuffer<Double>(count: bytes / 8, on: world)
            let operations: [(String, Reduction<Double>)] = [
                ("sum", .sum), ("reproducible sum", .sum.reproducible), ("function", custom),
            ]
            for (name, operation) in operations {
                try time(world, kind, "allreduce \(name)", bytes: bytes) { try buffer.allReduce(operation) }
                try time(world, kind, "reduce \(name)", bytes: bytes) { try buffer.reduce(operation, root: 0) }
                try time(world, kind, "scan \(name)", bytes: bytes) { try buffer.scan(operation) }
            }
        }
    }

    /// What MPI combines itself and what Swift does, in arrays of the same length in bytes.
    private static func measureTypes(_ world: Communicator) throws {
        try measure(world, "Int32 sum", Reduction<Int32>.sum)
        try measure(world, "Int8 sum", Reduction<Int8>.sum)
        try measure(world, "UInt8 sum", Reduction<UInt8>.sum)
        try measure(world, "Int16 sum", Reduction<Int16>.sum)
        try measure(world, "UInt16 sum", Reduction<UInt16>.sum)
        try measure(world, "Int16 product", Reduction<Int16>.product)
        try measure(world, "UInt16 min", Reduction<UInt16>.min)
        try measure(world, "UInt64 max", Reduction<UInt64>.max)
        try measure(world, "Double min", Reduction<Double>.min)
        try measure(world, "Located<Double> min", Reduction<Located<Double>>.minLocation())
        try measure(world, "Located<Int32> max", Reduction<Located<Int32>>.maxLocation())
        try measure(world, "Float16 sum", Reduction<Float16>.sum)
        try measure(world, "Float16 min", Reduction<Float16>.min)
        try measure(world, "Int128 sum", Reduction<Int128>.sum)
    }

    private static func measure<T>(_ world: Communicator, _ name: String, _ operation: Reduction<T>) throws {
        let bytes = 1 << 22
        let buffer = try AgreedBuffer<T>(count: bytes / MemoryLayout<T>.stride, on: world)
        try time(world, "blocking", "allreduce \(name)", bytes: bytes, blocks: 10) { try buffer.allReduce(operation) }
    }

    /// There and back, between neighbours.
    private static func measureMessages(_ world: Communicator, _ kind: String) throws {
        let peer = world.rank ^ 1
        for bytes in sizes {
            let message = [Double](repeating: 1, count: bytes / 8)
            try time(world, kind, "message and answer", bytes: bytes) {
                guard peer < world.size else { return }
                if world.rank < peer { try world.send(message, to: peer) }
                _ = try world.receiveArray(of: Double.self, from: peer)
                if world.rank > peer { try world.send(message, to: peer) }
            }
            guard world.size % 2 == 0 else { continue }
            try time(world, kind, "exchange of messages", bytes: bytes) {
                _ = try world.sendReceive(message, to: peer, from: peer)
            }
        }
    }

    private static let sizes = [8, 64, 512, 4096, 32768, 262_144, 4_194_304]
    private static let blocks = 40

    private static func measure(_ world: Communicator, _ kind: String) throws {
        try time(world, kind, "barrier", bytes: 0) { try world.barrier() }
        let sum = Reduction<Double>.sum
        for bytes in sizes {
            let buffer = try AgreedBuffer<Double>(count: bytes / 8, on: world)
            let shares = try AgreedBuffer<Double>(count: bytes / 8 * world.size, on: world)
            try time(world, kind, "broadcast", bytes: bytes) { try buffer.broadcast(root: 0) }
            try time(world, kind, "reduce", bytes: bytes) { try buffer.reduce(sum, root: 0) }
            try time(world, kind, "allreduce", bytes: bytes) { try buffer.allReduce(sum) }
            try time(world, kind, "gather", bytes: bytes) { try shares.gather(root: 0) }
            try time(world, kind, "allgather", bytes: bytes) { try shares.allGather() }
            try time(world, kind, "scatter", bytes: bytes) { try shares.scatter(root: 0) }
            try time(world, kind, "scan", bytes: bytes) { try buffer.scan(sum) }
            try time(world, kind, "exclusive scan", bytes: bytes) { try buffer.exclusiveScan(sum) }
        }
    }

    /// The fastest of some blocks of calls, each as long as its slowest rank took.
    static func time(
        _ world: Communicator, _ kind: String, _ routine: String, bytes: Int, blocks: Int = blocks,
        _ body: () throws -> Void
    ) throws {
        let calls = max(bytes > 1 << 22 ? 1 : 2, min(200, (1 << 21) / max(bytes, 1)))
        var times: [Double] = []
        for _ in 0..<blocks + 1 {
            try world.barrier()
            let start = ContinuousClock.now
            for _ in 0..<calls { try body() }
            times.append((ContinuousClock.now - start) / .microseconds(1) / Double(calls))
        }
        // The first block warms up.
        times.removeFirst()
        try world.allReduce(inPlace: &times, .max)
        if world.rank == 0 { print("\(kind),\(routine),\(bytes),\(times.min() ?? 0)") }
    }
}
