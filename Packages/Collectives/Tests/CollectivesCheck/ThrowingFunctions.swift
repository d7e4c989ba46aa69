import Collectives

/// Functions of reductions that throw, on one rank or on all: an error on every rank, and the communicator works
/// afterwards.
enum ThrowingFunctions {
    private struct TooLarge: Error, Equatable { let value: Int }

    static func check(_ world: Communicator) throws {
        let (rank, size) = (world.rank, world.size)
        for isFree in [true, false] {
            let sum = Reduction<Int>.custom(commutative: isFree, associative: isFree) { a, b throws in
                if a + b >= 1000 { throw TooLarge(value: a + b) }
                return a + b
            }
            if isFree { try underWay(world, sum) }
            try memory(world, sum)
            for operation in [sum, sum.reproducible] {
                let numbers = (0..<7).map { $0 + rank }
                let sums = (0..<7).map { size * $0 + size * (size - 1) / 2 }
                world.expect(try world.allReduce(numbers, operation), sums, "a sum that throws nothing")
                // Two of the large ones meet somewhere when there are ranks enough.
                try expectErrors(world, [Int](repeating: 600, count: 7), operation)
                try expectErrors(world, (0..<7).map { $0 == 5 ? 999 : 1 }, operation)
            }
        }
    }

    /// Nothing is kept of an operation that has come to its end: a program may catch such errors without end.
    private static func memory(_ world: Communicator, _ sum: Reduction<Int>) throws {
        guard world.size > 1 else { return }
        let (count, rounds) = (1 << 17, 30)
        let hasThrown: (CollectiveError) -> Bool = { rankOfError($0) >= 0 }
        func round() throws {
            let values = [Int](repeating: 999, count: count)
            world.expectError("an array", hasThrown) { _ = try world.allReduce(values, sum) }
            var own = values
            world.expectError("an array in place", hasThrown) { try world.allReduce(inPlace: &own, sum) }
            let buffer = try AgreedBuffer<Int>(count: count, on: world)
            buffer.elements.update(repeating: 999)
            world.expectError("a buffer", hasThrown) { try buffer.allReduce(sum) }
        }
        try round()
        let before = SpanCopies.kilobytes("VmRSS:")
        for _ in 0..<rounds { try round() }
        let rise = SpanCopies.kilobytes("VmRSS:") - before
        // Each round had four of them.
        world.expect(rise < rounds * 8 * count / 1024 / 2, true, "what was kept: \(rise) KiB")
    }

    private static func expectErrors(_ world: Communicator, _ values: [Int], _ sum: Reduction<Int>) throws {
        try expectErrors(
            world,
            [
                ("allReduce", { _ = try world.allReduce(values, sum) }),
                ("reduce", { _ = try world.reduce(values, sum, root: world.size - 1) }),
                ("scan", { _ = try world.scan(values, sum) }),
                ("one value", { _ = try world.allReduce(values[5], sum) }),
                ("reduceScatter", { _ = try world.reduceScatter([Int](repeating: 999, count: world.size), sum) }),
            ])
    }

    /// Several at once, and another operation meanwhile, which has nothing of their errors.
    private static func underWay(_ world: Communicator, _ sum: Reduction<Int>) throws {
        let other = Reduction<Int>.custom(commutative: true, associative: true) { $0 | $1 }
        let strict = Reduction<Int>.custom(commutative: false, associative: true) { $1 }
        for count in [1, 7, 1001] {
            let fine = try world.startAllReduce([Int](repeating: world.rank, count: count), sum)
            let some = try world.startAllReduce((0..<count).map { $0 == count / 2 ? 999 : 1 }, sum)
            let all = try world.startAllReduce([Int](repeating: 600, count: count), sum)
            repeat {
                world.expect(try world.allReduce(1 << world.rank, other), (1 << world.size) - 1, "bits meanwhile")
                world.expect(try world.allReduce(world.rank, strict), world.size - 1, "the last meanwhile")
                // As often on every rank.
            } while try world.allReduce(fine.isDone && some.isDone && all.isDone ? 1 : 0, .min) == 0
            let total = world.size * (world.size - 1) / 2
            world.expect(try fine.wait(), [Int](repeating: total, count: count), "what throws nothing")
            try expectErrors(world, [("some", { _ = try some.wait() }), ("all", { _ = try all.wait() })])
        }
        world.expect(try world.startAllReduce([], sum).wait(), [], "no numbers")
    }

    private static func expectErrors(_ world: Communicator, _ calls: [(String, () throws -> Void)]) throws {
        for (name, call) in calls {
            var found: CollectiveError?
            do { try call() } catch let error as CollectiveError { found = error }
            let places = try world.allGather(rankOfError(found))
            world.expect(places.allSatisfy { ($0 >= 0) == (world.size > 1) }, true, "\(name): who has an error")
            let causes = try world.allGather(found?.cause is TooLarge)
            world.expect(places.allSatisfy { $0 < 0 || causes[$0] }, true, "\(name): the named rank has the cause")
            world.expect(found?.cause == nil || places[world.rank] == world.rank, true, "\(name): the cause's rank")
            world.expect(try world.allReduce(1, .sum), world.size, "a sum after it")
        }
    }

    private static func rankOfError(_ error: CollectiveError?) -> Int {
        if case .functionThrew(let rank) = error?.kind { rank } else { -1 }
    }
}
