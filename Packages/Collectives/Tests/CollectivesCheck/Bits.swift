import Collectives

/// The bits of results that depend on the order of evaluation: the same with a deadline and without, spinning or not.
enum Bits {
    static func check(_ world: Communicator) throws {
        try check(world, Float.self) { UInt64($0.bitPattern) }
        try check(world, Double.self) { $0.bitPattern }
    }

    private static func check<T: MPINumber & BinaryFloatingPoint>(
        _ world: Communicator, _ type: T.Type, _ bits: (T) -> UInt64
    ) throws {
        let operations: [(String, Reduction<T>)] = [
            ("sum", .sum), ("product", .product),
            ("custom sum", .custom(commutative: true, associative: true) { $0 + $1 }),
            ("ordered sum", .custom(commutative: false, associative: false) { $0 + $1 }),
        ]
        for count in [1, 10, 1000, 20_000] {
            var random = RandomValues.Generator(state: UInt64(count * 1000 + world.rank))
            let values = (0..<count).map { _ in T(Double(random.next() >> 11) * 0x1p-53) + 0.5 }
            for (name, operation) in operations {
                // Another order would show only where there is rounding, and so in most elements.
                let all = try Waits.patiences.map { patience in
                    try world.setPatience(patience)
                    return try results(world, values, operation).map { $0.map(bits) }
                }
                for (index, found) in all.enumerated() {
                    world.expect(found == all[0], true, "\(name) of \(count) \(T.self), waiting in way \(index)")
                }
            }
        }
    }

    private static func results<T>(
        _ world: Communicator, _ values: [T], _ operation: Reduction<T>
    ) throws -> [[T]] {
        var reduced = values
        try world.allReduce(inPlace: &reduced, operation)
        let buffer = try AgreedBuffer<T>(count: values.count, on: world)
        func fill() { for index in values.indices { buffer.elements[index] = values[index] } }
        var found = [
            reduced, try world.scan(values, operation), try world.exclusiveScan(values, operation) ?? [],
            [try world.allReduce(values[0], operation), try world.scan(values[0], operation)],
            try world.reduceScatter((0..<world.size).flatMap { _ in values }, operation),
        ]
        for root in Set([0, world.size - 1]).sorted() {
            found.append(try world.reduce(values, operation, root: root) ?? [])
            fill()
            try buffer.reduce(operation, root: root)
            found.append(Array(buffer.elements))
        }
        fill()
        try buffer.allReduce(operation)
        found.append(Array(buffer.elements))
        return found
    }
}
