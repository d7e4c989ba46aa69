import Collectives

/// Changes of elements that several ranks reach at the same time.
enum WindowChanges {
    static func check(_ world: Communicator) throws {
        try integers(world)
        for host in Set([0, world.size - 1]).sorted() { try tickets(world, on: host) }
        try swaps(world, on: world.size / 2, Int.self)
        try swaps(world, on: world.size - 1, UInt32.self)
        try swaps(world, on: 0, Int16.self)
        try refusedSums(world, Int8.self)
        try refusedSums(world, UInt16.self)
    }

    static func checkSums(_ world: Communicator) throws {
        try sums(world, Int.self)
        try sums(world, UInt32.self)
        try sums(world, Double.self)
        try sums(world, Float.self)
    }

    /// Every rank adds to every one, some several times.
    private static func sums<T: MPINumber>(_ world: Communicator, _ type: T.Type) throws {
        let (rank, size) = (world.rank, world.size)
        let counts = [0, 1, 7, 33]
        func values(_ rank: Int, _ count: Int) -> [T] { (0..<count).compactMap { T(exactly: 3 * rank + $0) } }
        let window = try Window<T>(count: 40 * counts.count, on: world)
        for distance in 0..<size {
            let target = (rank + distance) % size
            for (number, count) in counts.enumerated() {
                for _ in 0...rank % 2 {
                    try window.accumulate(values(rank, count), .sum, to: target, at: 40 * number + 1)
                }
            }
        }
        try window.synchronize()
        let expected = counts.flatMap { count in
            let sums = (0..<count).map { place in
                (0..<size).reduce(T.zero) { $0 + values($1, count)[place] * (T(exactly: 1 + $1 % 2) ?? 0) }
            }
            return [0] + sums + [T](repeating: 0, count: 39 - count)
        }
        world.expect(try window.withOwnElements { Array($0) }, expected, "sums of \(type)")
        try window.free()
    }

    /// All other operations, one after another.
    private static func integers(_ world: Communicator) throws {
        let (rank, size) = (world.rank, world.size)
        let cases: [(Reduction<Int32>, Int32, (Int32, Int32) -> Int32)] = [
            (.product, 1, { $0 &* $1 }), (.min, 1000, min), (.max, -1000, max), (.and, -1, { $0 & $1 }),
            (.or, 0, { $0 | $1 }), (.xor, 0, { $0 ^ $1 }),
        ]
        func values(_ rank: Int) -> [Int32] { (0..<40).map { Int32(rank * 37 % 11 - 4) * ($0 - 20) - 3 } }
        let window = try Window<Int32>(count: 40, on: world)
        for (number, (operation, start, combine)) in cases.enumerated() {
            try window.withOwnElements { $0.update(repeating: start) }
            try window.synchronize()
            for target in 0..<size { try window.accumulate(values(rank), operation, to: target, at: 0) }
            try window.synchronize()
            let expected = (0..<size).reduce([Int32](repeating: start, count: 40)) { zip($0, values($1)).map(combine) }
            world.expect(try window.withOwnElements { Array($0) }, expected, "operation \(number)")
            // Nobody begins the next one before it was looked at.
            try world.barrier()
        }
        try window.free()
        let flags = try Window<Bool>(count: 4, on: world)
        try flags.withOwnElements { $0[3] = true }
        try flags.synchronize()
        for target in 0..<size {
            try flags.accumulate([rank % 2 == 0, rank == size - 1, false], .or, to: target, at: 0)
            try flags.accumulate([rank != size - 1], .and, to: target, at: 3)
        }
        try flags.synchronize()
        world.expect(try flags.withOwnElements { Array($0) }, [true, true, false, false], "flags")
        try flags.free()
    }

    /// Every number goes to one rank; real numbers, too.
    private static func tickets(_ world: Communicator, on host: Int) throws {
        let window = try Window<Int>(count: world.rank == host ? 3 : 0, on: world)
        let sums = try Window<Double>(count: world.rank == host ? 1 : 0, on: world)
        let end = 2000
        var mine: [Int] = []
        while case let number = try window.fetchAndAccumulate(1, .sum, to: host, at: 1), number < end {
            mine.append(number)
            world.expect(try sums.fetchAndAccumulate(0.5, .sum, to: host, at: 0) <= Double(end) / 2, true, "a sum")
        }
        let all = try world.gatherVarying(mine, root: 0)
        if let all { world.expect(all.flatMap(\.self).sorted(), Array(0..<end), "numbers of rank \(host)") }
        world.expect(try window.get(3, from: host, at: 0), [0, end + world.size, 0], "the counter")
        world.expect(try sums.get(1, from: host, at: 0), [Double(end) / 2], "the sum of halves")
        try window.free()
        try sums.free()
    }

    /// Every rank counts up, and tries again where another one was faster.
    private static func swaps<T: MPINumber & FixedWidthInteger>(
        _ world: Communicator, on host: Int, _ type: T.Type
    ) throws {
        let window = try Window<T>(count: world.rank == host ? 2 : 0, on: world)
        for _ in 0..<50 {
            var known = T.zero
            while case let found = try window.compareAndSwap(expected: known, desired: known + 1, on: host, at: 1),
                found != known
            {
                known = found
            }
        }
        try window.synchronize()
        world.expect(try window.get(2, from: host, at: 0), [0, T(50 * world.size)], "swaps of \(type)")
        try window.free()
    }

    /// Narrow numbers are not added, whichever MPI runs; they are combined otherwise.
    private static func refusedSums<T: MPINumber & FixedWidthInteger>(_ world: Communicator, _ type: T.Type) throws {
        let window = try Window<T>(count: 1, on: world)
        let isRefused = { (error: CollectiveError) in
            error.kind == .misuse && error.reason.contains("no sum of 8 or 16 bits")
        }
        world.expectError("a sum of \(type)", isRefused) {
            try window.accumulate([1], .sum, to: world.rank, at: 0)
        }
        world.expectError("a fetched sum of \(type)", isRefused) {
            _ = try window.fetchAndAccumulate(1, .sum, to: world.rank, at: 0)
        }
        try window.accumulate([5], .or, to: world.rank, at: 0)
        world.expect(try window.get(1, from: world.rank, at: 0), [5], "bits of \(type)")
        try window.free()
    }
}
