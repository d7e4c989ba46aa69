import Collectives

/// Operations whose results all ranks have: against plain loops, for lengths of 0, 1 and odd ones, and in parts.
enum ToAll {
    /// Plain struct of an odd size.
    private struct Triple: BitwiseCopyable, Equatable {
        var (a, b, c): (UInt8, UInt8, UInt8)

        init(_ number: Int) {
            (a, b, c) = (UInt8(truncatingIfNeeded: number), UInt8(truncatingIfNeeded: number >> 8), 7)
        }
    }

    static func check(_ world: Communicator) throws {
        for largest in [1 << 30, 64] {
            let usual = Parts.largest
            // No rank makes it small while another is at work.
            try world.barrier()
            Parts.largest = largest
            for count in [0, 1, 7, 33, 257] {
                try gather(world, count, "parts of \(largest)")
                try reduce(world, count, "parts of \(largest)")
                try exchange(world, count, "parts of \(largest)")
            }
            try world.barrier()
            Parts.largest = usual
        }
        try errors(world)
    }

    private static func gather(_ world: Communicator, _ count: Int, _ what: String) throws {
        let (rank, size) = (world.rank, world.size)
        func values(_ rank: Int, _ count: Int) -> [Int] { (0..<count).map { 1000 * rank + $0 } }
        world.expect(
            try world.allGather(values(rank, count)), (0..<size).flatMap { values($0, count) },
            "allGather of \(count), \(what)")
        world.expect(
            try world.allGather(values(rank, count).map(Triple.init)),
            (0..<size).flatMap { values($0, count).map(Triple.init) }, "allGather of \(count) triples, \(what)")
        // One rank has nothing, and it is a different one each time.
        func own(_ rank: Int) -> Int { (rank + count) % size * count }
        world.expect(
            try world.allGatherVarying(values(rank, own(rank)).map(Triple.init)),
            (0..<size).map { values($0, own($0)).map(Triple.init) }, "allGatherVarying of \(count), \(what)")
    }

    private static func reduce(_ world: Communicator, _ count: Int, _ what: String) throws {
        let (rank, size) = (world.rank, world.size)
        func values(_ rank: Int) -> [Double] { (0..<count * size).map { 0.1 * Double(rank + 1) + Double($0) } }
        let operations: [(String, Reduction<Double>)] = [
            ("min", .min), ("custom", .custom(commutative: true, associative: true) { max($0, $1) }),
            ("ordered", .custom(commutative: false, associative: false) { $0 - 2 * $1 }), ("tree", .sum.reproducible),
        ]
        for (name, operation) in operations {
            let reduced = try world.allReduce(values(rank), operation)
            // These have one result in whatever order MPI has chosen.
            world.expect(
                try world.reduceScatter(values(rank), operation), Array(reduced[rank * count..<(rank + 1) * count]),
                "reduceScatter, \(name), of \(count), \(what)")
            let first = try (0..<min(count, 1)).map { try world.allReduce(values(rank)[$0], operation) }
            world.expect(Array(reduced.prefix(1)), first, "allReduce, \(name), of \(count), \(what)")
        }
        let numbers = (0..<count * size).map { $0 + rank }
        let sums = (0..<count * size).map { size * $0 + size * (size - 1) / 2 }
        world.expect(try world.allReduce(numbers, .sum), sums, "allReduce of \(count), \(what)")
        world.expect(
            try world.reduceScatter(numbers, .sum), Array(sums[rank * count..<(rank + 1) * count]),
            "reduceScatter of \(count), \(what)")
    }

    private static func exchange(_ world: Communicator, _ count: Int, _ what: String) throws {
        let (rank, size) = (world.rank, world.size)
        func message(_ source: Int, _ target: Int) -> [Triple] {
            (0..<count).map { Triple(1000 * source + 100 * target + $0) }
        }
        world.expect(
            try world.allToAll((0..<size).flatMap { message(rank, $0) }), (0..<size).flatMap { message($0, rank) },
            "allToAll of \(count), \(what)")
        guard Parts.largest > 1 << 20 else { return }
        func varying(_ source: Int, _ target: Int) -> [Triple] {
            Array(message(source, target).prefix(source * target))
        }
        world.expect(
            try world.allToAllVarying((0..<size).map { varying(rank, $0) }), (0..<size).map { varying($0, rank) },
            "allToAllVarying of \(count)")
    }

    private static func errors(_ world: Communicator) throws {
        let (rank, size) = (world.rank, world.size)
        guard size > 1 else { return }
        let calls: [(String, ([Int]) throws -> Void)] = [
            ("allGather", { _ = try world.allGather($0) }), ("allReduce", { _ = try world.allReduce($0, .sum) }),
            ("reduceScatter", { _ = try world.reduceScatter($0, .sum) }), ("allToAll", { _ = try world.allToAll($0) }),
        ]
        for (name, call) in calls {
            world.expectError("\(name) of other lengths", Memory.isLengthError) {
                try call([Int](repeating: 1, count: rank == size - 1 ? size : 2 * size))
            }
            guard name == "reduceScatter" || name == "allToAll" else { continue }
            world.expectError("\(name) that leaves a rest", { $0.reason.contains("dealt evenly") }) {
                try call([Int](repeating: 1, count: size + 1))
            }
        }
        let isSizeError: (CollectiveError) -> Bool = { $0.reason.contains("sizes of elements differ") }
        world.expectError("allGatherVarying of other elements", isSizeError) {
            if rank == 0 { _ = try world.allGatherVarying([Int8(1)]) } else { _ = try world.allGatherVarying([1]) }
        }
        world.expectError("too few for allToAllVarying", { $0.reason.contains("rank \(size - 1) does not give") }) {
            _ = try world.allToAllVarying([[Int]](repeating: [1], count: rank == size - 1 ? 1 : size))
        }
        world.expect(try world.allReduce(1, .sum), size, "a sum after it")
    }
}
