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

    private static func expectErrors(_ world: Communicator, _ values: [Int], _ sum: Reduction<Int>) throws {
        let calls: [(String, () throws -> Void)] = [
            ("allReduce", { _ = try world.allReduce(values, sum) }),
            ("reduce", { _ = try world.reduce(values, sum, root: world.size - 1) }),
            ("scan", { _ = try world.scan(values, sum) }),
            ("one value", { _ = try world.allReduce(values[5], sum) }),
            ("reduceScatter", { _ = try world.reduceScatter([Int](repeating: 999, count: world.size), sum) }),
        ]
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
