import Collectives
import Glibc

/// Buffers whose length was agreed on.
enum Buffers {
    static func check(_ world: Communicator) throws {
        let (rank, size) = (world.rank, world.size)
        let subtract = Reduction<Int>.custom(commutative: false, associative: false) { $0 - $1 }
        let largest = Reduction<Int>.custom(commutative: true, associative: true) { max($0, $1) }
        for count in [0, 1, 5, 10_000] {
            let buffer = try AgreedBuffer<Int>(count: count * size, on: world)
            let elements = buffer.elements
            world.expect(elements.allSatisfy { $0 == 0 }, true, "zero at first")
            world.expect(elements.count, count * size, "count")
            func fill() { for index in elements.indices { elements[index] = 100 * rank + index } }
            func expectAll(_ what: String, _ value: (Int) -> Int) {
                world.expect(Array(elements), (0..<count * size).map(value), "\(what) of \(count) on each rank")
            }
            for root in Set([0, size / 2, size - 1]).sorted() {
                let isRoot = rank == root
                fill()
                try buffer.broadcast(root: root)
                expectAll("broadcast") { 100 * root + $0 }
                fill()
                try buffer.reduce(.sum, root: root)
                expectAll("reduce") { isRoot ? 50 * size * (size - 1) + size * $0 : 100 * rank + $0 }
                fill()
                try buffer.reduce(subtract, root: root)
                expectAll("reduce in order") {
                    isRoot ? -50 * size * (size - 1) - (size - 2) * $0 : 100 * rank + $0
                }
                fill()
                try buffer.gather(root: root)
                expectAll("gather") { 100 * (isRoot ? $0 / count : rank) + $0 }
                fill()
                try buffer.scatter(root: root)
                expectAll("scatter") { 100 * ($0 / count == rank ? root : rank) + $0 }
            }
            fill()
            try buffer.allGather()
            expectAll("allGather") { 100 * ($0 / count) + $0 }
            fill()
            try buffer.allReduce(largest)
            expectAll("allReduce") { 100 * (size - 1) + $0 }
            fill()
            try buffer.allReduce(.sum, first: count)
            expectAll("allReduce of the first") { $0 < count ? 50 * size * (size - 1) + size * $0 : 100 * rank + $0 }
            fill()
            let places = count / 3..<count
            try buffer.allReduce(.sum, in: places)
            expectAll("allReduce of some") {
                places.contains($0) ? 50 * size * (size - 1) + size * $0 : 100 * rank + $0
            }
        }
        try checkScans(world)
        try checkErrors(world)
        try checkCounts(world)
    }

    private static func checkScans(_ world: Communicator) throws {
        let (rank, size) = (world.rank, world.size)
        let subtract = Reduction<Int>.custom(commutative: false, associative: false) { $0 - $1 }
        for count in [0, 1, 5, 10_000] {
            let buffer = try AgreedBuffer<Int>(count: count * size, on: world)
            let elements = buffer.elements
            func fill() { for index in elements.indices { elements[index] = 100 * rank + index } }
            func expectAll(_ what: String, _ value: (Int) -> Int) {
                world.expect(Array(elements), (0..<count * size).map(value), "\(what) of \(count) on each rank")
            }
            fill()
            try buffer.scan(.sum)
            expectAll("scan") { 50 * rank * (rank + 1) + (rank + 1) * $0 }
            fill()
            try buffer.exclusiveScan(.sum)
            if rank > 0 { expectAll("exclusiveScan") { 50 * rank * (rank - 1) + rank * $0 } }
            fill()
            try buffer.exclusiveScan(subtract)
            if rank > 0 { expectAll("exclusiveScan in order") { -50 * rank * (rank - 1) - (rank - 2) * $0 } }
        }
    }

    /// Counts that cannot be, and memory that one rank has not: all ranks go on.
    private static func checkCounts(_ world: Communicator) throws {
        let (odd, isOdd) = (world.size - 1, world.rank == world.size - 1)
        world.expectError("a negative count", { $0.kind == .misuse && $0.reason == "on rank 0, the length is -5" }) {
            _ = try AgreedBuffer<Double>(count: -5, on: world)
        }
        world.expectError("one negative count", { $0.reason == "on rank \(odd), the length is -1" }) {
            _ = try AgreedBuffer<Double>(count: isOdd ? -1 : 5, on: world)
        }
        func lacking(on rank: Int) -> (CollectiveError) -> Bool {
            { $0.kind == .misuse && $0.reason == "on rank \(rank), there is no memory for the elements" }
        }
        for count in [Int.max, Int.max / 8, Int.max / 8 - 100, 1 << 59] {
            world.expectError("\(count) numbers", lacking(on: 0)) {
                _ = try AgreedBuffer<Double>(count: count, on: world)
            }
        }
        limited(to: isOdd ? 64 << 20 : nil) {
            world.expectError("memory that a rank has not", lacking(on: odd)) {
                _ = try AgreedBuffer<UInt8>(count: 256 << 20, on: world)
            }
        }
        _ = try AgreedBuffer<UInt8>(count: 256 << 20, on: world)
    }

    /// Lets this process have so many bytes more of address space.
    private static func limited(to more: Int?, _ body: () -> Void) {
        guard let more else { return body() }
        let kind = __rlimit_resource_t(RLIMIT_AS.rawValue)
        var before = rlimit()
        getrlimit(kind, &before)
        var limit = before
        limit.rlim_cur = rlim_t(SpanCopies.kilobytes("VmSize:") * 1024 + more)
        setrlimit(kind, &limit)
        defer { setrlimit(kind, &before) }
        body()
    }

    private static func checkErrors(_ world: Communicator) throws {
        let (rank, size) = (world.rank, world.size)
        world.expectError("more than there are", { $0.reason.contains("3 of 2 elements") }) {
            try AgreedBuffer<Int>(count: 2, on: world).allReduce(.sum, first: 3)
        }
        for places in [-1..<1, 1..<3] {
            world.expectError("places that are none", { $0.reason.contains("elements \(places) of 2") }) {
                try AgreedBuffer<Int>(count: 2, on: world).allReduce(.sum, in: places)
            }
        }
        guard size > 1 else { return }
        world.expectError("counts that differ", Memory.isLengthError) {
            _ = try AgreedBuffer<Double>(count: rank, on: world)
        }
        world.expectError("shares that differ", { $0.reason.contains("dealt evenly") }) {
            try AgreedBuffer<Double>(count: size + 1, on: world).allGather()
        }
    }
}
