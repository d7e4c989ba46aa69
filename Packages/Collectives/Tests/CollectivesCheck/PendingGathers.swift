import Collectives

/// Arrays that are on their way between all ranks while others begin and end.
enum PendingGathers {
    static let modes: [String: @Sendable (Communicator) throws -> Void] = ["pending-gathers": lengths]

    private struct Triple: BitwiseCopyable, Equatable {
        var (first, second, third): (Int8, Int32, Int16)
    }

    static func check(_ world: Communicator) throws {
        for part in [1 << 30, 64] {
            // No rank makes it small while another is at work.
            try world.barrier()
            Parts.largest = part
            for count in [0, 1, 3, 8, 101] + (part == 64 || world.size > 8 ? [] : [40_000]) {
                try together(world, count) { 1_000_003 * $0 + $1 }
                try together(world, count) { Triple(first: Int8($0), second: Int32($1), third: 7) }
            }
            try world.barrier()
            Parts.largest = 1 << 30
        }
        try refused(world)
    }

    /// All kinds at once, and some of them waited for in another order; every rank as the root.
    private static func together<T: BitwiseCopyable & Equatable & Sendable>(
        _ world: Communicator, _ count: Int, value: @escaping (Int, Int) -> T
    ) throws {
        let (rank, size) = (world.rank, world.size)
        func values(_ rank: Int, _ count: Int) -> [T] { (0..<count).map { value(rank, $0) } }
        let own = values(rank, count)
        let dealt = values(rank, count * size)
        let all = (0..<size).flatMap { values($0, count) }
        let allGather = try world.startAllGather(own)
        let gathers = try world.distances.map { (root: $0, pending: try world.startGather(own, root: $0)) }
        let scatters = try world.distances.map { (root: $0, pending: try world.startScatter(dealt, root: $0)) }
        let allToAll = try world.startAllToAll(dealt)
        world.expect(try world.gather(own, root: size - 1) == (rank == size - 1 ? all : nil), true, "one that blocks")
        let part = rank * count..<(rank + 1) * count
        let checks: [() throws -> Void] = [
            { world.expect(try allGather.wait() == all, true, "\(count) of all") },
            {
                for (root, pending) in gathers {
                    let expected = rank == root ? all : nil
                    world.expect(try pending.wait() == expected, true, "\(count) of all on rank \(root)")
                }
            },
            {
                for (root, pending) in scatters {
                    let expected = Array(values(root, count * size)[part])
                    world.expect(try pending.wait() == expected, true, "\(count) from rank \(root)")
                }
            },
            {
                let expected = (0..<size).flatMap { values($0, count * size)[part] }
                world.expect(try allToAll.wait() == expected, true, "\(count) from each to each")
            },
        ]
        for check in rank % 2 == 0 ? checks : checks.reversed() { try check() }
        world.expect(try world.allReduce(1, .sum), size, "a sum after them")
    }

    /// What cannot be dealt is an error on every rank, and nothing is left of it.
    private static func refused(_ world: Communicator) throws {
        let size = world.size
        for root in [-1, size] {
            world.expectError("startGather to \(root)", { $0.kind == .misuse }) {
                _ = try world.startGather([1], root: root)
            }
            world.expectError("startScatter from \(root)", { $0.kind == .misuse }) {
                _ = try world.startScatter([1], root: root)
            }
        }
        guard size > 1 else { return }
        let values = [Int](repeating: 1, count: size + 1)
        let isUneven: (CollectiveError) -> Bool = { $0.reason.contains("\(size + 1) values cannot be dealt evenly") }
        let pending = [try world.startAllToAll(values), try world.startScatter(values, root: size - 1)]
        for pending in pending { world.expectError("a rest", isUneven) { _ = try pending.wait() } }
        world.expect(try world.startAllGather([world.rank]).wait(), Array(0..<size), "all ranks after it")
    }

    /// Every rank gets the error, and the communicator is given up; others are not.
    private static func lengths(_ world: Communicator) throws {
        let starts: [(Communicator, [Int]) throws -> any Waitable] = [
            { try $0.startAllGather($1) }, { try $0.startGather($1, root: 0) }, { try $0.startScatter($1, root: 0) },
            { try $0.startAllToAll($1) },
        ]
        let (odd, size) = (world.size - 1, world.size)
        // The last one is dealt on some ranks only.
        for (count, oddCount) in [(4 * size, 5 * size), (0, size), (size, 0), (size, size + 1)] {
            for start in starts {
                guard let part = try world.split(true) else { return }
                let values = [Int](repeating: 1, count: world.rank == odd ? oddCount : count)
                let pending = try start(part, values)
                let (low, high) = oddCount > count ? (0, odd) : (odd, 0)
                let kind = CollectiveError.Kind.lengthsDiffer(
                    shortest: min(count, oddCount), rankOfShortest: low, longest: max(count, oddCount),
                    rankOfLongest: high)
                world.expectError("arrays that differ", { $0.kind == kind }) { try pending.waitForEnd() }
                world.expectError("a sum after it", { $0.kind == .abandoned }) { _ = try part.allReduce(1, .sum) }
            }
        }
        // What another rank finds is not cut off.
        try world.barrier()
        MPI.abort(exitCode: 5)
    }
}

/// What comes to an end, whatever it gives then.
private protocol Waitable {
    func waitForEnd() throws
}

extension Pending: Waitable {
    fileprivate func waitForEnd() throws { _ = try wait() }
}
