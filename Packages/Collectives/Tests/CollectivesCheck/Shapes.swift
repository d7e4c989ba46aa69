import Collectives

/// Elements of every type, arrays of every length, and messages between two ranks.
enum Shapes {
    static func check(_ world: Communicator) throws {
        try types(world, Int8.self, Int16.self, Int32.self, Int64.self, Int.self)
        try types(world, UInt8.self, UInt16.self, UInt32.self, UInt64.self, UInt.self)
        let (rank, size) = (world.rank, world.size)
        world.expect(try world.allReduce(Float(rank), .sum), Float(size * (size - 1) / 2), "Float")
        world.expect(
            try world.allReduce(UInt8(1 << (rank % 8)), .or), UInt8(truncatingIfNeeded: (1 << min(size, 8)) - 1), "or")
        world.expect(try world.allReduce(UInt32.max - UInt32(rank & 1), .and), size > 1 ? .max - 1 : .max, "and")

        for count in [0, 1, 2, 63, 1000, 1_000_000] {
            var values = [Int](repeating: rank + 1, count: count)
            try world.allReduce(inPlace: &values, .sum)
            world.expect(values.allSatisfy { $0 == size * (size + 1) / 2 }, true, "sum of \(count)")
            world.expect(values.count, count, "length of a sum")
            world.expect(
                try world.scan([Int](repeating: 1, count: count), .sum).allSatisfy { $0 == rank + 1 }, true, "scan")
            let gathered = try world.gather([UInt8](repeating: UInt8(rank), count: count), root: 0)
            if rank == 0 { world.expect(gathered?.count, count * size, "gather of \(count)") }
        }
        world.expect(try world.allGather(Double(rank)), (0..<size).map(Double.init), "allGather")
        try ring(world)
    }

    private static func types<each T: MPINumber & FixedWidthInteger>(
        _ world: Communicator, _ types: repeat (each T).Type
    ) throws { repeat try check((each T).self, world) }

    private static func check<T: MPINumber & FixedWidthInteger>(_ type: T.Type, _ world: Communicator) throws {
        let (rank, size) = (world.rank, world.size)
        world.expect(try world.allReduce(T(rank), .sum), T(truncatingIfNeeded: size * (size - 1) / 2), "\(T.self) sum")
        world.expect(try world.allReduce(T(rank) + 1, .min), 1, "\(T.self) min")
        world.expect(try world.allReduce(rank == size / 2 ? T.max : 0, .max), T.max, "\(T.self) max")
        world.expect(try world.allReduce(T(rank == 0 ? 3 : 1), .product), 3, "\(T.self) product")
    }

    private static func ring(_ world: Communicator) throws {
        let (rank, size) = (world.rank, world.size)
        guard size > 1 else { return }
        let (next, previous) = ((rank + 1) % size, (rank + size - 1) % size)
        // Even ranks send first, so that large messages do not wait for each other; an odd ring has one pair that
        // waits.
        for count in [0, 1, 5, 300_000] {
            let message = (0..<count).map { Float($0 + rank) }
            var received: [Float] = []
            if rank % 2 == 0, rank != size - 1 || size % 2 == 0 {
                try world.send(message, to: next)
                received = try world.receiveArray(from: previous)
            } else {
                received = try world.receiveArray(from: previous)
                try world.send(message, to: next)
            }
            world.expect(received, (0..<count).map { Float($0 + previous) }, "ring of \(count)")
        }
        if rank == 0 {
            try world.send([1, 2, 3], to: 1)
            try world.send([UInt8](repeating: 0, count: 5), to: 1)
            try world.send(2.5, to: 1)
        } else if rank == 1 {
            world.expectError("three for one", { $0.reason.contains("3 values") }) {
                _ = try world.receive(Int.self, from: 0)
            }
            world.expectError("five bytes for words", { $0.reason.contains("5 bytes") }) {
                _ = try world.receiveArray(of: Int32.self, from: 0)
            }
            world.expect(try world.receive(Double.self, from: 0), 2.5, "in order after errors")
        }
    }
}
