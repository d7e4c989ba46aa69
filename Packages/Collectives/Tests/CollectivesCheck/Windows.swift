import Collectives

/// Elements of all ranks that all reach by one-sided calls.
enum Windows {
    struct Triple: BitwiseCopyable, Equatable {
        var (first, second, third): (Int8, Int32, Int16)
    }

    static func check(_ world: Communicator) throws {
        for part in [1 << 30, 64] {
            // No rank makes it small while another is at work.
            try world.barrier()
            Parts.largest = part
            for count in [0, 1, 7, 33] + (part == 64 || world.size > 8 ? [] : [50_000]) {
                try copies(world, count) { 1_000_003 * $0 + $1 }
            }
            for count in [1, 33] {
                try copies(world, count) { UInt8(truncatingIfNeeded: 17 * $0 + $1) }
                try copies(world, count) { Triple(first: Int8($0), second: Int32($1), third: 7) }
                // What must lie on a boundary that MPI does not promise.
                try copies(world, count) { SIMD4<Double>(Double($0), Double($1), 0, -1) }
            }
            try WindowChanges.checkSums(world)
            try world.barrier()
            Parts.largest = 1 << 30
        }
        try WindowChanges.check(world)
        try unevenCounts(world)
        try ownElements(world)
        try messages(world)
        try refused(world)
        try WindowRooms.checkTooLarge(world)
        try WindowEnds.check(world)
    }

    /// Every rank puts something into every one, and gets what others have put there.
    private static func copies<T: BitwiseCopyable & Equatable>(
        _ world: Communicator, _ count: Int, value: (Int, Int) -> T
    ) throws {
        let (rank, size) = (world.rank, world.size)
        func values(_ source: Int, _ target: Int) -> [T] { (0..<count).map { value(source, target + $0) } }
        // An element before and behind them must stay.
        let length = count + 2
        let window = try Window<T>(count: length * size, on: world)
        for distance in 0..<size {
            let target = (rank + distance) % size
            try window.put(values(rank, target), to: target, at: rank * length + 1)
            // It is there when it comes back.
            world.expect(
                try window.get(count, from: target, at: rank * length + 1) == values(rank, target), true,
                "\(count) of its own on rank \(target)")
        }
        try window.synchronize()
        let zero = withUnsafeTemporaryAllocation(of: T.self, capacity: 1) { memory in
            UnsafeMutableRawBufferPointer(memory).initializeMemory(as: UInt8.self, repeating: 0)
            return memory[0]
        }
        func all(_ target: Int) -> [T] { (0..<size).flatMap { [zero] + values($0, target) + [zero] } }
        world.expect(try window.withOwnElements { Array($0) == all(rank) }, true, "\(count) of each, here")
        for distance in world.distances {
            let source = (rank + distance) % size
            world.expect(
                try window.get(length * size, from: source, at: 0) == all(source), true, "\(count) on rank \(source)")
        }
        try window.free()
    }

    /// Some ranks have none; the counts are known everywhere.
    private static func unevenCounts(_ world: Communicator) throws {
        let (rank, size) = (world.rank, world.size)
        func count(_ rank: Int) -> Int { rank % 3 == 1 ? 0 : 5 * rank + 1 }
        let window = try Window<Double>(count: count(rank), on: world)
        world.expect(window.counts, (0..<size).map(count), "counts")
        world.expect(try window.withOwnElements { Array($0) }, [Double](repeating: 0, count: count(rank)), "zeros")
        // Nobody puts anything before it was looked at.
        try world.barrier()
        let isMissing = { (target: Int) in
            { (error: CollectiveError) in
                error.kind == .misuse && error.reason.hasSuffix("none of rank \(target), which has \(count(target))")
            }
        }
        for target in 0..<size {
            let end = count(target)
            if end > rank { try window.put([Double(rank)], to: target, at: rank) }
            for (length, place) in [(1, end), (1, -1), (end + 1, 0), (2, end - 1), (1, .max), (1, .min), (0, end + 1)] {
                let values = [Double](repeating: 9, count: length)
                world.expectError("put of \(length) at \(place)", isMissing(target)) {
                    try window.put(values, to: target, at: place)
                }
                world.expectError("accumulate of \(length) at \(place)", isMissing(target)) {
                    try window.accumulate(values, .sum, to: target, at: place)
                }
                world.expectError("get of \(length) at \(place)", isMissing(target)) {
                    _ = try window.get(length, from: target, at: place)
                }
            }
            for length in [-1, .max] {
                world.expectError("\(length) of them", isMissing(target)) {
                    _ = try window.get(length, from: target, at: 0)
                }
            }
            world.expectError("fetchAndAccumulate", isMissing(target)) {
                _ = try window.fetchAndAccumulate(1, .sum, to: target, at: end)
            }
        }
        try window.synchronize()
        let expected = (0..<count(rank)).map { $0 < size ? Double($0) : 0 }
        world.expect(try window.withOwnElements { Array($0) }, expected, "nothing else was written")
        try window.free()
    }

