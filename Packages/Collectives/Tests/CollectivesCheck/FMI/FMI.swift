import Collectives
import Glibc

/// FMI's own tests as a client of this library has them, at any number of peers: an int, a double and lists of them
/// through each of its operations, with every root, again and again.
enum FMI {
    static let modes: [String: @Sendable (Communicator) throws -> Void] = ["fmi-timeout": timeout]

    static func check(_ world: Communicator) throws {
        let ints = FMICases<Int32>(
            world: world, unit: 1,
            functions: FMIFunction.declared(inOrder: ["3a + b": { 3 &* $0 &+ $1 }, "a - b": { $0 &- $1 }]))
        let doubles = FMICases<Double>(
            world: world, unit: 0.5,
            functions: FMIFunction.declared(inOrder: ["3a + b": { 3 * $0 + $1 }, "a / 3 + b": { $0 / 3 + $1 }]))
        for _ in 0..<(world.size > 8 ? 1 : 2) {
            try world.barrier()
            try ints.check()
            try doubles.check()
        }
        try listsWithAFunctionForEachElement(world)
        try repeatedSums(world)
        try endOfAJob(world)
    }

    /// Lists whose elements are combined in different ways, which are values of one plain type here.
    private static func listsWithAFunctionForEachElement(_ world: Communicator) throws {
        let (rank, size) = (world.rank, world.size)
        let function: (SIMD4<Int>, SIMD4<Int>) -> SIMD4<Int> = {
            [$0[0] + $1[0], $0[1] &* $1[1], max($0[2], $1[2]), min($0[3], $1[3])]
        }
        func list(_ rank: Int) -> SIMD4<Int> { [rank + 1, 2 * (rank + 1), rank + 1, -rank] }
        let prefixes = (1..<size).reduce(into: [list(0)]) { $0.append(function($0[$1 - 1], list($1))) }
        for isFree in [true, false] {
            let operation = Reduction.custom(commutative: isFree, associative: isFree, function)
            world.expect(try world.allReduce(list(rank), operation), prefixes[size - 1], "allreduce of a list")
            world.expect(try world.scan(list(rank), operation), prefixes[rank], "scan of a list")
            for root in 0..<size {
                world.expect(
                    try world.reduce(list(rank), operation, root: root), rank == root ? prefixes[size - 1] : nil,
                    "reduce of a list")
            }
        }
        if size == 4 { world.expect(prefixes[3], [10, 384, 4, -3], "a list of four peers") }
        if size == 4, rank == 2 { world.expect(prefixes[2], [6, 48, 3, -2], "a list of three of four peers") }
    }

    /// Sums that are rounded: every peer gets the same bits, and the same again.
    private static func repeatedSums(_ world: Communicator) throws {
        let terms = (0..<100).map { 1 / Double(3 + $0 + 100 * world.rank) }
        let sums = try (0..<5).map { _ in try world.allReduce(terms, .sum).map(\.bitPattern) }
        world.expect(Set(sums).count, 1, "different sums")
        let all = try world.allGather(sums[0])
        world.expect(all, (0..<world.size).flatMap { _ in sums[0] }, "everybody's sums")
        let totals = try (0..<5).map { _ in try world.scan(terms[0], .sum).bitPattern }
        world.expect(Set(totals).count, 1, "different running sums")
    }

    /// What the job does that FMI was taken for.
    private static func endOfAJob(_ world: Communicator) throws {
        try world.setPatience(Patience(deadline: .seconds(60), wait: .fast))
        try world.barrier()
        let total = try world.reduce(Double(world.rank) + 0.25, .sum, root: 0)
        let size = Double(world.size)
        world.expect(total, world.rank == 0 ? size * (size - 1) / 2 + size / 4 : nil, "the time of all peers")
    }

    /// A barrier that the last peer does not come to.
    private static func timeout(_ world: Communicator) throws {
        let last = world.size - 1
        try world.setPatience(Patience(deadline: .seconds(1), wait: .cheap))
        try world.barrier()
        if world.rank == last { sleep(600) }
        let begin = ContinuousClock.now
        world.expectError("a barrier of some peers", { $0.kind == .timedOut(missing: [last]) }) { try world.barrier() }
        world.expect(ContinuousClock.now - begin >= .seconds(1), true, "a barrier that waits for its deadline")
        MPI.abort(exitCode: 5)
    }
}