    /// What a rank writes without a call, the others get, and it sees what they put.
    private static func ownElements(_ world: Communicator) throws {
        let (rank, size) = (world.rank, world.size)
        let window = try Window<Int32>(count: 3, on: world)
        for round in 1...50 {
            let next = (rank + round) % size
            try window.withOwnElements { $0[0] = Int32(round * 100 + rank) }
            try window.synchronize()
            world.expect(try window.get(1, from: next, at: 0), [Int32(round * 100 + next)], "round \(round)")
            try window.put([Int32(round * 1000 + rank)], to: next, at: 2)
            try window.synchronize()
            let previous = (rank + round * size - round) % size
            world.expect(try window.withOwnElements { $0[2] }, Int32(round * 1000 + previous), "put in \(round)")
        }
        struct Stop: Error {}
        var hasStopped = false
        do { try window.withOwnElements { _ in throw Stop() } } catch is Stop { hasStopped = true }
        world.expect(hasStopped, true, "what the body throws")
        try window.free()
    }

    /// A message that follows says that all is there.
    private static func messages(_ world: Communicator) throws {
        let (rank, size) = (world.rank, world.size)
        let window = try Window<Int>(count: 1000, on: world)
        for round in 1...20 {
            let values = [Int](repeating: round, count: 1000)
            try window.put(values, to: (rank + 1) % size, at: 0)
            _ = try world.sendReceive(round, to: (rank + 1) % size, from: (rank + size - 1) % size)
            world.expect(try window.withOwnElements { Array($0) } == values, true, "after message \(round)")
            // Nobody puts anything before it was looked at.
            try world.barrier()
        }
        try window.free()
    }

    private static func refused(_ world: Communicator) throws {
        let (rank, size) = (world.rank, world.size)
        let isRefused = { (error: CollectiveError) in error.kind == .misuse }
        let numbers = try Window<Double>(count: 1, on: world)
        let text = "operations of MPI's own"
        let ordered = Reduction<Double>.custom(commutative: false, associative: true) { $0 - $1 }
        for operation in [ordered, .min, .max, .sum.reproducible] {
            world.expectError("an operation", { isRefused($0) && $0.reason.contains(text) }) {
                try numbers.accumulate([1], operation, to: rank, at: 0)
            }
            world.expectError("an operation", { isRefused($0) && $0.reason.contains(text) }) {
                _ = try numbers.fetchAndAccumulate(1, operation, to: rank, at: 0)
            }
        }
        for target in [-1, size] {
            world.expectError("rank \(target)", isRefused) { try numbers.put([], to: target, at: 0) }
            world.expectError("rank \(target)", isRefused) { _ = try numbers.get(0, from: target, at: 0) }
        }
        let isBig = { (error: CollectiveError) in isRefused(error) && error.reason.contains("rank \(size - 1) wants") }
        for count in [-1, Int.min, .max] {
            world.expectError("\(count) elements", isBig) {
                _ = try Window<Int>(count: rank == size - 1 ? count : 1, on: world)
            }
        }
        try numbers.free()
        guard size > 1 else { return }
        let kind = CollectiveError.Kind.sizesDiffer(smallest: 2, rankOfSmallest: 1, largest: 4, rankOfLargest: 0)
        world.expectError("elements that differ", { $0.kind == kind }) {
            if rank == 1 {
                _ = try Window<Int16>(count: 1, on: world)
            } else {
                _ = try Window<Float>(count: 1, on: world)
            }
        }
    }
}
